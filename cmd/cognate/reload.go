package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"cognate/config"
	"cognate/iam"
)

// reloadPeriod is how often a server looks for changed files: a key whose secret file was removed stops within five seconds.
const reloadPeriod = 4 * time.Second

// catchHangups returns a channel that receives SIGHUP, which from now on does not end the process.
func catchHangups() <-chan os.Signal {
	hangups := make(chan os.Signal, 1) // one is enough: a signal during a reload leads to one more reload
	signal.Notify(hangups, syscall.SIGHUP)
	return hangups
}

// certificateFunc returns the certificate for a connection.
type certificateFunc = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// reloadable is a file that a running server can read again. After an error it uses the previous content.
type reloadable interface {
	Reload() error
	String() string
}

// watched is a reloadable file or folder, with the setting that names it.
type watched struct {
	setting, path string
	file          reloadable
}

// reloader replaces the certificate, the access keys and other files of a running server. What cannot be loaded is not replaced.
type reloader struct {
	certFile, keyFile string // empty without TLS files
	certificate       atomic.Pointer[tls.Certificate]
	// domainKeys lists the private keys of further host names, whose certificates are in domains.
	domainKeys func() ([]string, error)
	domains    atomic.Pointer[[]*tls.Certificate]

	// loadKeys reads the settings of the access keys again. Nil means that the server has none.
	loadKeys func() (config.ListedKeys, error)
	keys     *iam.Keys
	inUse    []configuredKey

	files []watched
	// reopened are files that the server writes. A hangup opens them again.
	reopened []watched

	seen [sha256.Size]byte // the fingerprint at the last reload

	log *slog.Logger
}

// newReloader returns a reloader of the certificates.
func newReloader(c *config.Config, log *slog.Logger) *reloader {
	r := &reloader{certFile: c.TLSCert, keyFile: c.TLSKey, domainKeys: c.DomainKeys, log: log}
	r.seen = r.fingerprint()
	return r
}

// watchKeys adds the access keys of the settings. It must be called before run.
func (r *reloader) watchKeys(keys *iam.Keys, inUse []configuredKey, load func() (config.ListedKeys, error)) {
	r.keys, r.loadKeys = keys, load
	r.setKeys(inUse)
	r.seen = r.fingerprint()
}

// watch adds a file. It must be called before run.
func (r *reloader) watch(setting, path string, file reloadable) {
	r.files = append(r.files, watched{setting, path, file})
	r.seen = r.fingerprint()
}

// reopen adds a file that the server writes. It must be called before run.
func (r *reloader) reopen(setting, path string, file reloadable) {
	r.reopened = append(r.reopened, watched{setting, path, file})
}

// setKeys replaces the access keys.
func (r *reloader) setKeys(keys []configuredKey) {
	r.inUse = keys
	r.keys.SetConfigured(byID(keys))
}

// reloadKeys replaces the access keys by those of the settings. A key with an error keeps its previous secret and policy, unless the
// settings no longer list it or its secret file is gone: no error keeps a removed key in use.
func (r *reloader) reloadKeys() {
	listed, err := r.loadKeys()
	keys, policyErr := configuredKeys(listed.Valid)
	err = errors.Join(err, policyErr)
	has := func(id string) bool {
		return slices.ContainsFunc(keys, func(k configuredKey) bool { return k.settings.ID == id })
	}
	for _, key := range r.inUse {
		if has(key.settings.ID) {
			continue
		}
		if listed.Lists(key.settings.ID) && !key.secretIsGone() {
			keys = append(keys, key)
		} else {
			r.log.Info("access key removed", "id", key.settings.ID, "name", key.settings.Name)
		}
	}
	r.setKeys(keys)
	if err != nil {
		r.log.Error("access keys were not reloaded; those that the settings still list keep their previous secrets and policies",
			"in_use", r.keyIDs(), "error", err)
		return
	}
	r.log.Info("access keys reloaded", "count", len(keys))
}

// loadCertificate replaces the certificate by that of the files.
func (r *reloader) loadCertificate() error {
	pair, err := tls.LoadX509KeyPair(r.certFile, r.keyFile)
	if err != nil {
		return fmt.Errorf("load TLS certificate: %w", err)
	}
	r.certificate.Store(&pair)
	return nil
}

// loadDomains replaces the certificates of further host names by those in the folder.
func (r *reloader) loadDomains() error {
	keys, err := r.domainKeys()
	if err != nil {
		return err
	}
	certificates, err := loadDomainCertificates(keys)
	if err != nil {
		return err
	}
	r.domains.Store(&certificates)
	return nil
}

