package certificates_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// directory is a certificate authority that checks no signatures (RFC 8555). It can fail, and its time is that of a test.
type directory struct {
	*httptest.Server
	now func() time.Time
	key *ecdsa.PrivateKey

	mu sync.Mutex
	// down answers every request with 503. limited answers orders with 429. refused are names whose challenges fail.
	down, limited bool
	refused       map[string]bool
	// stuck are the names of which the directory does not finish the checks, by the types of the challenges. released are the names of
	// the authorizations that the server gave up.
	stuck    map[string][]string
	released []string
	// check is called with each challenge: its type, name and token.
	check    func(kind, name, token string) error
	orders   []string // the names of all orders
	contacts []string
	chains   map[string]string // PEM by the number of the order
	invalid  map[string]bool   // by the number of the order
}

func newDirectory(t *testing.T, now func() time.Time) *directory {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{now: now, key: key, refused: make(map[string]bool), chains: make(map[string]string), invalid: make(map[string]bool)}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

// set changes the directory while a test runs.
func (d *directory) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// asked returns the names of all orders.
func (d *directory) asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.orders...)
}

func (d *directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Replay-Nonce", "nonce")
	var payload []byte
	if r.Method == http.MethodPost {
		var body struct{ Payload string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		payload, _ = base64.RawURLEncoding.DecodeString(body.Payload)
	}
	what, number, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case d.down:
		http.Error(w, "{}", http.StatusServiceUnavailable)
	case what == "dir":
		answer(w, map[string]any{"newNonce": d.URL + "/nonce", "newAccount": d.URL + "/account", "newOrder": d.URL + "/order"})
	case what == "account":
		var account struct{ Contact []string }
		_ = json.Unmarshal(payload, &account)
		d.contacts = account.Contact
		w.Header().Set("Location", d.URL+"/account/1")
		answer(w, map[string]any{"status": "valid"})
	case what == "order" && number == "" && d.limited:
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
		answer(w, map[string]any{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many orders"})
	case what == "order" && number == "":
		var order struct{ Identifiers []struct{ Value string } }
		_ = json.Unmarshal(payload, &order)
		d.orders = append(d.orders, order.Identifiers[0].Value)
		number = fmt.Sprint(len(d.orders))
		w.Header().Set("Location", d.URL+"/order/"+number)
		w.WriteHeader(http.StatusCreated)
		d.order(w, number, "pending")
	case what == "order" && d.invalid[number]:
		d.order(w, number, "invalid")
	case what == "order" && d.chains[number] != "":
		d.order(w, number, "valid")
	case what == "order":
		d.order(w, number, "ready")
	case what == "authorization":
		status := "pending"
		if strings.Contains(string(payload), "deactivated") {
			d.released = append(d.released, d.name(number))
		}
		if d.invalid[number] {
			status = "invalid"
		} else if _, proved := d.chains[number]; proved {
			status = "valid"
		}
		answer(w, map[string]any{
			"status": status, "identifier": map[string]string{"type": "dns", "value": d.name(number)},
			"challenges": []map[string]string{
				{"type": "http-01", "url": d.URL + "/http-01/" + number, "token": "token-h-" + number},
				{"type": "tls-alpn-01", "url": d.URL + "/tls-alpn-01/" + number, "token": "token-t-" + number},
			},
		})
	case what == "http-01" || what == "tls-alpn-01":
		if !slices.Contains(d.stuck[what], d.name(number)) {
			d.chains[number] = ""
		}
		token := "token-" + what[:1] + "-" + number
		if d.refused[d.name(number)] || d.check != nil && d.check(what, d.name(number), token) != nil {
			d.invalid[number] = true
		}
		answer(w, map[string]string{"status": "processing", "type": what, "url": d.URL + r.URL.Path, "token": token})
	case what == "finalize":
		var finalize struct{ CSR string }
		_ = json.Unmarshal(payload, &finalize)
		request, _ := base64.RawURLEncoding.DecodeString(finalize.CSR)
		d.chains[number] = d.issue(request)
		w.Header().Set("Location", d.URL+"/order/"+number)
		d.order(w, number, "valid")
	case what == "certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write([]byte(d.chains[number]))
	}
}

func (d *directory) name(number string) string {
	var n int
	_, _ = fmt.Sscan(number, &n)
	return d.orders[n-1]
}

func (d *directory) order(w http.ResponseWriter, number, status string) {
	answer(w, map[string]any{
		"status": status, "authorizations": []string{d.URL + "/authorization/" + number},
		"identifiers": []map[string]string{{"type": "dns", "value": d.name(number)}},
		"finalize":    d.URL + "/finalize/" + number, "certificate": d.URL + "/certificate/" + number,
	})
}

// issue returns a certificate for 90 days.
func (d *directory) issue(request []byte) string {
	csr, err := x509.ParseCertificateRequest(request)
	if err != nil {
		return err.Error()
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(d.orders))), Subject: pkix.Name{CommonName: "test"}, DNSNames: csr.DNSNames,
		NotBefore: d.now(), NotAfter: d.now().Add(90 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, csr.PublicKey, d.key)
	if err != nil {
		return err.Error()
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func answer(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }
