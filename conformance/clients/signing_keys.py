"""Replaces the signing keys of a pool while its users are signed in, with boto3 and PyJWT, on the server at COGNATE_ENDPOINT.

COGNATE_BINARY is the program of the server, and COGNATE_DATA the folder of its database. Prints a line for each step that passes,
and ends with an error at the first step that fails. Access keys and region come from the environment.
"""

import os
import subprocess

import jwt

from connection import client, expect_equal, passed

ENDPOINT = os.environ["COGNATE_ENDPOINT"]
PASSWORD = "Correct-horse-1"


class Pool:
    def __init__(self, idp):
        self.idp = idp
        self.id = idp.create_user_pool(PoolName="keys")["UserPool"]["Id"]
        self.client = idp.create_user_pool_client(
            UserPoolId=self.id, ClientName="keys", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        )["UserPoolClient"]["ClientId"]
        idp.admin_create_user(UserPoolId=self.id, Username="ines", MessageAction="SUPPRESS")
        idp.admin_set_user_password(UserPoolId=self.id, Username="ines", Password=PASSWORD, Permanent=True)

    def auth(self, flow, **parameters):
        out = self.idp.initiate_auth(ClientId=self.client, AuthFlow=flow, AuthParameters=parameters)
        return out["AuthenticationResult"]

    def sign_in(self):
        return self.auth("USER_PASSWORD_AUTH", USERNAME="ines", PASSWORD=PASSWORD)

    def rotate(self, *more):
        data = os.environ["COGNATE_DATA"]
        subprocess.run(
            [
                os.environ["COGNATE_BINARY"],
                "rotate-signing-keys",
                *("--data", data, "--master-key-file", os.path.join(data, "master.key"), "--pool", self.id),
                *more,
            ],
            check=True,
            stdout=subprocess.PIPE,
        )

    def verify(self, token):
        """Verifies a token with the public keys that the pool publishes now, and returns the ID of its key."""
        keys = jwt.PyJWKClient("%s/%s/.well-known/jwks.json" % (ENDPOINT, self.id))
        claims = jwt.decode(token, keys.get_signing_key_from_jwt(token).key, algorithms=["RS256"], audience=self.client)
        expect_equal("iss", claims["iss"], "%s/%s" % (ENDPOINT, self.id))
        return jwt.get_unverified_header(token)["kid"]

    def published(self):
        keys = jwt.PyJWKClient("%s/%s/.well-known/jwks.json" % (ENDPOINT, self.id))
        return {key.key_id for key in keys.get_jwk_set().keys}


def main():
    idp = client()
    pool = Pool(idp)
    certificate = idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"]
    first, published = pool.sign_in(), pool.published()
    key = pool.verify(first["IdToken"])

    pool.rotate()
    more = pool.published()
    expect_equal("keys that were published before", more & published, published)
    expect_equal("new keys", len(more - published), len(published))
    expect_equal("key of a sign-in before the new keys sign", pool.verify(pool.sign_in()["IdToken"]), key)
    passed("new keys are published before they sign")

    pool.rotate("--now")
    second = pool.sign_in()
    other = pool.verify(second["IdToken"])
    expect_equal("key of a sign-in after that is new", other in more - published, True)
    expect_equal("key of the first token", pool.verify(first["IdToken"]), key)
    expect_equal("Username", idp.get_user(AccessToken=first["AccessToken"])["Username"], "ines")
    refreshed = pool.auth("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=first["RefreshToken"])
    expect_equal("key of a refreshed token", pool.verify(refreshed["IdToken"]), other)
    passed("new keys sign, and earlier tokens stay valid")

    # It signs requests to SAML providers, and no tokens.
    expect_equal("signing certificate", idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"], certificate)
    idp.delete_user_pool(UserPoolId=pool.id)


if __name__ == "__main__":
    main()
