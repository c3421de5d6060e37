"""The server of these tests. Its fixtures are those of the package cognate_test."""

from __future__ import annotations

import pytest

import cognate_test

POOL = "us-east-1_Example1"
PASSWORD = "Correct-horse-7"
SECRET = "a_secret_that_everybody_knows"

SEED: cognate_test.Seed = {
    "pools": [
        {
            "id": POOL,
            "PoolName": "example",
            "AutoVerifiedAttributes": ["email"],
            "AliasAttributes": ["email"],
            "mfa": {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
            "clients": [
                {
                    "id": "web",
                    "ClientName": "web",
                    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                },
                {
                    "id": "backend",
                    "ClientName": "backend",
                    "ClientSecret": SECRET,
                    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                },
            ],
            "users": [
                {"username": "ann", "password": PASSWORD, "softwareToken": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
                {
                    "username": "bob",
                    "password": PASSWORD,
                    "attributes": {"email": "bob@example.com", "email_verified": True},
                },
            ],
        }
    ]
}


@pytest.fixture(scope="session")
def cognate_seed() -> cognate_test.Seed:
    return SEED
