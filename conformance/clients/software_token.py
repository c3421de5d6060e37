"""Tests software tokens with boto3, on the server at COGNATE_ENDPOINT.

Prints a line for each step that passes, and ends with an error at the first step that fails.
Access keys and region come from the environment, as boto3 reads them. The default is a placeholder key.
"""

import base64
import hashlib
import hmac
import struct
import time

from connection import client, expect_equal, passed

USERNAME, PASSWORD = "ines", "Correct-horse-1"
STEP, MARGIN = 30, 20


class Authenticator:
    """A user's authenticator app. Each code is of a later time step, because the service accepts each step once."""

    def __init__(self):
        self.secret = ""
        self.last = 0

    def next(self):
        now = int(time.time())
        oldest = now // STEP - 1
        if now % STEP >= STEP - MARGIN:  # the previous step expires soon
            oldest += 1
        self.last = max(oldest, self.last + 1)
        time.sleep(max(0, (self.last - 1) * STEP - time.time()))
        return self.code(self.last)

    def code(self, step):
        """RFC 6238 over RFC 4226: HMAC-SHA1, six digits."""
        key = base64.b32decode(self.secret + "=" * (-len(self.secret) % 8))
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return "%06d" % (number % 10**6)

    def wrong(self):
        present = int(time.time()) // STEP
        codes = {self.code(present + i) for i in range(-3, 5)}
        return next(c for c in ("%06d" % n for n in range(10)) if c not in codes)


class Pool:
    """A user pool with an app client and a confirmed user."""

    def __init__(self, idp, mfa):
        self.idp = idp
        self.id = idp.create_user_pool(PoolName="boto3")["UserPool"]["Id"]
        idp.set_user_pool_mfa_config(
            UserPoolId=self.id, MfaConfiguration=mfa, SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        self.client = idp.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="boto3",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]["ClientId"]
        idp.admin_create_user(UserPoolId=self.id, Username=USERNAME, MessageAction="SUPPRESS")
        idp.admin_set_user_password(UserPoolId=self.id, Username=USERNAME, Password=PASSWORD, Permanent=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.idp.delete_user_pool(UserPoolId=self.id)

    def sign_in(self, want=None):
        """Sends the password. want is the expected challenge, None for tokens."""
        out = self.idp.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": USERNAME, "PASSWORD": PASSWORD},
        )
        expect_equal("challenge", out.get("ChallengeName"), want)
        return out

    def respond(self, name, session, **answers):
        return self.idp.respond_to_auth_challenge(
            ClientId=self.client, ChallengeName=name, Session=session, ChallengeResponses={"USERNAME": USERNAME, **answers}
        )

    def answer_code(self, session, code):
        out = self.respond("SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)
        return out["AuthenticationResult"]["AccessToken"]

    def enroll(self, app):
        """Completes MFA_SETUP and returns the access token."""
        s1 = self.sign_in("MFA_SETUP")["Session"]
        associated = self.idp.associate_software_token(Session=s1)
        app.secret, s2 = associated["SecretCode"], associated["Session"]
        verified = self.idp.verify_software_token(Session=s2, UserCode=app.next())
        expect_equal("Status", verified["Status"], "SUCCESS")
        s3 = verified["Session"]
        expect_equal("sessions that differ", len({s1, s2, s3}), 3)
        out = self.respond("MFA_SETUP", s3)
        expect_equal("ChallengeParameters", out["ChallengeParameters"], {})
        return out["AuthenticationResult"]["AccessToken"]


def required(idp):
    app = Authenticator()
    with Pool(idp, "ON") as pool:
        access_token = pool.enroll(app)
        passed("required: setup returns tokens")

        session = pool.sign_in("SOFTWARE_TOKEN_MFA")["Session"]
        expect_error(idp.exceptions.CodeMismatchException, pool.answer_code, session, app.wrong())
        used = app.next()
        pool.answer_code(session, used)
        passed("required: a wrong code, then the correct one in the same session")

        session = pool.sign_in("SOFTWARE_TOKEN_MFA")["Session"]
        expect_error(idp.exceptions.ExpiredCodeException, pool.answer_code, session, used)
        pool.answer_code(pool.sign_in("SOFTWARE_TOKEN_MFA")["Session"], app.next())
        passed("required: a used code, then the next one")

        idp.associate_software_token(AccessToken=access_token)
        pool.sign_in("MFA_SETUP")
        passed("required: a second association removes the token and requires setup")


def optional(idp):
    app = Authenticator()
    with Pool(idp, "OPTIONAL") as pool:
        access_token = pool.sign_in()["AuthenticationResult"]["AccessToken"]
        preference = {"AccessToken": access_token, "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        expect_error(idp.exceptions.InvalidParameterException, idp.set_user_mfa_preference, **preference)

        associated = idp.associate_software_token(AccessToken=access_token)
        expect_equal("Session", associated.get("Session"), None)
        app.secret = associated["SecretCode"]
        expect_error(
            idp.exceptions.EnableSoftwareTokenMFAException,
            idp.verify_software_token,
            AccessToken=access_token,
            UserCode=app.wrong(),
        )
        verified = idp.verify_software_token(AccessToken=access_token, UserCode=app.next())
        expect_equal("Status", verified["Status"], "SUCCESS")
        expect_equal("Session", verified.get("Session"), None)
        passed("optional: associated and verified with the access token")

        user = idp.get_user(AccessToken=access_token)
        expect_equal("UserMFASettingList", user.get("UserMFASettingList"), None)
        pool.sign_in()
        passed("optional: not required before the user sets a preference")

        idp.set_user_mfa_preference(**preference)
        user = idp.get_user(AccessToken=access_token)
        expect_equal("UserMFASettingList", user["UserMFASettingList"], ["SOFTWARE_TOKEN_MFA"])
        expect_equal("PreferredMfaSetting", user["PreferredMfaSetting"], "SOFTWARE_TOKEN_MFA")
        access_token = pool.answer_code(pool.sign_in("SOFTWARE_TOKEN_MFA")["Session"], app.next())
        passed("optional: required after the user sets a preference")

        idp.associate_software_token(AccessToken=access_token)
        pool.sign_in()
        passed("optional: a second association that is not verified leaves no MFA")


def expect_error(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error:
        return
    raise AssertionError("%s did not raise %s" % (call.__name__, error.__name__))


def main():
    idp = client()
    required(idp)
    optional(idp)


if __name__ == "__main__":
    main()
