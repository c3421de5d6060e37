package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/audit"
	"cognate/doctor"
	"cognate/iam"
	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// now is the time of all tests.
var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// statuses returns the check and the status of each finding.
func statuses(r *doctor.Report) []string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.Check+" "+string(f.Status))
	}
	return all
}

func want(t *testing.T, r *doctor.Report, findings ...string) {
	t.Helper()
	if diff := cmp.Diff(findings, statuses(r)); diff != "" {
		t.Errorf("findings (-want +got):\n%s\n%v", diff, r.Findings)
	}
}

// wantText checks that the last finding has a text.
func wantText(t *testing.T, r *doctor.Report, text string) {
	t.Helper()
	last := r.Findings[len(r.Findings)-1]
	if !strings.Contains(last.Text+" "+last.Remedy, text) {
		t.Errorf("finding %q, remedy %q: want %q", last.Text, last.Remedy, text)
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		findings []doctor.Status
		want     int
	}{
		{nil, 0},
		{[]doctor.Status{doctor.OK, doctor.Skipped}, 0},
		{[]doctor.Status{doctor.Warning, doctor.OK}, 1},
		{[]doctor.Status{doctor.Failed, doctor.Warning}, 2},
	} {
		r := new(doctor.Report)
		for _, s := range c.findings {
			r.Findings = append(r.Findings, doctor.Finding{Check: "x", Status: s, Text: "text", Remedy: "remedy"})
		}
		if got := r.ExitStatus(); got != c.want {
			t.Errorf("ExitStatus(%v) = %d, want %d", c.findings, got, c.want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	r := &doctor.Report{Findings: []doctor.Finding{
		{Check: "clock", Status: doctor.OK, Text: "fine"}, {Check: "mail", Status: doctor.Warning, Text: "one\ntwo", Remedy: "repair <it>"},
	}}
	var text, object strings.Builder
	if err := errors.Join(r.WriteText(&text), r.WriteJSON(&object)); err != nil {
		t.Fatal(err)
	}
	indent := strings.Repeat(" ", 23)
	if diff := cmp.Diff("ok       clock         fine\nwarning  mail          one\n"+indent+"two\n"+indent+"-> repair <it>\n", text.String()); diff != "" {
		t.Errorf("WriteText() (-want +got):\n%s", diff)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(object.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got["status"] != "warning" || len(got["findings"].([]any)) != 2 {
		t.Errorf("WriteJSON() = %s", object.String())
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	variables := []string{"COGNATE_CONFIG", "COGNATE_PUBLIC_URL", "COGNATE_LISTEN"}
	for _, c := range []struct {
		environ []string
		want    string // the text of the warning; empty for none
	}{
		{nil, ""},
		{[]string{"COGNATE_LISTEN=1", "PATH=x", "COGNATE_CONFIG=f"}, ""},
		{[]string{"COGNATE_PUBLIC_ULR=x"}, "COGNATE_PUBLIC_ULR is not a setting, and has no effect maybe you meant COGNATE_PUBLIC_URL"},
		{[]string{"cognate_listen=x"}, "maybe you meant COGNATE_LISTEN"},
		{[]string{"COGNATE_ZEBRA=secret"}, "the variable COGNATE_ZEBRA is not a setting"},
		{[]string{
			"COGNATE_SERVICE_HOST=1", "COGNATE_SERVICE_PORT=1", "COGNATE_SERVICE_PORT_HTTP=1", "COGNATE_PORT=tcp://1", "COGNATE_PORT_80_TCP=1",
			"COGNATE_PORT_80_TCP_ADDR=1", "COGNATE_METRICS_SERVICE_HOST=1", "COGNATE_ENDPOINT=1", "COGNATE_TEST_X=1",
		}, ""},
	} {
		r := new(doctor.Report)
		r.Settings(nil, c.environ, variables)
		if c.want == "" {
			want(t, r, "settings ok")
			continue
		}
		want(t, r, "settings warning")
		wantText(t, r, c.want)
		if strings.Contains(fmt.Sprint(r.Findings), "secret") {
			t.Errorf("%v quotes the value of a variable", r.Findings)
		}
	}
	r := new(doctor.Report)
	r.Settings([]string{"listen: wrong", "audit: wrong"}, nil, variables)
	want(t, r, "settings failed", "settings failed")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		modes map[string]os.FileMode
		want  []string
	}{
		{"private", nil, []string{"files ok"}},
		{"readable by the group", map[string]os.FileMode{"secret": 0o640, "settings": 0o640, "audit": 0o640, "data/cognate.db": 0o660}, []string{"files ok"}},
		{"readable secret", map[string]os.FileMode{"secret": 0o604}, []string{"files failed"}},
		{"writable secret", map[string]os.FileMode{"secret": 0o620}, []string{"files warning"}},
		{"writable settings", map[string]os.FileMode{"settings": 0o602}, []string{"files failed"}},
		{"settings of the group", map[string]os.FileMode{"settings": 0o620}, []string{"files warning"}},
		{"readable audit file", map[string]os.FileMode{"audit": 0o644}, []string{"files failed"}},
		{"readable database", map[string]os.FileMode{"data/cognate.db": 0o644}, []string{"files failed"}},
		{"readable folder", map[string]os.FileMode{"data": 0o755}, []string{"files warning"}},
		{"writable folder", map[string]os.FileMode{"data": 0o702}, []string{"files failed"}},
	} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		mustMkdir(t, at("data"))
		for _, name := range []string{"settings", "secret", "audit", "data/cognate.db", "master.key"} {
			mustWrite(t, at(name), "x")
		}
		for name, mode := range c.modes {
			if err := os.Chmod(at(name), mode); err != nil {
				t.Fatal(err)
			}
		}
		r := new(doctor.Report)
		r.Files(doctor.Files{
			Settings: at("settings"), Secrets: []string{at("secret"), at("absent")}, Data: at("data"), Written: []string{at("audit"), ""},
			MasterKey: at("master.key"),
		})
		t.Log(c.what)
		want(t, r, c.want...)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, "master.key"), "x")
	r := new(doctor.Report)
	r.Files(doctor.Files{Data: dir, MasterKey: filepath.Join(dir, "master.key")})
	want(t, r, "files warning")
	wantText(t, r, "a copy of this folder has both")
}

// installation is a database with its inspection.
type installation struct {
	db *store.Store
	*store.Inspection
	master sealing.MasterKey
}

// onBoth runs a test with a database of SQLite and of PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, i *installation)) {
	t.Helper()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": func(t *testing.T) string { t.Helper(); return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, key := url(t), storetest.MasterKey(t)
			db, err := store.Open(t.Context(), store.Config{URL: at, MasterKeys: []sealing.MasterKey{key}})
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, &installation{db, mustInspect(t, at), key})
		})
	}
}

