package main

import (
	"crypto/hmac"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/config"
	"cognate/notify/webhook"
)

const hookSecret = "a secret of some size"

// hook returns an operator's service that records messages with a valid signature.
func hook(t *testing.T) (url string, taken <-chan string) {
	t.Helper()
	bodies := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		want := webhook.Sign([]byte(hookSecret), r.Header.Get(webhook.HeaderTimestamp), body)
		if err != nil || !hmac.Equal([]byte(want), []byte(r.Header.Get(webhook.HeaderSignature))) {
			t.Errorf("message with the signature %q, want %q", r.Header.Get(webhook.HeaderSignature), want)
		}
		bodies <- string(body)
	}))
	t.Cleanup(s.Close)
	return s.URL, bodies
}

// Messages of requests that were answered with 200 are sent, even if the mail server was down and the server was killed
// meanwhile.
func TestMessagesSurviveKill(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, p database) {
		url, taken := hook(t)
		p.args = append(p.args, "--email-sender", "webhook", "--email-from", "people@example.com", "--webhook-secret-file", "hook.secret")
		mustWriteFile(t, filepath.Join(p.dir, "hook.secret"), hookSecret)
		unreachable := "http://127.0.0.1:1" // nothing listens there
		first := mustStart(t, p.dir, append(p.args, "--webhook-url", unreachable)...)
		n := mustCreatePool(t, first, api.UserPoolMfaTypeOptional)
		if _, err := n.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
			UserPoolId: n.poolID, Username: "anna", TemporaryPassword: testPassword,
			DesiredDeliveryMediums: []api.DeliveryMediumType{api.DeliveryMediumTypeEmail},
			UserAttributes:         []api.AttributeType{{Name: "email", Value: "anna@example.com"}},
		}); err != nil {
			t.Fatal(err)
		}
		mustWait(t, "an attempt in vain", func() bool {
			_, metrics := mustGet(t, http.DefaultClient, first.url+"/metrics")
			return strings.Contains(metrics, `cognate_messages_waiting{medium="EMAIL"} 1`) &&
				!strings.Contains(metrics, `cognate_messages_total{medium="EMAIL",outcome="postponed"} 0`)
		})
		first.kill()
		mustStart(t, p.dir, append(p.args, "--webhook-url", url)...)
		select {
		case body := <-taken:
			for _, want := range []string{testPassword, "anna@example.com", `"From":"people@example.com"`, n.poolID, `"Kind":"AdminCreateUser"`} {
				if !strings.Contains(body, want) {
					t.Errorf("message = %s, want %q in it", body, want)
				}
			}
		case <-time.After(patience):
			t.Error("no message after the restart")
		}
		for line := range strings.Lines(first.stderr.String()) { // cognate dev logs sent codes in lines of their own
			isSent := strings.Contains(line, `msg="message sent"`)
			if !isSent && (strings.Contains(line, testPassword) || strings.Contains(line, "anna@example.com")) {
				t.Errorf("the log shows the message: %s", line)
			}
		}
	})
}

// mustWait polls until so returns true.
func mustWait(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func mustWriteFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A server without a sender returns an error that says so.
func TestServeWithoutSender(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if status := run([]string{"master-key", "--out", filepath.Join(dir, "master.key")}, nil, os.Stdout, os.Stderr); status != 0 {
		t.Fatalf("cognate master-key = %d", status)
	}
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: TEST, secret: correct-horse-battery}]\n")
	p := mustStart(t, dir, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "", "--config", "cognate.yaml", "--master-key-file", "master.key")
	client := &api.Client{
		Endpoint: p.url + "/", Sign: signer(config.AccessKey{ID: "TEST", Secret: "correct-horse-battery"}, "eu-west-1", time.Now),
	}
	pool, err := client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: pool.UserPool.Id, Username: "anna", UserAttributes: []api.AttributeType{{Name: "email", Value: "anna@example.com"}},
		DesiredDeliveryMediums: []api.DeliveryMediumType{api.DeliveryMediumTypeEmail},
	})
	if !errors.Is(err, &api.Error{Code: api.CodeCodeDeliveryFailureException}) {
		t.Errorf("AdminCreateUser(no sender) = %v, want CodeDeliveryFailureException", err)
	}
}

// cognate doctor --send-to sends a message with the transport of the settings.
func TestDoctorSends(t *testing.T) {
	t.Parallel()
	url, taken := hook(t)
	dir := t.TempDir()
	if status := run([]string{"init", filepath.Join(dir, "conf")}, strings.NewReader(""), io.Discard, io.Discard); status != 0 {
		t.Fatalf("init = %d", status)
	}
	secret := filepath.Join(dir, "secret")
	mustWriteFile(t, secret, hookSecret)
	var out strings.Builder
	run([]string{
		"doctor", "--config", filepath.Join(dir, "conf", "cognate.yaml"), "--email-sender", "webhook", "--email-from", "people@example.com",
		"--webhook-url", url, "--webhook-secret-file", secret, "--send-to", "ann@example.com",
	}, strings.NewReader(""), &out, &out)
	select {
	case body := <-taken:
		if !strings.Contains(body, `"ann@example.com"`) || !strings.Contains(body, "Cognate can send messages to this address.") {
			t.Errorf("posted %s", body)
		}
	default:
		t.Errorf("nothing was posted; the output is\n%s", out.String())
	}
	if !strings.Contains(out.String(), "a message to ann@example.com was sent") {
		t.Errorf("output = %s", out.String())
	}
}
