package profile_test

import (
	"os"
	"path/filepath"
	"testing"

	"cognate/cli/profile"
)

// FuzzLoad reads configuration files with any content: a profile is found or not, and it has no settings of other
// profiles.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"[profile x]\noutput = text\n", "[profile x]\nservices = s\n[services s]\ncognito_identity_provider =\n  endpoint_url = http://a\n",
		"[profile \"x\"]\n= 1\n a = b\n", "a = b\n[\n]\n[[profile x]]\n;\n", "[profile x\n\tk\n\t=\n",
	} {
		f.Add(seed)
	}
	config := filepath.Join(f.TempDir(), "config")
	f.Setenv("AWS_CONFIG_FILE", config)
	f.Setenv("AWS_SHARED_CREDENTIALS_FILE", config+"-none")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		settings, err := profile.Load("x")
		if (settings == nil) != (err != nil) {
			t.Fatalf("Load(x) = %v, %v", settings, err)
		}
		if settings == nil {
			return
		}
		if name := "output"; settings.Get(name) != "" && !settings.Has(name) {
			t.Fatalf("%s has a value and is not there", name)
		}
		settings.Endpoint()
	})
}