func mustInspect(t *testing.T, url string) *store.Inspection {
	t.Helper()
	i, err := store.OpenInspection(url)
	if err != nil {
		t.Fatalf("OpenInspection() = %v", err)
	}
	t.Cleanup(func() { _ = i.Close() })
	return i
}

func (i *installation) mustWrite(t *testing.T, fn func(*store.Tx) error) {
	t.Helper()
	if err := i.db.Write(t.Context(), fn); err != nil {
		t.Fatalf("Write() = %v", err)
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, i *installation) {
		r := new(doctor.Report)
		if !r.Database(t.Context(), i.Inspection) {
			t.Error("Database() = false, want true")
		}
		r.Schema(t.Context(), i.Inspection)
		if r.Status() == doctor.Failed || r.Findings[1].Status != doctor.OK {
			t.Errorf("findings = %v", r.Findings)
		}
		r = new(doctor.Report)
		r.Replication(t.Context(), i.Inspection)
		if engine, _ := i.Engine(t.Context()); engine.IsSQLite {
			want(t, r, "replication skipped")
			return
		}
		wantText(t, r, "no standby is connected")
	})
}

// A database that does not exist is not created.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cognate.db")
	r := new(doctor.Report)
	if r.Database(t.Context(), mustInspect(t, file)) {
		t.Error("Database() = true, want false")
	}
	want(t, r, "database warning")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the check created the database: %v", err)
	}
	r = new(doctor.Report)
	if r.Database(t.Context(), mustInspect(t, "postgres://nobody@127.0.0.1:1/x?connect_timeout=1")) {
		t.Error("Database() = true, want false")
	}
	want(t, r, "database failed")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, i *installation) {
		check := func(k doctor.Keys, findings ...string) {
			t.Helper()
			k.Now = now
			r := new(doctor.Report)
			r.Keys(t.Context(), i.Inspection, k)
			want(t, r, findings...)
		}
		masters := []sealing.MasterKey{i.master}
		other := mustMaster(t)
		check(doctor.Keys{}, "master key failed", "access keys failed")
		check(doctor.Keys{Masters: []sealing.MasterKey{other}}, "master key failed", "access keys failed")
		check(doctor.Keys{Masters: []sealing.MasterKey{other, i.master}}, "master key warning", "access keys failed")
		check(doctor.Keys{Masters: masters, Configured: []iam.AccessKey{{Policy: iam.Everything()}}}, "master key ok", "access keys ok")

		desk, _ := iam.Ready("help-desk")
		add := func(id, policy string, edit func(*cognate.AccessKey)) {
			key := &cognate.AccessKey{AccountID: "000000000000", ID: id, Name: id, Secret: "secret", Policy: policy, CreatedAt: now}
			edit(key)
			i.mustWrite(t, func(tx *store.Tx) error { return tx.CreateAccessKey(t.Context(), key) })
		}
		add("DESK", desk.Text(), func(*cognate.AccessKey) {})
		check(doctor.Keys{Masters: masters}, "master key ok", "access keys warning") // there is no key that administers
		add("A", iam.Everything().Text(), func(k *cognate.AccessKey) { k.Disabled = true })
		check(doctor.Keys{Masters: masters}, "master key ok", "access keys warning")
		add("B", iam.Everything().Text(), func(*cognate.AccessKey) {})
		check(doctor.Keys{Masters: masters}, "master key ok", "access keys ok")
		add("C", desk.Text(), func(k *cognate.AccessKey) { k.ExpiresAt = now.Add(24 * time.Hour) })
		add("D", desk.Text(), func(k *cognate.AccessKey) { k.ExpiresAt = now.Add(-time.Hour) })
		add("E", "{}", func(*cognate.AccessKey) {})
		check(doctor.Keys{Masters: masters}, "master key ok", "access keys warning", "access keys warning", "access keys failed")
	})
}

