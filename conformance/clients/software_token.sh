#!/usr/bin/env bash
# Tests software tokens with the AWS CLI, version 1 or 2, on the server at COGNATE_ENDPOINT.
# AWS is the path of the AWS CLI. oathtool is the authenticator app.
#
# Prints a line for each step that passes, and ends with an error at the first step that fails.
# Access keys come from the environment, as the CLI reads them. The default is a placeholder key.
set -euo pipefail

: "${COGNATE_ENDPOINT:?is the address of the server}"
: "${AWS:=aws}"
: "${AWS_ACCESS_KEY_ID:=COGNATECONFORMANCE00}" "${AWS_SECRET_ACCESS_KEY:=conformance}"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION="${AWS_REGION:-us-east-1}"
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_EC2_METADATA_DISABLED=true
# Ignore the profiles of the current user.
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_DEFAULT_PROFILE

username=ines password=Correct-horse-1
pools=()
trap 'for pool in "${pools[@]}"; do idp delete-user-pool --user-pool-id "$pool"; done' EXIT

idp() {
	local operation=$1
	shift
	"$AWS" cognito-idp "$operation" --endpoint-url "$COGNATE_ENDPOINT" "$@"
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
	output=$("$@" 2>&1) && die "$* did not fail, want $error"
	[[ $output == *"($error)"* ]] || die "$* printed '$output', want $error"
}

# create_pool MFA creates a pool with an app client and a confirmed user. It sets pool and client.
create_pool() {
	pool=$(idp create-user-pool --pool-name aws-cli --query UserPool.Id --output text)
	pools+=("$pool")
	idp set-user-pool-mfa-config --user-pool-id "$pool" --mfa-configuration "$1" \
		--software-token-mfa-configuration Enabled=true >/dev/null
	client=$(idp create-user-pool-client --user-pool-id "$pool" --client-name aws-cli \
		--explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH \
		--query UserPoolClient.ClientId --output text)
	idp admin-create-user --user-pool-id "$pool" --username "$username" --message-action SUPPRESS >/dev/null
	idp admin-set-user-password --user-pool-id "$pool" --username "$username" --password "$password" --permanent
	last=0
}

# sign_in QUERY sends the password and prints the values that the query selects, separated by tabs.
sign_in() {
	idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH \
		--auth-parameters "USERNAME=$username,PASSWORD=$password" --query "$1" --output text
}

# expect_challenge CHALLENGE sends the password and sets session. The response must be this challenge.
expect_challenge() {
	local name
	read -r name session < <(sign_in '[ChallengeName, Session]')
	expect_equal challenge "$name" "$1"
	[[ -n $session && $session != None ]] || die "$1 has no session"
}

# expect_tokens sends the password and sets access_token. The response must not be a challenge.
expect_tokens() {
	local name
	read -r name access_token < <(sign_in '[ChallengeName, AuthenticationResult.AccessToken]')
	expect_equal challenge "$name" None
	[[ $access_token == *.*.* ]] || die "the access token is not a JWT"
}

# answer_code CODE answers SOFTWARE_TOKEN_MFA on the session and prints the access token.
answer_code() {
	idp respond-to-auth-challenge --client-id "$client" --challenge-name SOFTWARE_TOKEN_MFA --session "$session" \
		--challenge-responses "USERNAME=$username,SOFTWARE_TOKEN_MFA_CODE=$1" \
		--query AuthenticationResult.AccessToken --output text
}

# code_at STEP prints the code of a time step.
code_at() { oathtool --totp -b --now="@$(($1 * 30))" "$secret"; }

# next_code sets code to that of a later time step than before, because the service accepts each step once. It starts
# with the previous step, so three codes are available without waiting. Each code is valid for 20 seconds at least: on a
# busy machine the AWS CLI takes long to start.
next_code() {
	local now oldest
	now=$(date +%s)
	oldest=$((now / 30 - 1))
	((now % 30 < 10)) || oldest=$((oldest + 1))
	last=$((oldest > last + 1 ? oldest : last + 1))
	while (($(date +%s) < (last - 1) * 30)); do sleep 0.5; done
	code=$(code_at "$last")
}

# wrong_code sets code to six digits that are not a current code of the secret.
wrong_code() {
	local n step codes=
	for ((step = $(date +%s) / 30 - 3, n = 0; n < 8; n++)); do codes+=" $(code_at $((step + n)))"; done
	for ((n = 0; n < 10; n++)); do
		code=00000$n
		[[ $codes == *$code* ]] || return 0
	done
}

