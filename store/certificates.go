package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

// Certificate is the certificate of a host name from a directory (ACME), and what happened since.
type Certificate struct {
	Directory, Name     string
	Version             int64     // changes with each new certificate; 0 before the first one
	NotBefore, NotAfter time.Time // zero before the first one
	// Failures is the number of failures since the last success. No server tries again before RetryAt. Reason is that of the last
	// failure.
	Failures int
	RetryAt  time.Time
	Reason   string
}

// ACMEChallenge is an answer to a directory that checks who controls a name.
type ACMEChallenge struct {
	Directory, Name, Token, Type string
}

// DomainNames returns the names of the domains of all pools, by their kinds.
func (s *Store) DomainNames(ctx context.Context) (map[cognate.DomainKind][]string, error) {
	rows, err := s.reader.ListDomainNames(ctx)
	if err != nil {
		return nil, fmt.Errorf("list names of domains: %w", err)
	}
	names := make(map[cognate.DomainKind][]string)
	for _, row := range rows {
		names[cognate.DomainKind(row.Kind)] = append(names[cognate.DomainKind(row.Kind)], row.Name)
	}
	return names, nil
}

// ACMEAccount returns the private key of the account at a directory. Errors: ErrNotFound.
func (s *Store) ACMEAccount(ctx context.Context, directory string) ([]byte, error) {
	sealed, err := s.reader.GetACMEAccount(ctx, directory)
	if err != nil {
		return nil, found("get ACME account", err)
	}
	return s.unseal(sealed, aadOf("acme_accounts", directory, "sealed"))
}

// CreateACMEAccount saves the private key of the account at a directory, unless the directory has one.
func (t *Tx) CreateACMEAccount(ctx context.Context, directory string, key []byte, now time.Time) error {
	sealed, err := t.s.seal(key, aadOf("acme_accounts", directory, "sealed"))
	if err != nil {
		return err
	}
	err = t.q.CreateACMEAccount(ctx, gen.CreateACMEAccountParams{Directory: directory, Sealed: sealed, CreatedAt: millis(now)})
	return wrapped("create ACME account", err)
}

// Certificates returns what is known about all certificates, without their content.
func (s *Store) Certificates(ctx context.Context) ([]Certificate, error) {
	rows, err := s.reader.ListCertificates(ctx)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	certificates := make([]Certificate, 0, len(rows))
	for _, row := range rows {
		certificates = append(certificates, Certificate{
			Directory: row.Directory, Name: row.Name, Version: row.Version, NotBefore: fromMillis(row.NotBefore),
			NotAfter: fromMillis(row.NotAfter), Failures: int(row.Failures), RetryAt: fromMillis(row.RetryAt), Reason: row.Reason,
		})
	}
	return certificates, nil
}

// CertificatePEM returns the private key and the chain of a certificate, and its version. Errors: ErrNotFound, also before the first
// certificate.
func (s *Store) CertificatePEM(ctx context.Context, name, directory string) (pem []byte, version int64, err error) {
	row, err := s.reader.GetCertificate(ctx, gen.GetCertificateParams{Name: name, Directory: directory})
	if err == nil && row.Version == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, 0, found("get certificate", err)
	}
	pem, err = s.unseal(row.Sealed, certificateAAD(name, directory))
	return pem, row.Version, err
}

// SaveCertificate saves a new certificate, which replaces the previous one and ends the failures. The store chooses the version.
func (t *Tx) SaveCertificate(ctx context.Context, c *Certificate, pem []byte) error {
	sealed, err := t.s.seal(pem, certificateAAD(c.Name, c.Directory))
	if err != nil {
		return err
	}
	err = t.q.SaveCertificate(ctx, gen.SaveCertificateParams{
		Directory: c.Directory, Name: c.Name, Sealed: sealed, Version: newVersion(), NotBefore: millis(c.NotBefore), NotAfter: millis(c.NotAfter),
	})
	return wrapped("save certificate", err)
}

// SaveCertificateFailure counts a failure. The previous certificate stays.
func (t *Tx) SaveCertificateFailure(ctx context.Context, name, directory, reason string, retry time.Time) error {
	err := t.q.SaveCertificateFailure(ctx, gen.SaveCertificateFailureParams{
		Directory: directory, Name: name, Empty: []byte{}, RetryAt: millis(retry), Reason: reason,
	})
	return wrapped("save failure of certificate", err)
}

// ACMEChallenges returns the challenges that have not expired.
func (s *Store) ACMEChallenges(ctx context.Context, now time.Time) ([]ACMEChallenge, error) {
	rows, err := s.reader.ListACMEChallenges(ctx, millis(now))
	if err != nil {
		return nil, fmt.Errorf("list ACME challenges: %w", err)
	}
	challenges := make([]ACMEChallenge, 0, len(rows))
	for _, row := range rows {
		challenges = append(challenges, ACMEChallenge{Directory: row.Directory, Name: row.Name, Token: row.Token, Type: row.Type})
	}
	return challenges, nil
}

// CreateACMEChallenge saves a challenge until expires.
func (t *Tx) CreateACMEChallenge(ctx context.Context, c ACMEChallenge, expires time.Time) error {
	err := t.q.CreateACMEChallenge(ctx, gen.CreateACMEChallengeParams{
		Name: c.Name, Token: c.Token, Directory: c.Directory, Type: c.Type, ExpiresAt: millis(expires),
	})
	return wrapped("create ACME challenge", err)
}

// DeleteACMEChallenge deletes a challenge, if it exists.
func (t *Tx) DeleteACMEChallenge(ctx context.Context, c ACMEChallenge) error {
	err := t.q.DeleteACMEChallenge(ctx, gen.DeleteACMEChallengeParams{Name: c.Name, Token: c.Token})
	return wrapped("delete ACME challenge", err)
}

func certificateAAD(name, directory string) string {
	return aadOf("certificates", name, directory, "sealed")
}