func mustMaster(t *testing.T) sealing.MasterKey {
	t.Helper()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestBackup(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, i *installation) {
		check := func(b doctor.Backups, finding string) {
			t.Helper()
			r := new(doctor.Report)
			r.Backup(t.Context(), i.Inspection, b)
			want(t, r, finding)
		}
		b := doctor.Backups{IsRecorded: true, MaxAge: 48 * time.Hour, Now: time.Now()}
		check(b, "backup warning")
		check(doctor.Backups{MaxAge: time.Hour, Now: time.Now()}, "backup skipped")
		check(doctor.Backups{IsRecorded: true}, "backup skipped")

		// A failed backup, and a request that quotes the name of the event, are no backups.
		_, done := audit.Command(t.Context(), i.db, "CognateBackupCreated")
		done(errors.New("disk full"))
		_, done = audit.Command(t.Context(), i.db, "CognateKeyCreated", "eventName", "CognateBackupCreated")
		done(nil)
		check(b, "backup warning")
		_, done = audit.Command(t.Context(), i.db, "CognateBackupCreated")
		done(nil)
		check(b, "backup ok")
		b.Now = b.Now.Add(72 * time.Hour)
		check(b, "backup warning")
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	synchronized := func() (bool, error) { return true, nil }
	onBoth(t, func(t *testing.T, i *installation) {
		check := func(ahead time.Duration, synchronized func() (bool, error), findings ...string) {
			t.Helper()
			r := new(doctor.Report)
			r.Clock(t.Context(), i.Inspection, func() time.Time { return time.Now().Add(ahead) }, synchronized)
			want(t, r, findings...)
		}
		check(0, synchronized, "clock ok")
		check(0, func() (bool, error) { return false, nil }, "clock warning")
		check(0, func() (bool, error) { return false, errors.ErrUnsupported }, "clock ok")
		if engine, _ := i.Engine(t.Context()); !engine.IsSQLite {
			check(10*time.Second, synchronized, "clock warning")
			check(-time.Hour, synchronized, "clock failed")
		}
		i.mustWrite(t, func(tx *store.Tx) error {
			return tx.SaveHeartbeat(t.Context(), "other", time.Now().Add(20*time.Second))
		})
		check(0, synchronized, "clock warning")
	})
}

func TestMail(t *testing.T) {
	t.Parallel()
	works, fails := func(context.Context) error { return nil }, func(context.Context) error { return errors.New("refused") }
	for _, c := range []struct {
		senders doctor.Senders
		want    []string
	}{
		{doctor.Senders{}, []string{"mail warning"}},
		{doctor.Senders{Email: "smtp", Connect: works}, []string{"mail ok"}},
		{doctor.Senders{Email: "smtp", Connect: fails}, []string{"mail failed"}},
		{doctor.Senders{Email: "ses"}, []string{"mail skipped"}},
		{doctor.Senders{Email: "ses", SendTo: "a@example.com", Send: works}, []string{"mail skipped", "mail ok"}},
		{doctor.Senders{Email: "smtp", Connect: works, SendTo: "a@example.com", Send: fails}, []string{"mail ok", "mail failed"}},
	} {
		r := new(doctor.Report)
		r.Mail(t.Context(), c.senders)
		want(t, r, c.want...)
	}
}

func TestIssuedCertificates(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, i *installation) {
		const directory = "https://acme.example.com/dir"
		check := func(findings ...string) {
			t.Helper()
			r := new(doctor.Report)
			r.Issued(t.Context(), i.Inspection, directory, []string{"id.example.com", "b.example.com"}, now)
			want(t, r, findings...)
		}
		check("certificates warning", "certificates warning")
		save := func(name, directory string, days int) {
			c := &store.Certificate{Directory: directory, Name: name, NotBefore: now, NotAfter: now.AddDate(0, 0, days)}
			i.mustWrite(t, func(tx *store.Tx) error { return tx.SaveCertificate(t.Context(), c, []byte("text")) })
		}
		save("id.example.com", "https://other.example.com/dir", 90)
		check("certificates warning", "certificates warning")
		save("id.example.com", directory, 90)
		save("b.example.com", directory, 90)
		check("certificates ok", "certificates ok")
		save("b.example.com", directory, 3)
		check("certificates warning", "certificates ok")
		i.mustWrite(t, func(tx *store.Tx) error {
			return tx.SaveCertificateFailure(t.Context(), "id.example.com", directory, "no answer", now)
		})
		check("certificates warning", "certificates warning")
	})
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	check := func(pairs []doctor.Certificate, findings ...string) {
		t.Helper()
		r := new(doctor.Report)
		r.Certificates(pairs, now)
		want(t, r, findings...)
	}
	check(nil, "certificates skipped")
	check([]doctor.Certificate{mustCertify(t, now.Add(90*24*time.Hour), "id.example.com")}, "certificates ok")
	check([]doctor.Certificate{mustCertify(t, now.Add(90*24*time.Hour), "other.example.com")}, "certificates warning", "certificates ok")
	check([]doctor.Certificate{mustCertify(t, now.Add(24*time.Hour), "id.example.com")}, "certificates warning")
	check([]doctor.Certificate{mustCertify(t, now.Add(-time.Hour), "id.example.com")}, "certificates failed")
	check([]doctor.Certificate{{Cert: "absent", Key: "absent"}}, "certificates failed")
}