required() {
	local s1 used
	create_pool ON

	expect_challenge MFA_SETUP
	s1=$session
	read -r secret session < <(idp associate-software-token --session "$session" --query '[SecretCode, Session]' --output text)
	[[ $session != "$s1" ]] || die "associate-software-token returned the same session"
	next_code
	read -r status session < <(idp verify-software-token --session "$session" --user-code "$code" \
		--friendly-device-name phone --query '[Status, Session]' --output text)
	expect_equal Status "$status" SUCCESS
	access_token=$(idp respond-to-auth-challenge --client-id "$client" --challenge-name MFA_SETUP --session "$session" \
		--challenge-responses "USERNAME=$username" --query AuthenticationResult.AccessToken --output text)
	[[ $access_token == *.*.* ]] || die "MFA_SETUP ended without tokens"
	passed "required: setup returns tokens"

	expect_challenge SOFTWARE_TOKEN_MFA
	wrong_code
	expect_error CodeMismatchException answer_code "$code"
	next_code
	used=$code
	access_token=$(answer_code "$code")
	passed "required: a wrong code, then the correct one in the same session"

	expect_challenge SOFTWARE_TOKEN_MFA
	expect_error ExpiredCodeException answer_code "$used"
	passed "required: a used code is rejected"

	# The input as a JSON document.
	idp associate-software-token --cli-input-json "{\"AccessToken\": \"$access_token\"}" >/dev/null
	expect_challenge MFA_SETUP
	passed "required: a second association removes the token and requires setup"
}

optional() {
	create_pool OPTIONAL
	expect_tokens
	expect_error InvalidParameterException prefer

	read -r secret session < <(idp associate-software-token --access-token "$access_token" \
		--query '[SecretCode, Session]' --output text)
	expect_equal Session "$session" None
	wrong_code
	expect_error EnableSoftwareTokenMFAException idp verify-software-token --access-token "$access_token" --user-code "$code"
	next_code
	read -r status session < <(idp verify-software-token --access-token "$access_token" --user-code "$code" \
		--query '[Status, Session]' --output text)
	expect_equal "Status and Session" "$status $session" "SUCCESS None"
	passed "optional: associated and verified with the access token"

	expect_equal UserMFASettingList "$(idp get-user --access-token "$access_token" --query UserMFASettingList --output text)" None
	expect_tokens
	passed "optional: not required before the user sets a preference"

	prefer
	expect_equal "factors" "$(idp get-user --access-token "$access_token" \
		--query '[UserMFASettingList[0], PreferredMfaSetting, length(UserMFASettingList)]' --output text)" \
		$'SOFTWARE_TOKEN_MFA\tSOFTWARE_TOKEN_MFA\t1'
	expect_challenge SOFTWARE_TOKEN_MFA
	next_code
	access_token=$(answer_code "$code")
	passed "optional: required after the user sets a preference"

	# The input as the CLI's own skeleton, filled in.
	input=$(idp associate-software-token --generate-cli-skeleton | tr -d '\n' |
		sed "s/\"AccessToken\": \"\"/\"AccessToken\": \"$access_token\"/; s/, *\"Session\": \"\"//")
	secret=$(idp associate-software-token --cli-input-json "$input" --query SecretCode --output text)
	expect_tokens
	passed "optional: a second association that is not verified leaves no MFA"

	next_code
	idp verify-software-token --access-token "$access_token" --user-code "$code" >/dev/null
	expect_challenge SOFTWARE_TOKEN_MFA
	passed "optional: the preference is that of the new token once it is verified"
}

prefer() {
	idp set-user-mfa-preference --access-token "$access_token" --software-token-mfa-settings Enabled=true,PreferredMfa=true
}

errors() {
	create_pool OPTIONAL
	expect_tokens
	expect_error NotAuthorizedException idp associate-software-token --access-token unknown.access.token
	expect_error NotAuthorizedException idp associate-software-token --session unknown-session-unknown-session
	expect_error InvalidParameterException idp associate-software-token
	expect_error InvalidParameterException idp associate-software-token --access-token "$access_token" \
		--session unknown-session-unknown-session
	passed "errors: unknown tokens and sessions, neither and both"
	expect_error InvalidParameterException idp set-user-mfa-preference --access-token "$access_token" \
		--software-token-mfa-settings Enabled=false,PreferredMfa=true
	passed "errors: a preferred factor that is not enabled"
}

echo "# $("$AWS" --version)"
required
optional
errors
