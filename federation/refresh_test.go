package federation_test

import (
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/federation"
	"cognate/internal/outgoing"
)

// Metadata is fetched daily. A failure keeps the old document, and is tried again after an hour.
func TestRefreshMetadata(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		var document atomic.Pointer[string]
		var requests atomic.Int32
		serve := func(text string) { document.Store(&text) }
		idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			_, _ = w.Write([]byte(*document.Load()))
		}))
		defer idp.Close()
		first := metadata(certificate(t, s.Clock.Now().AddDate(1, 0, 0)))
		serve(first)
		for _, name := range []string{"okta", "other"} {
			s.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
				UserPoolId: p.PoolID, ProviderName: name, ProviderType: saml, ProviderDetails: map[string]string{"MetadataURL": idp.URL},
			})
		}
		s.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: "file", ProviderType: saml, ProviderDetails: map[string]string{"MetadataFile": first},
		})
		log := new(strings.Builder)
		var ahead time.Duration // of the clock of the server, whose own task finds nothing due
		providers := &federation.Providers{
			Store: s.Store, Client: (&outgoing.Rules{Private: true}).Client(), PlainHTTP: true,
			Now: func() time.Time { return s.Clock.Now().Add(ahead) },
			Log: slog.New(slog.NewTextHandler(log, nil)),
		}
		refresh := func() int32 {
			t.Helper()
			requests.Store(0)
			if err := providers.RefreshMetadata(t.Context()); err != nil {
				t.Fatalf("RefreshMetadata() = %v", err)
			}
			return requests.Load()
		}
		describe := func(name string) *api.IdentityProviderType {
			t.Helper()
			return s.Must(t).DescribeIdentityProvider(&api.DescribeIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name}).IdentityProvider
		}
		want := describe("okta")
		step := func(name string, after time.Duration, requests int32, sso string) {
			t.Helper()
			ahead += after
			if got := refresh(); got != requests {
				t.Errorf("%s: %d requests, want %d", name, got, requests)
			}
			want.ProviderDetails["SSORedirectBindingURI"] = sso
			if diff := cmp.Diff(want, describe("okta")); diff != "" {
				t.Errorf("%s: the provider (-want +got):\n%s", name, diff)
			}
		}
		const old, moved = "https://idp.example.com/sso", "https://new.example.com/sso"
		step("not due", 23*time.Hour, 0, old)
		serve("<html>")
		step("failed", time.Hour, 2, old)
		if !strings.Contains(log.String(), "Unable to unmarshall metadata") {
			t.Errorf("the log does not contain the failure: %s", log)
		}
		step("not yet again", 59*time.Minute, 0, old)
		serve(strings.Replace(first, old, moved, 1))
		step("again", time.Minute, 2, moved)
		step("not due after success", 23*time.Hour, 0, moved)
		serve(first)
		step("daily", time.Hour, 2, old)
		if got := describe("file").ProviderDetails["SSORedirectBindingURI"]; got != old {
			t.Errorf("SSORedirectBindingURI of a file = %s, want %s", got, old)
		}
		// A provider that was deleted while its document was fetched stays deleted.
		s.Must(t).DeleteIdentityProvider(&api.DeleteIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "okta"})
		ahead += 24 * time.Hour
		if got := refresh(); got != 1 {
			t.Errorf("after a deletion: %d requests, want 1", got)
		}
	})
}

// Providers of several pools are refreshed together. Each audit record names the pool of its own provider.
func TestRefreshMetadataRecords(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	document := metadata(certificate(t, s.Clock.Now().AddDate(1, 0, 0)))
	idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(document)) }))
	defer idp.Close()
	var want, got []string
	for range 6 {
		p := s.Pool(t)
		s.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: "okta", ProviderType: saml, ProviderDetails: map[string]string{"MetadataURL": idp.URL},
		})
		want = append(want, p.PoolID)
	}
	providers := &federation.Providers{
		Store: s.Store, Client: (&outgoing.Rules{Private: true}).Client(), PlainHTTP: true, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.Clock.Now().Add(24 * time.Hour) }, // at the time of the server, its own task finds nothing due
	}
	recorder := &audit.Recorder{Store: s.Store, Level: audit.LevelChanges, Node: "node"}
	if err := providers.RefreshMetadata(recorder.Job(t.Context(), "CognateProviderRefreshed")); err != nil {
		t.Fatalf("RefreshMetadata() = %v", err)
	}
	events, err := s.Store.UnlinkedAuditEvents(t.Context(), time.Now().Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		record, err := audit.Decode(e.Record)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range record.Resources {
			_, pool, _ := strings.Cut(r.ARN, "userpool/")
			got = append(got, pool)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pools of the records (-want +got):\n%s", diff)
	}
}

// A pool gets a new key after a year. Pools without a key get none.
func TestRenewKeys(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, without := s.Pool(t), s.Pool(t)
	current := func() string {
		t.Helper()
		return s.Must(t).GetSigningCertificate(&api.GetSigningCertificateInput{UserPoolId: p.PoolID}).Certificate
	}
	keys := &federation.SAMLKeys{Store: s.Store, Source: testKeys{}, Now: s.Clock.Now}
	first := current()
	for _, tc := range []struct {
		after time.Duration
		want  int
	}{{364 * 24 * time.Hour, 1}, {24 * time.Hour, 2}, {time.Hour, 2}, {365 * 24 * time.Hour, 3}} {
		s.Clock.Advance(tc.after)
		if err := keys.Renew(t.Context()); err != nil {
			t.Fatalf("Renew() = %v", err)
		}
		stored := cognatetest.Try(s.Store.SAMLKeys(t.Context(), p.PoolID)).Of(t)
		if len(stored) != tc.want {
			t.Errorf("after %s: %d keys, want %d", tc.after, len(stored), tc.want)
		}
		if (current() == first) != (tc.want == 1) {
			t.Errorf("after %s: the current certificate is the first one: %v", tc.after, current() == first)
		}
	}
	oldest := cognatetest.Try(x509.ParseCertificate(cognatetest.Try(base64.StdEncoding.DecodeString(first)).Of(t))).Of(t)
	if !s.Clock.Now().Before(oldest.NotAfter) {
		t.Error("the first certificate is no longer valid")
	}
	if n := len(cognatetest.Try(s.Store.SAMLKeys(t.Context(), without.PoolID)).Of(t)); n != 0 {
		t.Errorf("a pool without a key has %d keys now, want none", n)
	}
}
