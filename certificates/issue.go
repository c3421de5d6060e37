package certificates

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"cognate/store"
)

const (
	// roundLimit is how long a round starts orders, and orderLimit how long one order may take. Together they end before the lease.
	roundLimit = 3 * time.Minute
	orderLimit = 90 * time.Second
	// checkLimit is how long the directory may take to check a challenge. An order has time for two checks.
	checkLimit = 40 * time.Second
	// challengeLifetime is how long a challenge is answered.
	challengeLifetime = time.Hour
	// cleanUpLimit is how long the deletion of a challenge may take after an order.
	cleanUpLimit = 10 * time.Second
	// maxFirst is how many names of domains are first asked for in an hour, so that administrators of user pools cannot use up what
	// the directory allows. Let's Encrypt allows 300 orders in three hours; a name can take two.
	maxFirst = 50
	// The time from a failure to the next attempt, which doubles with each failure.
	firstRetry = time.Minute
	lastRetry  = 4 * time.Hour
	// maxReason is the length of the reason of a failure that is stored.
	maxReason = 1000
)

// getDue asks the directory for the certificates that are due. One server at a time runs it.
func (m *Manager) getDue(ctx context.Context, job func(ctx context.Context, name string) context.Context) error {
	if err := m.Load(ctx); err != nil { // another server may have asked since
		return err
	}
	if err := m.saveIssued(ctx, job); err != nil {
		return err
	}
	round, stop := context.WithTimeout(ctx, roundLimit)
	defer stop()
	for _, name := range m.due() {
		if round.Err() != nil || m.isPaused() {
			return nil
		}
		if !m.mayAsk(name) {
			continue
		}
		if err := m.get(ctx, job, name); err != nil {
			return err
		}
	}
	return nil
}

// isPaused reports whether the directory did not answer a short time ago.
func (m *Manager) isPaused() bool { return m.Now().Before(m.paused) }

// mayAsk reports whether the directory may be asked for a name now, and counts it.
func (m *Manager) mayAsk(name string) bool {
	if slices.Contains(m.Names, name) || m.current().own[name].Version != 0 {
		return true
	}
	now := m.Now()
	m.first = slices.DeleteFunc(m.first, func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	if len(m.first) >= maxFirst {
		return false
	}
	m.first = append(m.first, now)
	return true
}

// get asks the directory for the certificate of a name, and saves the certificate or the failure. Errors: of the database.
func (m *Manager) get(ctx context.Context, job func(ctx context.Context, name string) context.Context, name string) error {
	limited, stop := context.WithTimeout(ctx, orderLimit)
	text, leaf, err := m.order(limited, name)
	stop()
	switch {
	case err == nil:
		if m.issued == nil {
			m.issued = make(map[string]issued)
		}
		m.issued[name] = issued{text: text, leaf: leaf, replaces: m.current().own[name].Version}
		return m.saveIssued(ctx, job)
	case ctx.Err() != nil: // the server stops
		return ctx.Err()
	default:
		return m.failed(ctx, name, err)
	}
}

// issued is a certificate that is not saved yet. The directory limits how many certificates a name gets in a week, so a certificate that
// cannot be saved is saved later, and not ordered again.
type issued struct {
	text     []byte // the private key and the chain
	leaf     *x509.Certificate
	replaces int64 // the version of the previous one
}

// saveIssued saves the certificates that are not saved yet, unless they are no longer needed.
func (m *Manager) saveIssued(ctx context.Context, job func(ctx context.Context, name string) context.Context) error {
	for name, c := range m.issued {
		if u := m.current(); !u.names[name] || u.own[name].Version != c.replaces || !m.Now().Before(c.leaf.NotAfter) {
			delete(m.issued, name)
			continue
		}
		saved := &store.Certificate{Directory: m.Directory, Name: name, NotBefore: c.leaf.NotBefore, NotAfter: c.leaf.NotAfter}
		recorded := job(ctx, "CognateCertificateIssued")
		if err := m.Store.Write(recorded, func(tx *store.Tx) error { return tx.SaveCertificate(recorded, saved, c.text) }); err != nil {
			return fmt.Errorf("the certificate of %s is not saved yet: %w", name, err)
		}
		delete(m.issued, name)
		m.Log.InfoContext(ctx, "certificate issued", "name", name, "expires", c.leaf.NotAfter, "issuer", c.leaf.Issuer.String())
		if err := m.Load(ctx); err != nil {
			return err
		}
	}
	return nil
}

// failed saves a failure. If the directory did not answer, it will not answer for other names either, so there is a pause.
func (m *Manager) failed(ctx context.Context, name string, reason error) error {
	c := m.current().own[name]
	retry := m.Now().Add(wait(c.Failures + 1))
	if limit, ok := limitOf(reason); ok && m.Now().Add(limit).After(retry) {
		retry = m.Now().Add(limit)
	}
	m.Log.ErrorContext(ctx, "no new certificate; a previous one stays in use", "name", name, "directory", m.Directory, "previous_expires", c.NotAfter, "retry", retry, "error", reason)
	m.client = nil // the directory may no longer know the account
	if !isAnswer(reason) {
		m.paused = retry
	}
	text := reason.Error()
	text = strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), maxReason)], "\x00", ""), "")
	err := m.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.SaveCertificateFailure(ctx, name, m.Directory, text, retry)
	})
	if err != nil { // without the pause, the directory would be asked again in a few seconds
		m.paused = retry
		return err
	}
	return m.Load(ctx)
}

