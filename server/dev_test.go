package server_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate/cognatetest"
	"cognate/devapi"
	"cognate/iam"
	"cognate/logdelivery"
	"cognate/notify"
	"cognate/server"
	"cognate/trigger"
)

// A production server has nothing of the API for development.
func TestNoDevelopmentSurface(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	forReal := server.New(server.Config{
		Store: s.Store, PublicURL: s.URL, Access: &iam.Keys{Now: s.Clock.Now}, Sender: notify.None{}, Functions: trigger.None{},
		CodeSealer: trigger.None{}, Logs: logdelivery.New(logdelivery.Config{}), Now: s.Clock.Now, Log: slog.New(slog.DiscardHandler),
		AddressLimits: server.AddressLimits{Off: true},
	})
	routes := devapi.Routes()
	if len(routes) < 10 {
		t.Fatalf("Routes() = %v, want all", routes)
	}
	for _, route := range append(routes, "GET "+devapi.Prefix, "GET "+devapi.Prefix+"anything", "GET /metrics") {
		method, path, _ := strings.Cut(route, " ")
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		forReal.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s on a server for real = %d %s, want 404", route, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	forReal.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("GET / of a browser on a server for real = %d %s, want 404", w.Code, w.Body)
	}
}
