package conformance_test

import (
	"path/filepath"
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
		"oauth4webapi.mjs", "oidc_client_ts.mjs", "react_oidc_context.mjs", "amplify_redirect.mjs",
		"auth_express.mjs", "next_auth.mjs", "express_openid_connect.mjs", "passport_cognito.mjs",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustRun(t, command(t.Context(), filepath.Join(clients, "oauth"), "node", name), env...)
		})
	}
}
