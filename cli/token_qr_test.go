package cli_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate/authn/totp"
)

func TestQR(t *testing.T) {
	setEnvironment(t)
	server := startServer(t, 200, `{"Session":"AAAAAAAAAAAAAAAAAAAAAAAA","SecretCode":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}`)
	got := runCognate(t.Context(), []string{"cognito-idp", "associate-software-token", "--access-token", "x", "--output", "qr", "--endpoint-url", server})
	if got.Status != 0 || !strings.Contains(got.Stdout, "█") || !strings.HasSuffix(got.Stdout, "SecretCode: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\nSession: AAAAAAAAAAAAAAAAAAAAAAAA\n") {
		t.Errorf("--output qr: %+v", got)
	}
}

// accessTokenOf returns an access token with claims. Its signature is invalid.
func accessTokenOf(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256"}`)) + "." + part([]byte(claims)) + ".c2lnbmF0dXJl"
}

func TestNamesInQR(t *testing.T) {
	setEnvironment(t)
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		_, _ = w.Write([]byte(`{"SecretCode":"` + secret + `"}`))
	}))
	defer server.Close()
	token := accessTokenOf(`{"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc","username":"ines+a@example.com"}`)
	key, err := totp.Decode(secret)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name            string
		args            []string
		issuer, account string
	}{
		{"those of the token", []string{"--access-token", token}, "Cognate us-east-1_abc", "ines+a@example.com"},
		{"an abbreviation", []string{"--a", token}, "Cognate us-east-1_abc", "ines+a@example.com"},
		{"an input document", []string{"--cli-input-json", `{"AccessToken":"` + token + `"}`}, "Cognate us-east-1_abc", "ines+a@example.com"},
		{"those of the options", []string{"--access-token", token, "--issuer", "Ann & Bob: 1", "--account", "Zoë"}, "Ann & Bob: 1", "Zoë"},
		{"no issuer", []string{"--access-token", token, "--issuer", ""}, "", "ines+a@example.com"},
		{"a session", []string{"--session", strings.Repeat("s", 20)}, "Cognate", ""},
		{"a session and options", []string{"--session", strings.Repeat("s", 20), "--account", "ines"}, "Cognate", "ines"},
		{"no JWT", []string{"--access-token", "x"}, "Cognate", ""},
		{"a JWT without claims", []string{"--access-token", accessTokenOf("[]")}, "Cognate", ""},
		{"claims of other types", []string{"--access-token", accessTokenOf(`{"iss":1,"username":{}}`)}, "Cognate", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := totp.QR(totp.URI(tt.issuer, tt.account, key), totp.Dark)
			if err != nil {
				t.Fatal(err)
			}
			args := append([]string{"cognito-idp", "associate-software-token", "--output", "qr", "--endpoint-url", server.URL}, tt.args...)
			if got := runCognate(t.Context(), args); got.Status != 0 || !strings.HasPrefix(got.Stdout, want) {
				t.Errorf("%+v, want the QR code of %s", got, totp.URI(tt.issuer, tt.account, key))
			}
			if bytes.Contains(bytes.ToLower(sent), []byte("issuer")) || bytes.Contains(bytes.ToLower(sent), []byte("account")) {
				t.Errorf("sent %s", sent)
			}
		})
	}
	for _, kind := range []string{"input", "output", "yaml-input"} {
		got := runCognate(t.Context(), []string{"cognito-idp", "associate-software-token", "--generate-cli-skeleton", kind, "--issuer", "a", "--account", "b"})
		if got.Status != 0 || strings.Contains(got.Stdout, "ssuer") || strings.Contains(got.Stdout, "ccount") {
			t.Errorf("skeleton %s: %+v", kind, got)
		}
	}
	if got := runCognate(t.Context(), []string{"cognito-idp", "get-user", "--access-token", "x", "--issuer", "a"}); got.Status != 252 {
		t.Errorf("get-user --issuer: %+v", got)
	}
	sample := []string{"cognito-idp", "associate-software-token", "--generate-cli-skeleton", "output", "--output", "qr"}
	if got := runCognate(t.Context(), sample); got.Status != 0 {
		t.Errorf("the sample as a QR code: %+v", got)
	}
}
