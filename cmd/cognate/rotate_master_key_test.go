package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate/masterkey"
	"cognate/sealing"
	"cognate/store"
)

// regionalKMS is a fake of AWS KMS in all regions. A key is wrapped by the region in front of it.
func regionalKMS(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, CiphertextBlob []byte }
		_ = json.NewDecoder(r.Body).Decode(&in)
		scope := strings.Split(r.Header.Get("Authorization"), "/") // the third part is the region
		key, fits := bytes.CutPrefix(in.CiphertextBlob, []byte(scope[2]))
		switch {
		case r.Header.Get("X-Amz-Target") == "TrentService.Encrypt":
			_ = json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": append([]byte(scope[2]), in.Plaintext...)})
		case fits:
			_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": key})
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"IncorrectKeyException"}`))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// The commands tell two keys apart that have one name in two regions.
func TestMasterKeysOfTwoRegions(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	kms := regionalKMS(t)
	keyIn := func(region string) sealing.MasterKey {
		key, err := masterkey.Parse(t.Context(), "awskms:///alias/c?region="+region+"&endpoint="+kms, os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	url := filepath.Join(t.TempDir(), "cognate.db")
	do := func(keys []sealing.MasterKey, to *sealing.MasterKey) (rotated, status string) {
		t.Helper()
		s, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: keys, KeepMasterKey: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var out strings.Builder
		k := &masterKeyCommand{store: s, keys: keys, to: to, out: &out}
		if err := k.status(t.Context()); err != nil {
			t.Fatal(err)
		}
		status = out.String()
		out.Reset()
		if err := k.rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out.String(), status
	}
	const hint = "Set this master key in the settings"
	a, b := keyIn("eu-west-1"), keyIn("eu-west-2")
	rotated, status := do([]sealing.MasterKey{a}, &b)
	if !strings.Contains(rotated, hint) || !strings.Contains(status, ": it is the master key of the settings\n") {
		t.Errorf("to the other region: %s%s", rotated, status)
	}
	rotated, status = do([]sealing.MasterKey{a, b}, nil)
	if strings.Contains(rotated, hint) || !strings.Contains(status, ": it is line 1 of old_master_keys_file") {
		t.Errorf("back by the settings: %s%s", rotated, status)
	}
	again := keyIn("eu-west-1")
	rotated, status = do([]sealing.MasterKey{a, b}, &again)
	if strings.Contains(rotated, hint) || !strings.Contains(status, ": it is the master key of the settings\n") {
		t.Errorf("to the same key: %s%s", rotated, status)
	}
}
