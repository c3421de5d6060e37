"""Signs users in by SRP, as pycognito does: with boto3, without access keys, from the password alone."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timezone

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from conftest import PASSWORD, POOL, SECRET

# RFC 5054, appendix A: the 3072-bit group with generator 2.
N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2
WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def padded(number):
    """The bytes of a number, with a zero byte in front if the top bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def sha256(*parts):
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = sha256(padded(N), padded(G))


class SRP:
    """A sign-in by SRP with boto3."""

    def __init__(self, idp, pool, client, secret=None):
        self.idp, self.client, self.secret = idp, client, secret
        self.pool_name = pool.split("_", 1)[1]
        self.a = secrets.randbelow(1 << 1024)
        self.A = pow(G, self.a, N)

    def secret_hash(self, username):
        if self.secret is None:
            return {}
        digest = hmac.new(self.secret.encode(), (username + self.client).encode(), hashlib.sha256).digest()
        return {"SECRET_HASH": base64.b64encode(digest).decode()}

    def sign_in(self, username, password):
        challenge = self.idp.initiate_auth(
            AuthFlow="USER_SRP_AUTH",
            ClientId=self.client,
            AuthParameters={"USERNAME": username, "SRP_A": "%x" % self.A, **self.secret_hash(username)},
        )
        assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
        parameters = challenge["ChallengeParameters"]
        return self.idp.respond_to_auth_challenge(
            ClientId=self.client,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses={
                **self.claim(parameters, password),
                "USERNAME": parameters["USERNAME"],
                **self.secret_hash(parameters["USERNAME"]),
            },
        )

    def claim(self, parameters, password):
        user, block = parameters["USER_ID_FOR_SRP"], parameters["SECRET_BLOCK"]
        now = datetime.now(timezone.utc)
        timestamp = now.strftime(f"{WEEKDAYS[now.weekday()]} {MONTHS[now.month - 1]} {now.day} %H:%M:%S UTC %Y")
        message = self.pool_name.encode() + user.encode() + base64.b64decode(block) + timestamp.encode()
        key = self.key(user, password, int(parameters["SALT"], 16), int(parameters["SRP_B"], 16))
        return {
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode(),
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
        }

    def key(self, user, password, salt, B):
        u = sha256(padded(self.A), padded(B))
        inner = hashlib.sha256(f"{self.pool_name}{user}:{password}".encode()).digest()
        x = sha256(padded(salt), inner)
        S = pow(B - K * pow(G, x, N), self.a + u * x, N)
        extracted = hmac.new(padded(u), padded(S), hashlib.sha256).digest()
        return hmac.new(extracted, b"Caldera Derived Key" + bytes([1]), hashlib.sha256).digest()[:16]


@pytest.fixture
def idp(cognate):
    connection = {name: cognate.sdk[name] for name in ("endpoint_url", "region_name")}
    return boto3.client("cognito-idp", config=Config(signature_version=UNSIGNED), **connection)


@pytest.mark.parametrize("client, secret", [("web", None), ("backend", SECRET)])
@pytest.mark.parametrize("name", ["bob", "bob@example.com"])
def test_sign_in(idp, cognate_fork, client, secret, name):
    fork = cognate_fork(POOL)
    answer = SRP(idp, fork.pool, fork.clients[client], secret).sign_in(name, PASSWORD)
    assert idp.get_user(AccessToken=answer["AuthenticationResult"]["AccessToken"])["Username"] == "bob"


def test_software_token(cognate, idp, cognate_fork):
    fork = cognate_fork(POOL)
    challenge = SRP(idp, fork.pool, fork.clients["web"]).sign_in("ann", PASSWORD)
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    active = cognate.authenticator(fork.pool, "ann").active
    answer = idp.respond_to_auth_challenge(
        ClientId=fork.clients["web"],
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": active.next_code},
    )
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", answer["AuthenticationResult"]["IdToken"])


def test_wrong_password(idp, cognate_fork):
    fork = cognate_fork(POOL)
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Incorrect username or password."):
        SRP(idp, fork.pool, fork.clients["web"]).sign_in("bob", "Wrong-horse-7")
