"""An example of application tests with cognate_test and boto3."""

from datetime import datetime, timezone

import boto3
import jwt
import pytest
from conftest import PASSWORD, POOL

import cognate_test


@pytest.fixture
def idp(cognate):
    return boto3.client("cognito-idp", **cognate.sdk)


def sign_in(idp, client, username, password=PASSWORD):
    return idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )


def test_forks_are_separate(cognate, cognate_fork, idp):
    first, second = cognate_fork(POOL), cognate_fork(POOL)
    idp.admin_delete_user(UserPoolId=first.pool, Username="bob")
    assert "AuthenticationResult" in sign_in(idp, second.clients["web"], "bob")
    named = cognate.fork(POOL, id="us-east-1_Named")
    assert named.pool == "us-east-1_Named"
    cognate.delete_pool(named.pool)


def test_messages(cognate, cognate_fork, idp):
    fork = cognate_fork(POOL)
    web = fork.clients["web"]
    idp.sign_up(
        ClientId=web,
        Username="cy",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "cy@example.com"}],
    )
    first = cognate.next_message(pool=fork.pool, destination="CY@example.com")
    assert (first.kind, first.medium, first.username) == ("SignUp", "EMAIL", "cy")
    idp.resend_confirmation_code(ClientId=web, Username="cy")
    second = cognate.next_message(pool=fork.pool, destination="cy@example.com")
    assert second.id > first.id and second.code != first.code
    assert cognate.messages(pool=fork.pool) == [first, second]
    assert cognate.messages(pool=fork.pool, after=first.id, kind="ResendCode") == [second]
    idp.confirm_sign_up(ClientId=web, Username="cy", ConfirmationCode=second.code)
    with pytest.raises(cognate_test.CognateError) as error:
        cognate.next_message(pool=fork.pool, timeout=0.01, after=second.id)
    assert error.value.status == 404


def test_failures(cognate, cognate_fork, idp):
    web = cognate_fork(POOL).clients["web"]
    cognate.fail_messages(destination="bob@example.com", text="The mail server is down.")
    with pytest.raises(idp.exceptions.CodeDeliveryFailureException, match="The mail server is down."):
        idp.forgot_password(ClientId=web, Username="bob")
    cognate.fail_messages(count=2)
    cognate.forget_failures()
    idp.forgot_password(ClientId=web, Username="bob")
    cognate.clear_messages()
    assert cognate.messages() == []


def test_clock(cognate):
    at = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    cognate.freeze()
    assert cognate.set_clock(at).now == at
    state = cognate.advance(1.5)
    assert (state.frozen, (state.now - at).total_seconds()) == (True, 1.5)
    assert cognate.clock().now == state.now
    assert not cognate.resume().frozen


def test_snapshots(cognate, cognate_fork, idp):
    fork = cognate_fork(POOL)
    token = sign_in(idp, fork.clients["web"], "bob")["AuthenticationResult"]["AccessToken"]
    snapshot = cognate.snapshot()
    assert snapshot in cognate.snapshots()
    cognate.advance(3601)
    with pytest.raises(idp.exceptions.NotAuthorizedException):
        idp.get_user(AccessToken=token)
    idp.admin_delete_user(UserPoolId=fork.pool, Username="bob")
    cognate.restore(snapshot)
    assert idp.get_user(AccessToken=token)["Username"] == "bob"
    cognate.drop_snapshot(snapshot)
    assert snapshot not in cognate.snapshots()
    cognate.resume()


def test_reset_keeps_keys(cognate, idp):
    keys = cognate.jwks(POOL)
    idp.admin_delete_user(UserPoolId=POOL, Username="bob")
    cognate.reset()
    token = sign_in(idp, "web", "bob")["AuthenticationResult"]["IdToken"]
    assert cognate.jwks(POOL) == keys
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in jwt.PyJWKSet.from_dict(keys).keys if key.key_id == kid)
    claims = jwt.decode(token, key.key, algorithms=["RS256"], audience="web", issuer=cognate.issuer(POOL))
    assert claims["cognito:username"] == "bob"
    idp.admin_delete_user(UserPoolId=POOL, Username="bob")
    cognate.reset_pool(POOL)
    sign_in(idp, "web", "bob")


def test_amplify(cognate):
    assert cognate.amplify(POOL, "web") == {
        "Auth": {"Cognito": {"userPoolId": POOL, "userPoolClientId": "web", "userPoolEndpoint": cognate.url}}
    }


def test_errors_of_the_server(cognate):
    with pytest.raises(cognate_test.CognateError, match="unknown member of CreateUserPool"):
        cognate.seed("pools: [{id: us-east-1_A, PoolNmae: a}]")
    with pytest.raises(cognate_test.CognateError) as error:
        cognate.jwks("us-east-1_None")
    assert error.value.status in (400, 404)
