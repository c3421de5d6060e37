#!/usr/bin/env bash
# The software token's life with the AWS CLI, version 1 or 2, against the server at COGNATE_ENDPOINT.
# AWS names the program; oathtool is the authenticator app.
#
# Prints a line for each step that went as it should, and ends with an error at the first that did not.
# Access keys come from the environment, as the CLI takes them; without any, made-up ones sign.
set -euo pipefail

: "${COGNATE_ENDPOINT:?is the address of the server}"
: "${AWS:=aws}"
: "${AWS_ACCESS_KEY_ID:=COGNATECONFORMANCE00}" "${AWS_SECRET_ACCESS_KEY:=conformance}"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION="${AWS_REGION:-us-east-1}"
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_EC2_METADATA_DISABLED=true
# Nobody's profile has a say here.
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

done_with() { echo "ok - $*"; }

die() {
	echo "FAILED: $*" >&2
	exit 1
}

same() { [[ $2 == "$3" ]] || die "$1 is '$2', want '$3'"; }

# refused ERROR COMMAND... runs a command that the service must refuse with this error.
refused() {
	local error=$1 said
	shift
	said=$("$@" 2>&1) && die "$* was not refused, want $error"
	[[ $said == *"($error)"* ]] || die "$* said '$said', want $error"
}

# create_pool MFA makes a pool with an app client and a confirmed user, and sets pool and client.
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

# sign_in QUERY gives the password and prints what the query picks from the answer, tab between values.
sign_in() {
	idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH \
		--auth-parameters "USERNAME=$username,PASSWORD=$password" --query "$1" --output text
}

# asked CHALLENGE gives the password and sets session; the challenge must follow.
asked() {
	local name
	read -r name session < <(sign_in '[ChallengeName, Session]')
	same challenge "$name" "$1"
	[[ -n $session && $session != None ]] || die "$1 has no session"
}

# let_in gives the password and sets access_token; no challenge may follow.
let_in() {
	local name
	read -r name access_token < <(sign_in '[ChallengeName, AuthenticationResult.AccessToken]')
	same challenge "$name" None
	[[ $access_token == *.*.* ]] || die "the access token is no JWT"
}

# give_code CODE answers SOFTWARE_TOKEN_MFA on the session and prints the access token.
give_code() {
	idp respond-to-auth-challenge --client-id "$client" --challenge-name SOFTWARE_TOKEN_MFA --session "$session" \
		--challenge-responses "USERNAME=$username,SOFTWARE_TOKEN_MFA_CODE=$1" \
		--query AuthenticationResult.AccessToken --output text
}

# code_at STEP prints the code of a time step.
code_at() { oathtool --totp -b --now="@$(($1 * 30))" "$secret"; }

# next_code sets code: of a later step than the one before, because the service takes a step once. It starts with the
# step before this one, so three can be had without waiting for the clock; the program needs longer than an SDK, so the
# margin at the end of a step is wider, too.
next_code() {
	local now oldest
	now=$(date +%s)
	oldest=$((now / 30 - 1))
	((now % 30 < 20)) || oldest=$((oldest + 1))
	last=$((oldest > last + 1 ? oldest : last + 1))
	while (($(date +%s) < (last - 1) * 30)); do sleep 0.5; done
	code=$(code_at "$last")
}

# wrong_code sets code to six digits that are no code of the secret around now.
wrong_code() {
	local n step codes=
	for ((step = $(date +%s) / 30 - 3, n = 0; n < 8; n++)); do codes+=" $(code_at $((step + n)))"; done
	for ((n = 0; n < 10; n++)); do
		code=00000$n
		[[ $codes == *$code* ]] || return 0
	done
}

required() {
	local s1 spent
	create_pool ON

	asked MFA_SETUP
	s1=$session
	read -r secret session < <(idp associate-software-token --session "$session" --query '[SecretCode, Session]' --output text)
	[[ $session != "$s1" ]] || die "associate-software-token gave its session back"
	next_code
	read -r status session < <(idp verify-software-token --session "$session" --user-code "$code" \
		--friendly-device-name phone --query '[Status, Session]' --output text)
	same Status "$status" SUCCESS
	access_token=$(idp respond-to-auth-challenge --client-id "$client" --challenge-name MFA_SETUP --session "$session" \
		--challenge-responses "USERNAME=$username" --query AuthenticationResult.AccessToken --output text)
	[[ $access_token == *.*.* ]] || die "MFA_SETUP ended without tokens"
	done_with "required: set up, with tokens at its end"

	asked SOFTWARE_TOKEN_MFA
	wrong_code
	refused CodeMismatchException give_code "$code"
	next_code
	spent=$code
	access_token=$(give_code "$code")
	done_with "required: a wrong code, then the right one on the same session"

	asked SOFTWARE_TOKEN_MFA
	refused ExpiredCodeException give_code "$spent"
	done_with "required: a spent code is refused"

	# Arguments in JSON, as --cli-input-json takes them.
	idp associate-software-token --cli-input-json "{\"AccessToken\": \"$access_token\"}" >/dev/null
	asked MFA_SETUP
	done_with "required: a second association drops the token, and set-up is asked for again"
}

optional() {
	create_pool OPTIONAL
	let_in
	refused InvalidParameterException choose

	read -r secret session < <(idp associate-software-token --access-token "$access_token" \
		--query '[SecretCode, Session]' --output text)
	same Session "$session" None
	wrong_code
	refused EnableSoftwareTokenMFAException idp verify-software-token --access-token "$access_token" --user-code "$code"
	next_code
	read -r status session < <(idp verify-software-token --access-token "$access_token" --user-code "$code" \
		--query '[Status, Session]' --output text)
	same "Status and Session" "$status $session" "SUCCESS None"
	done_with "optional: associated and verified with the access token"

	same UserMFASettingList "$(idp get-user --access-token "$access_token" --query UserMFASettingList --output text)" None
	let_in
	done_with "optional: not asked before the user chooses so"

	choose
	same "factors" "$(idp get-user --access-token "$access_token" \
		--query '[UserMFASettingList[0], PreferredMfaSetting, length(UserMFASettingList)]' --output text)" \
		$'SOFTWARE_TOKEN_MFA\tSOFTWARE_TOKEN_MFA\t1'
	asked SOFTWARE_TOKEN_MFA
	next_code
	access_token=$(give_code "$code")
	done_with "optional: asked once chosen"

	idp associate-software-token --access-token "$access_token" >/dev/null
	let_in
	done_with "optional: a second association that is not verified leaves no MFA"
}

choose() {
	idp set-user-mfa-preference --access-token "$access_token" --software-token-mfa-settings Enabled=true,PreferredMfa=true
}

refusals() {
	create_pool OPTIONAL
	let_in
	refused NotAuthorizedException idp associate-software-token --access-token unknown.access.token
	refused NotAuthorizedException idp associate-software-token --session unknown-session-unknown-session
	refused InvalidParameterException idp associate-software-token
	refused InvalidParameterException idp associate-software-token --access-token "$access_token" \
		--session unknown-session-unknown-session
	done_with "refusals: unknown tokens and sessions, neither and both"
}

echo "# $("$AWS" --version)"
required
optional
refusals