// wait returns the time from the nth failure to the next attempt.
func wait(n int) time.Duration {
	d := firstRetry
	for i := 1; i < n && d < lastRetry; i++ {
		d *= 2
	}
	return min(d, lastRetry)
}

// isAnswer reports whether an error is a decision of the directory about a name.
func isAnswer(err error) bool {
	refused, isError := errors.AsType[*acme.Error](err)
	return isError && refused.StatusCode < http.StatusInternalServerError || isRefusal(err)
}

// isRefusal reports whether the directory has checked a challenge and refused the name, or does not finish the check.
func isRefusal(err error) bool {
	_, authorization := errors.AsType[*acme.AuthorizationError](err)
	_, order := errors.AsType[*acme.OrderError](err)
	return authorization || order || errors.Is(err, errNoChallenge) || errors.Is(err, errPending)
}

// limitOf returns how long the directory wants no further order.
func limitOf(err error) (time.Duration, bool) {
	if refused, ok := errors.AsType[*acme.Error](err); ok {
		return acme.RateLimit(refused)
	}
	return 0, false
}

var (
	errNoChallenge = errors.New("the directory offers no challenge that the server can answer")
	// errPending blames the name: a directory can leave a challenge pending if it cannot connect to the name.
	errPending = errors.New("the directory does not finish the check of the name; perhaps it cannot connect")
)

// order asks the directory for a certificate. It returns the private key and the chain as PEM, and the certificate.
func (m *Manager) order(ctx context.Context, name string) ([]byte, *x509.Certificate, error) {
	client, err := m.account(ctx)
	if err != nil {
		return nil, nil, err
	}
	types := []string{tlsALPN01}
	if m.HTTP {
		types = append(types, http01)
	}
	var refused error
	for _, t := range types {
		order, err := m.authorize(ctx, client, name, t)
		if err == nil {
			return m.finalize(ctx, client, order, name)
		}
		refused = errors.Join(refused, fmt.Errorf("%s: %w", t, err))
		if !isRefusal(err) {
			break
		}
	}
	return nil, nil, refused
}

// authorize starts an order, and proves by challenges of one type that the server has the name.
func (m *Manager) authorize(ctx context.Context, client *acme.Client, name, challengeType string) (*acme.Order, error) {
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(name))
	if err != nil {
		return nil, err
	}
	for _, at := range order.AuthzURLs {
		if err := m.prove(ctx, client, at, name, challengeType); err != nil {
			return nil, err
		}
	}
	return client.WaitOrder(ctx, order.URI)
}

