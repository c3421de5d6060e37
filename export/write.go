package export

import (
	"bufio"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/authn/totp"
	"cognate/store"
)

// Source says what to export.
type Source struct {
	Store  *store.Store
	PoolID string
	// Secrets includes the secrets: passwords, software tokens, devices, client secrets, signing keys, and the details of identity
	// providers. The zero value leaves them out.
	Secrets bool
	Program string // the version of the program
	Now     func() time.Time
}

// ErrNoPool means that the pool does not exist.
var ErrNoPool = errors.New("the user pool does not exist")

// usersAtOnce is how many users are read or written at the same time.
const usersAtOnce = 500

// Write writes a pool as it is at one moment. It needs the same memory for any number of users. It returns the number of lines of
// each type. Errors: ErrNoPool, those of the writer.
func (s *Source) Write(ctx context.Context, to io.Writer) (map[string]int, error) {
	w := &writer{Source: s, out: bufio.NewWriterSize(to, 1<<16), counts: make(map[string]int)}
	err := s.Store.ReadMoment(ctx, func(tx *store.Tx) error {
		p, err := tx.UserPool(ctx, s.PoolID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoPool
		}
		if err != nil {
			return err
		}
		for _, step := range []func(context.Context, *store.Tx, *cognate.UserPool) error{
			w.pool, w.keys, w.servers, w.providers, w.clients, w.groups, w.appearance, w.users, w.end,
		} {
			if err := step(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.counts, w.out.Flush()
}

type writer struct {
	*Source
	out       *bufio.Writer
	counts    map[string]int
	groupName map[string]string // by key
}

func (w *writer) start(kind string) start { return start{Type: kind, Pool: w.PoolID} }

// line writes one line of a type.
func (w *writer) line(kind string, content any) error {
	text, err := json.Marshal(content, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write a line of the type %s: %w", kind, err)
	}
	w.counts[kind]++
	if _, err := w.out.Write(text); err != nil {
		return err
	}
	return w.out.WriteByte('\n')
}

func (w *writer) pool(_ context.Context, _ *store.Tx, p *cognate.UserPool) error {
	err := w.line(typeHeader, header{
		start: w.start(typeHeader), Format: Format, Program: w.Program, ExportedAt: w.Now().UTC(), HasSecrets: w.Secrets,
	})
	if err != nil {
		return err
	}
	delete(w.counts, typeHeader)
	settings, err := store.PoolSettings(p)
	if err != nil {
		return err
	}
	return w.line(typePool, pool{
		start: w.start(typePool), Account: p.AccountID, Name: p.Name, Settings: settings, times: times{p.CreatedAt, p.ModifiedAt},
	})
}

// keys writes the keys that sign tokens and SAML requests.
func (w *writer) keys(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	if !w.Secrets {
		return nil
	}
	keys, err := tx.SigningKeys(ctx, p)
	if err != nil {
		return err
	}
	for _, k := range keys {
		der, err := privateKey(k.Key)
		if err != nil {
			return err
		}
		err = w.line(typeSigningKey, signingKey{
			start: w.start(typeSigningKey), ID: k.ID, Use: k.Use, Key: der, CreatedAt: k.CreatedAt, SignsFrom: k.SignsFrom,
		})
		if err != nil {
			return err
		}
	}
	saml, err := tx.SAMLKeys(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, k := range saml {
		der, err := privateKey(k.Key)
		if err != nil {
			return err
		}
		err = w.line(typeSAMLKey, samlKey{start: w.start(typeSAMLKey), ID: k.ID, Key: der, Certificate: k.Certificate, CreatedAt: k.CreatedAt})
		if err != nil {
			return err
		}
	}
	return nil
}

func privateKey(k *rsa.PrivateKey) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k) }

func (w *writer) servers(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	servers, err := tx.ResourceServers(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, r := range servers {
		l := resourceServer{
			start: w.start(typeResourceServer), Identifier: r.Identifier, Name: r.Name, times: times{r.CreatedAt, r.ModifiedAt},
		}
		for _, s := range r.Scopes {
			l.Scopes = append(l.Scopes, scope(s))
		}
		if err := w.line(typeResourceServer, l); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) providers(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	names, err := tx.ProviderNames(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, name := range names {
		i, err := tx.IdentityProvider(ctx, p.ID, name)
		if err != nil {
			return err
		}
		l := identityProvider{
			start: w.start(typeIdentityProvider), Name: i.Name, ProviderType: i.Type, AttributeMapping: i.AttributeMapping,
			Identifiers: i.Identifiers, AcrMapping: i.AcrMapping, Metadata: i.SAML.Document, EntityID: i.SAML.EntityID,
			SSORedirect: i.SAML.SSORedirect, SLORedirect: i.SAML.SLORedirect, RefreshAt: i.RefreshAt, times: times{i.CreatedAt, i.ModifiedAt},
		}
		if w.Secrets {
			l.Details = i.Details
		}
		if err := w.line(typeIdentityProvider, l); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) clients(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	clients, err := tx.AppClients(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, c := range clients {
		settings, err := store.ClientSettings(c)
		if err != nil {
			return err
		}
		l := client{
			start: w.start(typeClient), ID: c.ID, Name: c.Name, HasSecret: c.HasSecret(), Settings: settings,
			times: times{c.CreatedAt, c.ModifiedAt},
		}
		if w.Secrets {
			for _, s := range c.Secrets {
				l.Secrets = append(l.Secrets, secret{s.Value, s.Created, s.Private})
			}
		}
		if err := w.line(typeClient, l); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) groups(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	groups, err := tx.AllGroups(ctx, p.ID)
	if err != nil {
		return err
	}
	w.groupName = make(map[string]string)
	for _, g := range groups {
		w.groupName[g.Key()] = g.Name
		err := w.line(typeGroup, group{
			start: w.start(typeGroup), Name: g.Name, Description: g.Description, RoleARN: g.RoleARN, Precedence: g.Precedence,
			times: times{g.CreatedAt, g.ModifiedAt},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// appearance writes what administrators have changed about the login pages.
func (w *writer) appearance(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	a, err := tx.Appearance(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, id := range a.ImageIDs {
		i, err := tx.Image(ctx, p.ID, id)
		if err != nil {
			return err
		}
		err = w.line(typeImage, image{
			start: w.start(typeImage), ID: i.ID, Client: i.ClientID, MediaType: i.MediaType, Content: i.Content, CreatedAt: i.CreatedAt,
		})
		if err != nil {
			return err
		}
	}
	for _, c := range a.Customizations {
		err := w.line(typeUICustomization, uiCustomization{
			start: w.start(typeUICustomization), Client: c.ClientID, CSS: c.CSS, Image: c.ImageID, times: times{c.CreatedAt, c.ModifiedAt},
		})
		if err != nil {
			return err
		}
	}
	for _, s := range a.Styles {
		l := loginStyle{
			start: w.start(typeLoginStyle), ID: s.ID, Client: s.ClientID, UseProvidedValues: s.UseProvidedValues,
			Settings: string(s.Settings), times: times{s.CreatedAt, s.ModifiedAt},
		}
		for _, asset := range s.Assets {
			l.Assets = append(l.Assets, loginAsset{asset.Category, asset.ColorMode, asset.Extension, asset.ResourceID, asset.ImageID})
		}
		if err := w.line(typeLoginStyle, l); err != nil {
			return err
		}
	}
	for _, t := range a.Terms {
		err := w.line(typeTerms, terms{
			start: w.start(typeTerms), ID: t.ID, Client: t.ClientID, Name: t.Name, Source: t.Source, Enforcement: t.Enforcement, Links: t.Links,
			times: times{t.CreatedAt, t.ModifiedAt},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) users(ctx context.Context, tx *store.Tx, p *cognate.UserPool) error {
	for after := ""; ; {
		page, err := tx.WholeUsers(ctx, p.ID, after, usersAtOnce)
		if err != nil {
			return err
		}
		for i := range page {
			after = page[i].Sub
			if err := w.line(typeUser, w.user(&page[i])); err != nil {
				return err
			}
		}
		if len(page) < usersAtOnce {
			return nil
		}
	}
}

func (w *writer) user(u *store.WholeUser) user {
	l := user{
		start: w.start(typeUser), Sub: u.Sub, Username: u.Username, Status: u.Status, Enabled: u.Enabled, Attributes: u.Attributes,
		NoPassword: u.Password.Disabled, TemporaryUntil: u.TemporaryUntil, times: times{u.Created, u.Modified},
	}
	if w.Secrets {
		w.secrets(&l, u)
	}
	preference := u.MFA
	if l.SoftwareToken == nil { // it cannot be proven
		preference.Enabled = slices.Clone(preference.Enabled)
		preference.Set(cognate.FactorSoftwareToken, false, false)
	}
	if len(preference.Enabled) > 0 || preference.Passkey {
		l.MFA = &mfa{preference.Enabled, preference.Preferred, preference.Passkey, preference.SMSBySettings}
	}
	for _, c := range u.Passkeys {
		l.Passkeys = append(l.Passkeys, passkey{
			ID: string(c.ID), PublicKey: c.Key.Public, BackupEligible: c.Key.BackupEligible, SignCount: c.SignCount,
			RelyingPartyID: c.RelyingPartyID, Name: c.Name, Attachment: c.Attachment, Transports: c.Transports, CreatedAt: c.Created,
		})
	}
	for _, m := range u.Groups {
		l.Groups = append(l.Groups, membership{w.groupName[m.GroupKey], m.Added})
	}
	for _, i := range u.Identities {
		l.Identities = append(l.Identities, identity(i))
	}
	return l
}

// secrets adds the secrets of a user. A software token that is not verified yet is left out.
func (w *writer) secrets(l *user, u *store.WholeUser) {
	if u.Password.IsSet() {
		l.Password = fromPassword(u.Password)
	}
	for _, earlier := range u.Password.Earlier {
		l.Earlier = append(l.Earlier, *fromPassword(earlier))
	}
	if t := u.Tokens.Active; t != nil {
		l.SoftwareToken = &softwareToken{t.ID, totp.Encode(t.Secret), t.FriendlyName}
	}
	for _, d := range u.Devices {
		l.Devices = append(l.Devices, device{
			Key: d.Key, GroupKey: d.GroupKey, Name: d.Name, Salt: d.Verifier.Salt, Verifier: d.Verifier.V, Remembered: d.Remembered,
			Trusted: d.Trusted, LastIP: d.LastIP, AuthenticatedAt: d.Authenticated, times: times{d.Created, d.Modified},
		})
	}
}

func fromPassword(p cognate.Password) *password {
	return &password{Salt: p.Salt, Verifier: p.Verifier, Hash: p.Argon2id, Imported: p.Imported}
}

func (w *writer) end(context.Context, *store.Tx, *cognate.UserPool) error {
	text := end{start: w.start(typeEnd), Counts: w.counts}
	err := w.line(typeEnd, text)
	delete(w.counts, typeEnd)
	return err
}
