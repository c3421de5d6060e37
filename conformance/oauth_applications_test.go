package conformance_test

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestOAuthApplications runs the scripts of clients/oauth. In each, an application signs users in at the login pages, in Chromium.
func TestOAuthApplications(t *testing.T) {
	t.Parallel()
	long(t)
	needBinary(t)
	clients, chromium := mustInstallClients(t, "node", "oauth")
	env := append(mustStartHTTPS(t), envChromium+"="+chromium)
	for _, name := range []string{
		"oauth4webapi.mjs", "oauth4webapi_secured.mjs", "oidc_client_ts.mjs", "react_oidc_context.mjs", "angular_auth_oidc_client.mjs", "amplify_redirect.mjs",
		"auth_express.mjs", "next_auth.mjs", "express_openid_connect.mjs", "passport_cognito.mjs",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustRun(t, command(t.Context(), filepath.Join(clients, "oauth"), "node", name), env...)
		})
	}
	t.Run("aws_jwt_verify.mjs", func(t *testing.T) {
		t.Parallel()
		env := append(mustStartHTTPS(t, "--issuer", "aws"), envChromium+"="+chromium)
		mustRun(t, command(t.Context(), filepath.Join(clients, "oauth"), "node", "aws_jwt_verify.mjs"), env...)
	})
	t.Run("oauth2_proxy.mjs", func(t *testing.T) {
		t.Parallel()
		proxy := filepath.Join(t.TempDir(), "oauth2-proxy")
		build := command(t.Context(), "../tools/oauth2-proxy", "go", "build", "-o", proxy, "github.com/oauth2-proxy/oauth2-proxy/v7")
		mustRun(t, build)
		env := append(slices.Clone(env), "COGNATE_TEST_OAUTH2_PROXY="+proxy)
		mustRun(t, command(t.Context(), filepath.Join(clients, "oauth"), "node", "oauth2_proxy.mjs"), env...)
	})
	programs := t.TempDir()
	mustRun(t, command(t.Context(), ".", "go", "build", "-o", programs, "./clients/relyingparty/..."))
	for _, name := range []string{"gooidc", "zitadel"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := append(slices.Clone(env), "COGNATE_TEST_RELYING_PARTY="+filepath.Join(programs, name))
			mustRun(t, command(t.Context(), filepath.Join(clients, "oauth"), "node", "relying_party.mjs"), env...)
		})
	}
}
