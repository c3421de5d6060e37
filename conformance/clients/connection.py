"""What the scripts with boto3 share: the client of the server at COGNATE_ENDPOINT, and the lines that they print."""

import os

import boto3


def client():
    """Returns a client. Access keys and region come from the environment, as boto3 reads them. The default is a placeholder key."""
    placeholder = {}
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        placeholder = {"aws_access_key_id": "COGNATECONFORMANCE00", "aws_secret_access_key": "conformance"}
    return boto3.client(
        "cognito-idp",
        endpoint_url=os.environ["COGNATE_ENDPOINT"],
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        **placeholder,
    )


def expect_equal(what, got, want):
    if got != want:
        raise AssertionError("%s = %r, want %r" % (what, got, want))


def passed(step):
    print("ok -", step, flush=True)
