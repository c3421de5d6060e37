package identityprovider_test

import (
	_ "embed"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// metadata is the metadata document of a SAML provider with the entity ID https://idp.example.com/entity.
//
//go:embed testdata/metadata.xml
var metadata string

const (
	google = api.IdentityProviderTypeTypeGoogle
	oidc   = api.IdentityProviderTypeTypeOidc
	saml   = api.IdentityProviderTypeTypeSaml
)

// googleDetails returns the details of a Google provider, with further ones.
func googleDetails(more map[string]string) map[string]string {
	details := map[string]string{"client_id": "id", "client_secret": "the secret", "authorize_scopes": "openid email"}
	maps.Copy(details, more)
	return details
}

// mustCreate creates a Google provider with this name.
func mustCreate(t *testing.T, p *cognatetest.UserPool, name string) *api.IdentityProviderType {
	t.Helper()
	return p.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: name, ProviderType: google, ProviderDetails: googleDetails(nil),
	}).IdentityProvider
}

func mustDescribe(t *testing.T, p *cognatetest.UserPool, name string) *api.IdentityProviderType {
	t.Helper()
	return p.Must(t).DescribeIdentityProvider(&api.DescribeIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name}).IdentityProvider
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func noProvider(name string) *api.Error {
	return api.ResourceNotFoundException("Identity provider " + name + " does not exist.")
}

var noPool = api.ResourceNotFoundException("User pool us-east-1_none does not exist.")

// remote is a provider on this machine that answers every request with the same status and body.
type remote struct {
	*httptest.Server
	mu       sync.Mutex
	status   int
	body     string
	requests []string // their paths
}

func newRemote(t *testing.T, body string) *remote {
	t.Helper()
	r := &remote{status: http.StatusOK, body: body}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP answers a request.
func (r *remote) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, in.URL.Path)
	w.WriteHeader(r.status)
	_, _ = w.Write([]byte(r.body))
}

// answer changes the answer, and forgets the requests so far.
func (r *remote) answer(status int, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.body, r.requests = status, body, nil
}

// seen returns the paths of the requests since the last change of the answer.
func (r *remote) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}
