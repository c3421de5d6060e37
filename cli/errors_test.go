package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestErrorHints checks the line after an error that says what to do next. The AWS CLI has no such line.
func TestErrorHints(t *testing.T) {
	folder := setEnvironment(t)
	mustWrite(t, filepath.Join(folder, "config"), "[profile team]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n")
	tests := []struct{ name, code, message, hint string }{
		{"expired credentials", "ExpiredTokenException", "The security token included in the request is expired", "Your credentials have expired: sign in again, or refresh those of profile team."},
		{"a clock behind", "InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z", "The clock of this machine says "},
		{"a clock ahead", "InvalidSignatureException", "Signature not yet current: 20260101T010000Z is still later than", "The clock of this machine says "},
		{"another secret", "InvalidSignatureException", "The request signature we calculated does not match the signature you provided.", "The secret does not belong to the access key"},
		{"another key", "UnrecognizedClientException", "The security token included in the request is invalid.", "This server does not know the access key"},
		{"another region", "ResourceNotFoundException", "User pool us-east-1_abc does not exist.", "The user pool is in region us-east-1, but the request used eu-west-1: check --region."},
		{"an old access token", "NotAuthorizedException", "Access Token has expired", "The access token has expired"},
		{"an old refresh token", "NotAuthorizedException", "Refresh Token has expired", "The refresh token has expired"},
		{"no hint", "InvalidParameterException", "No.", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startServer(t, 400, `{"__type":"`+tt.code+`","message":"`+tt.message+`"}`)
			t.Setenv("AWS_REGION", "")
			got := runCognate(t.Context(), []string{"cognito-idp", "describe-user-pool", "--user-pool-id", "us-east-1_abc", "--profile", "team", "--endpoint-url", server})
			want := "\nAn error occurred (" + tt.code + ") when calling the DescribeUserPool operation: " + tt.message + "\n" + tt.hint
			if got.Status != 254 || !strings.HasPrefix(got.Stderr, want) {
				t.Errorf("%+v, want %q", got, want)
			}
		})
	}
}

func TestConnectionHints(t *testing.T) {
	setEnvironment(t)
	refused := runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", "http://127.0.0.1:1"})
	if refused.Status != 255 || !strings.Contains(refused.Stderr, "\nNo server listens at this address: start one with `cognate dev`") {
		t.Errorf("a refused connection: %+v", refused)
	}
	unknown := runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", "http://none.invalid"})
	if unknown.Status != 255 || !strings.Contains(unknown.Stderr, "\nThe host name none.invalid is unknown: check --endpoint-url") {
		t.Errorf("an unknown name: %+v", unknown)
	}
	foreign := runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", startServer(t, 404, "<h1>no</h1>")})
	if foreign.Status != 254 || !strings.Contains(foreign.Stderr, "\nThe server at this URL does not speak this API: check --endpoint-url.") {
		t.Errorf("another server: %+v", foreign)
	}
}
