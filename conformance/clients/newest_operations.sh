#!/usr/bin/env bash
# Calls the operations that the AWS CLI and boto3 do not know yet, provisioned limits and replicas, on the server at COGNATE_ENDPOINT.
# Both learn them from a model of the service (service_model.py), which `aws configure add-model` installs in a folder of this test.
# The server allows replicas in eu-west-1, and provisioned limits up to 500.
# AWS is the path of the AWS CLI, PYTHON that of a Python 3 with boto3.
#
# Prints a line for each step that passes, and ends with an error at the first step that fails.
# Access keys come from the environment, as the CLI reads them. The default is a placeholder key.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

: "${COGNATE_ENDPOINT:?is the address of the server}"
: "${AWS:=aws}" "${PYTHON:=/usr/bin/python3}"
: "${AWS_ACCESS_KEY_ID:=COGNATECONFORMANCE00}" "${AWS_SECRET_ACCESS_KEY:=conformance}"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION="${AWS_REGION:-us-east-1}"
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_DEFAULT_PROFILE

home=$(mktemp -d)
pool=
clean() {
	[[ -z $pool ]] || idp delete-user-pool --user-pool-id "$pool"
	rm -rf "$home"
}
trap clean EXIT

idp() {
	local operation=$1
	shift
	HOME=$home "$AWS" cognito-idp "$operation" --endpoint-url "$COGNATE_ENDPOINT" "$@"
}

passed() { echo "ok - $*"; }

die() {
	echo "FAILED: $*" >&2
	exit 1
}

expect_equal() { [[ $2 == "$3" ]] || die "$1 is '$2', want '$3'"; }

# expect_error ERROR COMMAND... runs a command that must fail with this error of the service.
expect_error() {
	local error=$1 output
	shift
	output=$("$@" 2>&1) && die "$* succeeds, want $error"
	[[ $output == *"($error)"* ]] || die "$* fails with: $output; want $error"
}

"$PYTHON" -B service_model.py ../../api/description/cognito-idp.json >"$home/model.json"
HOME=$home "$AWS" configure add-model --service-model "file://$home/model.json" --service-name cognito-idp

limit='LimitClass=API_CATEGORY,Attributes={Category=UserAuthentication}'
rate() { idp get-provisioned-limit --limit-definition "$limit" --query Limit.ProvisionedLimitValue; }
change() { idp update-provisioned-limit --limit-definition "$limit" --requested-limit-value "$1" --query Limit.ProvisionedLimitValue; }
expect_equal "the limit" "$(rate)" 120
expect_equal "the changed limit" "$(change 200)" 200
expect_equal "the limit after the change" "$(rate)" 200
expect_error ServiceQuotaExceededException change 501
expect_error InvalidParameterException change 119
expect_equal "the limit after two refusals" "$(rate)" 200
expect_equal "the default limit" "$(change 120)" 120
passed "the AWS CLI changes a provisioned limit"

key=KeyType=CUSTOMER_MANAGED_KEY,KmsKeyArn=arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef
pool=$(idp create-user-pool --pool-name newest --key-configuration "$key" --query UserPool.Id)
status() { idp list-user-pool-replicas --user-pool-id "$pool" --query "UserPoolReplicas[?Role=='SECONDARY'].Status"; }
expect_equal "the primary" "$(idp list-user-pool-replicas --user-pool-id "$pool" --query 'UserPoolReplicas[].Role')" PRIMARY
expect_error InvalidParameterException idp create-user-pool-replica --user-pool-id "$pool" --region-name eu-north-1
idp create-user-pool-replica --user-pool-id "$pool" --region-name eu-west-1 >/dev/null
expect_equal "the new replica" "$(status)" INACTIVE
idp update-user-pool-replica --user-pool-id "$pool" --region-name eu-west-1 --status ACTIVE >/dev/null
expect_equal "the changed replica" "$(status)" ACTIVE
expect_error InvalidParameterException idp delete-user-pool-replica --user-pool-id "$pool" --region-name eu-west-1
passed "the AWS CLI creates and activates a replica"

HOME=$home POOL=$pool "$PYTHON" -B - <<'PYTHON'
import os

import connection

idp, pool = connection.client(), os.environ["POOL"]
find = {"UserPoolId": pool, "RegionName": "eu-west-1"}
definition = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": "UserRead"}}
connection.expect_equal("the limit", idp.get_provisioned_limit(LimitDefinition=definition)["Limit"]["ProvisionedLimitValue"], 120)
changed = idp.update_provisioned_limit(LimitDefinition=definition, RequestedLimitValue=130)["Limit"]
connection.expect_equal("the changed limit", changed["ProvisionedLimitValue"], 130)
idp.update_provisioned_limit(LimitDefinition=definition, RequestedLimitValue=120)
try:
    idp.update_provisioned_limit(LimitDefinition=definition, RequestedLimitValue=501)
    raise AssertionError("a limit above the maximum is accepted")
except idp.exceptions.ServiceQuotaExceededException:
    pass
connection.passed("boto3 changes a provisioned limit")
idp.update_user_pool_replica(Status="INACTIVE", **find)
idp.delete_user_pool_replica(**find)
roles = [r["Role"] for r in idp.list_user_pool_replicas(UserPoolId=pool)["UserPoolReplicas"]]
connection.expect_equal("the replicas", roles, ["PRIMARY"])
try:
    idp.delete_user_pool_replica(**find)
    raise AssertionError("a replica is deleted twice")
except idp.exceptions.ResourceNotFoundException:
    connection.passed("boto3 deletes a replica")
PYTHON
