package trace_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cli/trace"
)

func operation(t *testing.T, name string) *api.Operation {
	t.Helper()
	op, ok := api.Lookup(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return op
}

func TestMask(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operation string
		output    bool
		body      string
		want      string
	}{
		{
			"InitiateAuth", false, `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"abc","AuthParameters":{"USERNAME":"ines","PASSWORD":"hunter2"}}`,
			`{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "abc", "AuthParameters": {"USERNAME": "(masked)", "PASSWORD": "(masked)"}}`,
		},
		{
			"InitiateAuth", true, `{"Session":"s","AuthenticationResult":{"AccessToken":"a","ExpiresIn":3600,"NewDeviceMetadata":{"DeviceKey":"k"}},"Unknown":["x",{"y":"z"},1]}`,
			`{"Session": "(masked)", "AuthenticationResult": {"AccessToken": "(masked)", "ExpiresIn": 3600, "NewDeviceMetadata": {"DeviceKey": "(masked)"}}, "Unknown": ["(masked)", {"y": "(masked)"}, 1]}`,
		},
		{"AssociateSoftwareToken", true, `{"SecretCode":"JBSWY3DP","Session":"s"}`, `{"SecretCode": "(masked)", "Session": "(masked)"}`},
		{"VerifySoftwareToken", false, `{"UserCode":"123456","FriendlyDeviceName":"phone"}`, `{"UserCode": "(masked)", "FriendlyDeviceName": "phone"}`},
		{
			"CreateUserPoolClient", true, `{"UserPoolClient":{"ClientName":"web","ClientSecret":"c","CallbackURLs":["https://a"]}}`,
			`{"UserPoolClient": {"ClientName": "web", "ClientSecret": "(masked)", "CallbackURLs": ["https://a"]}}`,
		},
		{
			"CreateIdentityProvider", false, `{"ProviderDetails":{"client_id":"i","client_secret":"s","private_key":"p"}}`,
			`{"ProviderDetails": {"client_id": "i", "client_secret": "(masked)", "private_key": "(masked)"}}`,
		},
		{
			"CompleteWebAuthnRegistration", false, `{"Credential":{"id":"x","response":{"a":"b"}}}`,
			`{"Credential": {"id": "(masked)", "response": {"a": "(masked)"}}}`,
		},
		{"DeleteUser", true, `{"a":"b"}`, `{"a": "(masked)"}`},
		{"InitiateAuth", true, `secret`, `(6 bytes that are no JSON)`},
		{"InitiateAuth", true, ``, `(empty)`},
	}
	for _, tt := range tests {
		op := operation(t, tt.operation)
		shape := op.Input
		if tt.output {
			shape = op.Output
		}
		if got := trace.Mask([]byte(tt.body), shape); got != tt.want {
			t.Errorf("Mask(%s, %s) =\n%s, want\n%s", tt.operation, tt.body, got, tt.want)
		}
	}
}

// TestMaskHidesEverySecret sets every sensitive member of every operation.
func TestMaskHidesEverySecret(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		for _, shape := range []*api.Shape{op.Input, op.Output} {
			if shape == nil {
				continue
			}
			for _, m := range shape.Members {
				if m.Shape.Kind != api.KindString || !m.Shape.Sensitive || m.Name == "ClientId" || m.Name == "Username" {
					continue
				}
				if got := trace.Mask(fmt.Appendf(nil, `{%q:"hunter2"}`, m.Name), shape); strings.Contains(got, "hunter2") {
					t.Errorf("%s.%s: %s", op.Name, m.Name, got)
				}
			}
		}
	}
}

func TestMaskError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"__type":"A","message":"b","reasonCode":"c","Other":"d"}`: `{"__type": "A", "message": "b", "reasonCode": "c", "Other": "(masked)"}`,
		`["a"]`: `["(masked)"]`,
		`<h1>`:  `(4 bytes that are no JSON)`,
	} {
		if got := trace.MaskError([]byte(body)); got != want {
			t.Errorf("MaskError(%s) = %s, want %s", body, got, want)
		}
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "hunter2")
		_, _ = w.Write([]byte(`{"SecretCode":"hunter2","Session":"hunter2"}`))
	}))
	defer server.Close()
	var log strings.Builder
	transport := &trace.Transport{
		Next: http.DefaultTransport, Operation: operation(t, "AssociateSoftwareToken"), Now: time.Now,
		Logf: func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) },
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"AccessToken":"hunter2"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/scope, SignedHeaders=host, Signature=hunter2")
	req.Header.Set("X-Amz-Security-Token", "hunter2")
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != `{"SecretCode":"hunter2","Session":"hunter2"}` {
		t.Errorf("the answer became %s, %v", body, err)
	}
	text := log.String()
	for _, want := range []string{"request: POST " + server.URL, "Credential=AKID/scope", "connected to ", "200 OK, 44 bytes", `"SecretCode": "(masked)"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("contains a secret:\n%s", text)
	}
}

func FuzzMask(f *testing.F) {
	op, _ := api.Lookup("InitiateAuth")
	f.Add([]byte(`{"Session":"hunter2"}`))
	f.Add([]byte(`[{"AccessToken":["hunter2",{}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if got := trace.Mask(body, op.Output); got == "" {
			t.Errorf("Mask(%q) is empty", body)
		}
		_ = trace.MaskError(body)
	})
}
