// Package relyingparty has what the applications below it share: each signs users in at the login pages with one library for Go.
package relyingparty

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
)

// Settings say where an application gets its tokens.
type Settings struct {
	Issuer, ClientID, ClientSecret string
	Origin                         string // the address of the application
}

// Callback returns the redirect URI of the application.
func (s Settings) Callback() string { return s.Origin + "/callback" }

// ReadSettings reads the settings from the environment.
func ReadSettings() Settings {
	return Settings{
		Issuer: os.Getenv("ISSUER"), ClientID: os.Getenv("CLIENT_ID"), ClientSecret: os.Getenv("CLIENT_SECRET"),
		Origin: os.Getenv("ORIGIN"),
	}
}

// Handler answers a request. Its error is shown to the user.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP answers a request, with status 500 if there is an error.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, value any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(value)
}

// Serve prints the address of the application and serves it on a free port.
func Serve(mux *http.ServeMux) error {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>Application</title>"))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, listener.Addr()); err != nil {
		return err
	}
	return http.Serve(listener, mux)
}

// Kept is a value that the application keeps between requests. It has one user at a time, so it needs no cookie for it.
type Kept[T any] struct {
	mu    sync.Mutex
	value T
}

// Set replaces the value.
func (k *Kept[T]) Set(value T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value = value
}

// Get returns the value.
func (k *Kept[T]) Get() T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value
}