// mustCertify writes a certificate for a host, for a server at id.example.com.
func mustCertify(t *testing.T, expires time.Time, host string) doctor.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: now.Add(-48 * time.Hour), NotAfter: expires,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := doctor.Certificate{Cert: filepath.Join(t.TempDir(), "tls.crt"), Key: filepath.Join(t.TempDir(), "tls.key"), Host: "id.example.com"}
	mustWrite(t, c.Cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	mustWrite(t, c.Key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return c
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, i *installation) {
		issuer, keys := "", `{"keys":[{}]}`
		mux := http.NewServeMux()
		site := httptest.NewServer(mux)
		t.Cleanup(site.Close)
		mux.HandleFunc("/us-east-1_A/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, site.URL+"/keys")
		})
		mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, keys) })
		check := func(url string, findings ...string) {
			t.Helper()
			r := new(doctor.Report)
			r.Issuer(t.Context(), i.Inspection, doctor.Issuer{
				PublicURL: url, Possible: func(pool string) []string { return []string{url + "/" + pool} }, Client: site.Client(), Now: now,
			})
			want(t, r, findings...)
		}
		check("", "issuer skipped")
		check(site.URL, "issuer skipped") // no pool
		i.mustWrite(t, func(tx *store.Tx) error {
			return tx.CreateUserPool(t.Context(), &cognate.UserPool{ID: "us-east-1_A", AccountID: "000000000000", Name: "a"}, nil)
		})
		check(site.URL, "issuer failed") // another issuer
		issuer = site.URL + "/us-east-1_A"
		check(site.URL, "issuer ok")
		keys = `{"keys":[]}`
		check(site.URL, "issuer failed")
		keys = "<html>"
		check(site.URL, "issuer failed")
		check(site.URL+"/elsewhere", "issuer failed")                  // 404
		check("http://127.0.0.1:1", "issuer warning")                  // not reachable
		check("http://id.invalid", "issuer warning", "issuer warning") // no HTTPS, not reachable
	})
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustMkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}