// expiries returns the ends of the certificates in use by their first names, for the metrics.
func (r *reloader) expiries() map[string]time.Time {
	ends := make(map[string]time.Time)
	add := func(c *tls.Certificate) {
		if name := firstName(c.Leaf); ends[name].IsZero() || c.Leaf.NotAfter.Before(ends[name]) {
			ends[name] = c.Leaf.NotAfter
		}
	}
	if own := r.certificate.Load(); own != nil {
		add(own)
	}
	if domains := r.domains.Load(); domains != nil {
		for _, c := range *domains {
			add(c)
		}
	}
	return ends
}

// firstName returns the first host name or address of a certificate, or its subject if it has none.
func firstName(leaf *x509.Certificate) string {
	switch {
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	case len(leaf.IPAddresses) > 0:
		return leaf.IPAddresses[0].String()
	default:
		return leaf.Subject.String()
	}
}

// certificateOf returns the certificate for the host name of a connection: one of domains, or else the one that other returns.
func (r *reloader) certificateOf(other certificateFunc) certificateFunc {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if domains := r.domains.Load(); domains != nil {
			if c := certificateFor(hello, *domains); c != nil {
				return c, nil
			}
		}
		return other(hello)
	}
}

// covers reports whether one of the certificates of further host names is valid for a name.
func (r *reloader) covers(name string) bool {
	domains := r.domains.Load()
	return domains != nil && certificateFor(&tls.ClientHelloInfo{ServerName: name}, *domains) != nil
}

// run reloads after each hangup, and if a file has changed since the last look, until ctx ends.
func (r *reloader) run(ctx context.Context, hangups <-chan os.Signal, period time.Duration) error {
	looks := time.NewTicker(period)
	defer looks.Stop()
	for {
		hungUp := false
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			hungUp = true
		case <-looks.C:
		}
		if now := r.fingerprint(); hungUp || now != r.seen {
			r.seen = now
			r.log.Info("reload", "because", map[bool]string{true: "SIGHUP", false: "a file has changed"}[hungUp])
			r.reload()
		}
		if hungUp {
			reloadFiles(r.reopened, r.log)
		}
	}
}

// reload loads everything again.
func (r *reloader) reload() {
	if r.certFile == "" && r.domains.Load() == nil && r.loadKeys == nil && len(r.files)+len(r.reopened) == 0 {
		r.log.Info("nothing to reload: the server has no certificate file and no access keys")
		return
	}
	reloadFiles(r.files, r.log)
	if r.certFile != "" {
		if err := r.loadCertificate(); err != nil {
			r.log.Error("the certificate was not reloaded; the previous one stays in use", "error", err)
		} else {
			r.log.Info("certificate reloaded", "file", r.certFile, "expires", r.certificate.Load().Leaf.NotAfter)
		}
	}
	if r.domains.Load() != nil {
		if err := r.loadDomains(); err != nil {
			r.log.Error("the certificates of further host names were not reloaded; the previous ones stay in use", "error", err)
		} else {
			r.log.Info("certificates of further host names reloaded", "count", len(*r.domains.Load()))
		}
	}
	if r.loadKeys != nil {
		r.reloadKeys()
	}
}

func reloadFiles(files []watched, log *slog.Logger) {
	for _, f := range files {
		if err := f.file.Reload(); err != nil {
			log.Error("a file was not reloaded; its previous content stays in use", "setting", f.setting, "error", err)
		} else {
			log.Info("file reloaded", "setting", f.setting, "file", f.path, "content", f.file.String())
		}
	}
}

// keyIDs returns the IDs of the access keys in use, for the log.
func (r *reloader) keyIDs() string {
	var ids []string
	for _, key := range r.inUse {
		ids = append(ids, key.settings.ID)
	}
	return strings.Join(ids, " ")
}

// fingerprint changes if one of the files changes. The settings file is not one of them, because an operator may be editing it.
func (r *reloader) fingerprint() [sha256.Size]byte {
	files := []string{r.certFile, r.keyFile}
	keys, _ := r.domainKeys() // loadDomains reports the error
	for _, key := range keys {
		files = append(files, key, certificateFile(key))
	}
	for _, key := range r.inUse {
		files = append(files, key.settings.SecretFile, key.policyFile())
	}
	hash := sha256.New()
	for _, file := range files {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		fmt.Fprintf(hash, "%s\n%d\n%v\n", file, len(text), err)
		hash.Write(text)
	}
	for _, f := range r.files { // which can be large
		info, err := os.Stat(f.path)
		fmt.Fprintf(hash, "%s\n%v\n", f.path, err)
		if err == nil {
			fmt.Fprintf(hash, "%d\n%v\n", info.Size(), info.ModTime())
		}
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
