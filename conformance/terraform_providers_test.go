package conformance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTerraformProviders creates, changes, imports and destroys identity providers of all types with Terraform. After each step a
// plan must be empty.
func TestTerraformProviders(t *testing.T) {
	t.Parallel()
	long(t)
	f := mustTerraform(t)
	f.variables = []string{"TF_VAR_remote=" + newProvider(t)}
	f.copyConfiguration(t, "saml_metadata.xml", "saml_metadata.xml")
	f.copyConfiguration(t, "providers_created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "providers_created.tf")

	f.copyConfiguration(t, "providers_updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "providers_updated.tf")

	pool := f.poolID(t)
	forget, imports := []string{"state", "rm"}, new(strings.Builder)
	for name, provider := range map[string]string{
		"google": "Google", "facebook": "Facebook", "amazon": "LoginWithAmazon", "apple": "SignInWithApple", "oidc": "oidc",
		"saml_file": "saml-file", "saml_url": "saml-url",
	} {
		address := "aws_cognito_identity_provider." + name
		forget = append(forget, address)
		fmt.Fprintf(imports, "import {\n  to = %s\n  id = %q\n}\n", address, pool+":"+provider)
	}
	f.run(t, forget...)
	if err := os.WriteFile(filepath.Join(f.dir, "imports.tf"), []byte(imports.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := f.command("apply", "-auto-approve", "-input=false").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "7 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("terraform apply with imports: %v, want 7 imports and no change:\n%s", err, out)
	}
	f.wantEmptyPlan(t, "providers_updated.tf after an import")
}

// newProvider starts an identity provider with a discovery document and a SAML metadata document, and returns its address.
func newProvider(t *testing.T) string {
	t.Helper()
	metadata, err := os.ReadFile(filepath.Join("clients", "terraform", "saml_metadata.xml"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("GET /metadata", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(metadata) })
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token",`+
			`"userinfo_endpoint":"%[1]s/userinfo","jwks_uri":"%[1]s/keys"}`, s.URL)
	})
	return s.URL
}
