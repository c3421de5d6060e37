package cli_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cognate/cognatetest"
)

// TestNoMetadataForLoopback checks that a call to this machine asks no metadata service for credentials, and that
// configured credentials are still used.
func TestNoMetadataForLoopback(t *testing.T) {
	folder := setEnvironment(t)
	var asked atomic.Int32
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusNotFound)
	}))
	defer metadata.Close()
	server := cognatetest.Start(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "", "AWS_EC2_METADATA_DISABLED": "",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.URL, "AWS_DEFAULTS_MODE": "auto", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	for _, endpoint := range []string{server.URL, "http://localhost:" + port} {
		args := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", endpoint}
		if got := runCognate(t.Context(), args); got.Status != 0 || asked.Load() != 0 {
			t.Errorf("%s: %+v, and %d requests to the metadata service; want none", endpoint, got, asked.Load())
		}
	}
	args := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", server.URL, "--region", "us-east-1", "--debug"}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role")
	if got := runCognate(t.Context(), args); got.Status != 0 || !strings.Contains(got.Stderr, "no credentials are configured") {
		t.Errorf("in a container: %+v, want no request for its credentials", got)
	}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")

	// Whatever the user configures is used.
	mustWrite(t, filepath.Join(folder, "config"), `[profile keys]
aws_access_key_id = ofprofile
aws_secret_access_key = b
[profile process]
credential_process = echo '{"Version": 1, "AccessKeyId": "ofprocess", "SecretAccessKey": "b"}'
[profile broken]
credential_process = false
[profile machine]
credential_source = Ec2InstanceMetadata
role_arn = arn:aws:iam::123456789012:role/a
`)
	for name, want := range map[string]string{"keys": "access key ofprofile", "process": "access key ofprocess"} {
		if got := runCognate(t.Context(), append(args, "--profile", name)); got.Status != 0 || !strings.Contains(got.Stderr, want) {
			t.Errorf("--profile %s: %+v, want %q", name, got, want)
		}
	}
	if got := runCognate(t.Context(), append(args, "--profile", "broken")); got.Status != 253 || asked.Load() != 0 {
		t.Errorf("a process that fails: %+v, and %d requests to the metadata service", got, asked.Load())
	}
	credentials := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"AccessKeyId": "ofserver", "SecretAccessKey": "b", "Expiration": "` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`))
	}))
	defer credentials.Close()
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.URL)
	if got := runCognate(t.Context(), args); got.Status != 0 || !strings.Contains(got.Stderr, "access key ofserver") {
		t.Errorf("a credential server on this machine: %+v", got)
	}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
	if got := runCognate(t.Context(), append(args, "--profile", "machine")); got.Status != 253 || asked.Load() == 0 {
		t.Errorf("a profile that names the metadata service: %+v, and no request to it", got)
	}
}
