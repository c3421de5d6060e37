"""Verifies access tokens with PyJWT. Reads a token from each line of standard input."""

import os
import sys

import jwt

ISSUER, CLIENT_ID = os.environ["ISSUER"], os.environ["CLIENT_ID"]
keys = jwt.PyJWKClient(os.environ["JWKS_URI"])


def verify(token):
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=ISSUER,
        # An access token names its client in client_id, not in aud.
        options={"require": ["exp", "iss", "sub"], "verify_aud": False},
    )
    if claims.get("token_use") != "access":
        raise jwt.InvalidTokenError("not an access token")
    if claims.get("client_id") != CLIENT_ID:
        raise jwt.InvalidTokenError("a token of another client")
    return claims


for line in sys.stdin:
    try:
        print("accepted", verify(line.strip())["sub"])
    except jwt.PyJWTError as error:
        print("rejected:", error)