// prove proves that the server has a name, for the authorization at a URL.
func (m *Manager) prove(ctx context.Context, client *acme.Client, at, name, challengeType string) (err error) {
	authorization, err := client.GetAuthorization(ctx, at)
	if err != nil || authorization.Status == acme.StatusValid {
		return err
	}
	offered := slices.IndexFunc(authorization.Challenges, func(c *acme.Challenge) bool { return c.Type == challengeType })
	if offered < 0 {
		return errNoChallenge
	}
	challenge := store.ACMEChallenge{
		Directory: m.Directory, Name: name, Type: challengeType, Token: authorization.Challenges[offered].Token,
	}
	defer func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
		defer stop()
		deleted := m.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteACMEChallenge(ctx, challenge) })
		if err != nil && (!isRefusal(err) || errors.Is(err, errPending)) { // a pending authorization counts against the limits of the account
			_ = client.RevokeAuthorization(ctx, at)
		}
		err = errors.Join(err, deleted)
	}()
	err = m.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.CreateACMEChallenge(ctx, challenge, m.Now().Add(challengeLifetime))
	})
	if err != nil {
		return err
	}
	if _, err := client.Accept(ctx, authorization.Challenges[offered]); err != nil {
		return err
	}
	checking, stop := context.WithTimeout(ctx, cmp.Or(m.CheckLimit, checkLimit))
	defer stop()
	_, err = client.WaitAuthorization(checking, at)
	if err != nil && errors.Is(checking.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", errPending, err)
	}
	return err
}

// finalize makes a private key, and gets its certificate.
func (m *Manager) finalize(ctx context.Context, client *acme.Client, order *acme.Order, name string) ([]byte, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, key)
	if err != nil {
		return nil, nil, err
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	text := bytes.NewBuffer(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, certificate := range chain {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	}
	parsed, err := tls.X509KeyPair(text.Bytes(), text.Bytes()) // also compares the keys
	if err != nil {
		return nil, nil, fmt.Errorf("the certificate of the directory: %w", err)
	}
	if err := parsed.Leaf.VerifyHostname(name); err != nil {
		return nil, nil, fmt.Errorf("the certificate of the directory: %w", err)
	}
	if !m.Now().Before(parsed.Leaf.NotAfter) {
		return nil, nil, fmt.Errorf("the certificate of the directory expired at %v", parsed.Leaf.NotAfter)
	}
	return text.Bytes(), parsed.Leaf, nil
}

// account returns a client with the account at the directory. It registers the account if there is none.
func (m *Manager) account(ctx context.Context) (*acme.Client, error) {
	if m.client != nil {
		return m.client, nil
	}
	if err := m.createKey(ctx); err != nil {
		return nil, err
	}
	client, err := m.signer(ctx, m.Directory)
	if err != nil {
		return nil, err
	}
	account := new(acme.Account)
	if m.Email != "" {
		account.Contact = []string{"mailto:" + m.Email}
	}
	_, err = client.Register(ctx, account, acme.AcceptTOS)
	if errors.Is(err, acme.ErrAccountAlreadyExists) {
		err = nil
		if m.Email != "" {
			_, err = client.UpdateReg(ctx, account)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("register at the directory: %w", err)
	}
	m.client = client
	return client, nil
}

// createKey saves a key for the account, unless there is one.
func (m *Manager) createKey(ctx context.Context) error {
	if _, err := m.Store.ACMEAccount(ctx, m.Directory); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return m.Store.Write(ctx, func(tx *store.Tx) error { return tx.CreateACMEAccount(ctx, m.Directory, der, m.Now()) })
}

// signer returns a client with the key of the account at a directory.
func (m *Manager) signer(ctx context.Context, directory string) (*acme.Client, error) {
	der, err := m.Store.ACMEAccount(ctx, directory)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key of the ACME account cannot sign")
	}
	return &acme.Client{Key: signer, DirectoryURL: directory, HTTPClient: m.Client, UserAgent: "cognate", RetryBackoff: backoff}, nil
}

// A request is repeated if the directory fails or wants another nonce: soon, because the order is repeated later too.
const (
	maxRetries = 3
	retryPause = 300 * time.Millisecond // then twice and three times as long
)

// backoff returns the time until a request is repeated; 0 for never.
func backoff(n int, _ *http.Request, resp *http.Response) time.Duration {
	if n > maxRetries || resp.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	return time.Duration(n) * retryPause
}
