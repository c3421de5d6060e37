package export

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/internal/lazyregexp"
	"cognate/store"
)

// parser turns lines into nouns, in the order of a file.
type parser struct {
	target *Target
	report Report

	position int // in order
	header   header
	poolID   string            // in the file
	pool     *cognate.UserPool // with the ID that it gets
	original *cognate.UserPool // with the ID in the file
	keys     []cognate.SigningKey
	clients  map[string]*cognate.AppClient // by their IDs in the file
	groups   map[string]bool               // by key
	images   map[string]bool               // by ID
	scopes   cognate.CustomScopes
	provider []string
	seen     map[string]bool
	// writes are the steps of the last transaction after the pool was added.
	writes  []func(context.Context, *store.Tx) error
	isWhole bool
}

func newParser(t *Target) *parser {
	return &parser{
		target: t, clients: make(map[string]*cognate.AppClient), groups: make(map[string]bool), scopes: make(cognate.CustomScopes),
		images: make(map[string]bool), seen: make(map[string]bool), report: Report{Counts: make(map[string]int)},
	}
}

// order has the types of lines in the order of a file.
var order = []string{
	typeHeader, typePool, typeSigningKey, typeSAMLKey, typeResourceServer, typeIdentityProvider, typeClient, typeGroup, typeImage,
	typeUICustomization, typeLoginStyle, typeTerms, typeUser, typeEnd,
}

// isUseless reports whether the lines that follow cannot be checked: the header or the pool is bad.
func (p *parser) isUseless() bool { return p.pool == nil }

// take reads a line. It returns a *store.WholeUser, a *cognate.Image or nil.
func (p *parser) take(text []byte) (any, error) {
	var first start
	if err := describe(json.Unmarshal(text, &first)); err != nil {
		return nil, err
	}
	position := slices.Index(order, first.Type)
	switch {
	case position < 0:
		return nil, fmt.Errorf("the type %.40q is unknown", first.Type)
	case p.isWhole:
		return nil, errors.New("there is a line after the end")
	case p.poolID == "" && position != 0, p.pool == nil && position > 1:
		return nil, errors.New("the first line must be the header, and the second one the pool")
	case position < p.position, position == 0 && p.poolID != "", position == 1 && p.pool != nil:
		return nil, fmt.Errorf("a line of the type %s cannot be here; the order is %s", first.Type, strings.Join(order, ", "))
	case p.poolID != "" && first.Pool != p.poolID:
		return nil, fmt.Errorf("the line belongs to the user pool %.60q, and the file to %s", first.Pool, p.poolID)
	}
	p.position = position
	if first.Type != typeHeader && first.Type != typeEnd {
		p.report.Counts[first.Type]++
	}
	return p.takeType(first.Type, text)
}

func (p *parser) takeType(kind string, text []byte) (any, error) {
	switch kind {
	case typeHeader:
		return nil, p.takeHeader(text)
	case typePool:
		return nil, p.takePool(text)
	case typeSigningKey:
		return nil, p.takeSigningKey(text)
	case typeSAMLKey:
		return nil, p.takeSAMLKey(text)
	case typeResourceServer:
		return nil, p.takeResourceServer(text)
	case typeIdentityProvider:
		return nil, p.takeProvider(text)
	case typeClient:
		return nil, p.takeClient(text)
	case typeGroup:
		return nil, p.takeGroup(text)
	case typeImage:
		return p.takeImage(text)
	case typeUICustomization:
		return nil, p.takeUICustomization(text)
	case typeLoginStyle:
		return nil, p.takeLoginStyle(text)
	case typeTerms:
		return nil, p.takeTerms(text)
	case typeUser:
		return p.takeUser(text)
	case typeEnd:
		return nil, p.takeEnd(text)
	default:
		return nil, fmt.Errorf("the type %s is unknown", kind)
	}
}

// once returns an error for the second line with the same key.
func (p *parser) once(kind, key string) error {
	name := kind + "\x00" + key
	if p.seen[name] {
		return fmt.Errorf("the file has %s %.100q twice", kind, key)
	}
	p.seen[name] = true
	return nil
}

// add adds a step to the last transaction.
func (p *parser) add(write func(ctx context.Context, tx *store.Tx) error) {
	p.writes = append(p.writes, write)
}

// check requires that a line was created at a time that a database can store.
func (t times) check() error { return checkTimes(t.CreatedAt, t.ModifiedAt) }

func checkTimes(required ...time.Time) error {
	for _, at := range required {
		if at.Year() < 1971 || at.Year() > 9999 {
			return errors.New("a time is missing or not between 1971 and 9999")
		}
	}
	return nil
}

func (p *parser) takeHeader(text []byte) error {
	var h header
	if err := read(text, &h); err != nil {
		return err
	}
	if h.Format != Format {
		return fmt.Errorf("the format is %.60q; this version reads %s", h.Format, Format)
	}
	p.header, p.poolID = h, h.Pool
	return nil
}

// poolIDForm is the form of the ID of a pool. Source: API reference, UserPoolIdType.
var (
	poolIDForm  = lazyregexp.New(`^[\w-]{1,45}_[0-9a-zA-Z]{1,64}$`)
	accountForm = lazyregexp.New(`^[0-9]{12}$`)
)

func (p *parser) takePool(text []byte) error {
	var l pool
	if err := read(text, &l); err != nil {
		return err
	}
	account := l.Account
	if p.target.Account != "" {
		account = p.target.Account
	}
	switch {
	case !poolIDForm.MatchString(l.Pool):
		return fmt.Errorf("%.60q is not the ID of a user pool", l.Pool)
	case !accountForm.MatchString(account):
		return fmt.Errorf("account %.20q is not 12 digits", account)
	}
	if err := errors.Join(l.check(), validate("CreateUserPool", &api.CreateUserPoolInput{PoolName: l.Name})); err != nil {
		return err
	}
	original := &cognate.UserPool{ID: l.Pool, AccountID: account, Name: l.Name, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt}
	if err := store.SetPoolSettings(original, l.Settings); err != nil {
		return describeSettings(err)
	}
	original.Replica = nil // belongs to the regions of the other server
	if err := original.Check(); err != nil {
		return reason(err)
	}
	moved := *original
	if p.target.NewIDs {
		moved.ID = cognate.NewPoolID(original.Region())
	}
	p.original, p.pool, p.report.PoolID, p.report.AccountID = original, &moved, moved.ID, account
	return nil
}

func describeSettings(err error) error { return fmt.Errorf("settings: %w", describe(err)) }

// The sizes of RSA keys.
const (
	minKeyBits = 2048
	maxKeyBits = 4096
)

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || key.N.BitLen() < minKeyBits || key.N.BitLen() > maxKeyBits || key.Validate() != nil {
		return nil, fmt.Errorf("the key is not an RSA key of %d to %d bits in the form PKCS #8", minKeyBits, maxKeyBits)
	}
	return key, nil
}

// takeSigningKey keeps the key, unless the pool gets a new ID: then it gets its own keys, because two pools must not share one.
func (p *parser) takeSigningKey(text []byte) error {
	var l signingKey
	if err := read(text, &l); err != nil {
		return err
	}
	key, err := parseKey(l.Key)
	if err := errors.Join(err, checkTimes(l.CreatedAt, l.SignsFrom), p.once(typeSigningKey, l.ID)); err != nil {
		return err
	}
	if l.ID == "" || len(l.ID) > 100 || l.Use != cognate.TokenUseID && l.Use != cognate.TokenUseAccess {
		return errors.New("the id is missing or too long, or the use is neither id nor access")
	}
	if !p.target.NewIDs {
		p.keys = append(p.keys, cognate.SigningKey{ID: l.ID, Use: l.Use, Key: key, CreatedAt: l.CreatedAt, SignsFrom: l.SignsFrom})
	}
	return nil
}

func (p *parser) takeSAMLKey(text []byte) error {
	var l samlKey
	if err := read(text, &l); err != nil {
		return err
	}
	key, err := parseKey(l.Key)
	if err := errors.Join(err, checkTimes(l.CreatedAt), p.once(typeSAMLKey, l.ID)); err != nil {
		return err
	}
	certificate, err := x509.ParseCertificate(l.Certificate)
	if err != nil || l.ID == "" || len(l.ID) > 100 || !key.PublicKey.Equal(certificate.PublicKey) {
		return errors.New("the certificate is not one of the key, or the id is missing")
	}
	if !p.target.NewIDs {
		p.add(func(ctx context.Context, tx *store.Tx) error {
			return tx.CreateSAMLKey(ctx, p.pool.ID, &cognate.SAMLKey{ID: l.ID, Key: key, Certificate: l.Certificate, CreatedAt: l.CreatedAt})
		})
	}
	return nil
}

func (p *parser) takeResourceServer(text []byte) error {
	var l resourceServer
	if err := read(text, &l); err != nil {
		return err
	}
	r := &cognate.ResourceServer{PoolID: p.pool.ID, Identifier: l.Identifier, Name: l.Name, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt}
	in := &api.CreateResourceServerInput{UserPoolId: p.pool.ID, Identifier: l.Identifier, Name: l.Name}
	for _, s := range l.Scopes {
		r.Scopes = append(r.Scopes, cognate.Scope(s))
		in.Scopes = append(in.Scopes, api.ResourceServerScopeType{ScopeName: s.Name, ScopeDescription: s.Description})
	}
	err := errors.Join(l.check(), validate("CreateResourceServer", in), reason(r.Check()), p.once(typeResourceServer, l.Identifier))
	if err != nil {
		return err
	}
	p.scopes.Add(r)
	p.add(func(ctx context.Context, tx *store.Tx) error { return tx.CreateResourceServer(ctx, r) })
	return nil
}

func (p *parser) takeProvider(text []byte) error {
	var l identityProvider
	if err := read(text, &l); err != nil {
		return err
	}
	i := &cognate.IdentityProvider{
		PoolID: p.pool.ID, Name: l.Name, Type: l.ProviderType, Details: l.Details, AttributeMapping: l.AttributeMapping,
		Identifiers: l.Identifiers, AcrMapping: l.AcrMapping,
		SAML:      cognate.SAMLMetadata{Document: l.Metadata, EntityID: l.EntityID, SSORedirect: l.SSORedirect, SLORedirect: l.SLORedirect},
		RefreshAt: l.RefreshAt, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
	}
	details := l.Details
	if len(details) == 0 {
		details = map[string]string{}
	}
	err := errors.Join(l.check(), p.once(typeIdentityProvider, i.Key()), validate("CreateIdentityProvider", &api.CreateIdentityProviderInput{
		UserPoolId: p.pool.ID, ProviderName: l.Name, ProviderType: l.ProviderType, ProviderDetails: details,
		AttributeMapping: l.AttributeMapping, IdpIdentifiers: l.Identifiers, AcrMapping: l.AcrMapping,
	}))
	for _, identifier := range l.Identifiers {
		err = errors.Join(err, p.once("the identifier of a provider", identifier))
	}
	if err != nil {
		return err
	}
	if len(l.Details) == 0 {
		p.report.NoDetails = append(p.report.NoDetails, l.Name)
	}
	p.provider = append(p.provider, l.Name)
	p.add(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.CreateIdentityProvider(ctx, i), tx.SaveProviderIdentifiers(ctx, i))
	})
	return nil
}

func (p *parser) takeClient(text []byte) error {
	var l client
	if err := read(text, &l); err != nil {
		return err
	}
	c := &cognate.AppClient{PoolID: p.pool.ID, ID: l.ID, Name: l.Name, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt}
	if err := store.SetClientSettings(c, l.Settings); err != nil {
		return describeSettings(err)
	}
	err := errors.Join(l.check(), p.once(typeClient, l.ID),
		validate("CreateUserPoolClient", &api.CreateUserPoolClientInput{UserPoolId: p.pool.ID, ClientName: l.Name}),
		validate("DescribeUserPoolClient", &api.DescribeUserPoolClientInput{UserPoolId: p.pool.ID, ClientId: l.ID}),
		reason(c.Check(p.pool, p.scopes, p.provider)))
	if err != nil {
		return err
	}
	if p.target.NewIDs {
		c.ID = cognate.NewClientID()
		if p.report.ClientIDs == nil {
			p.report.ClientIDs = make(map[string]string)
		}
		p.report.ClientIDs[l.ID] = c.ID
	}
	if err := p.setSecrets(c, &l); err != nil {
		return err
	}
	p.clients[l.ID] = c
	p.add(func(ctx context.Context, tx *store.Tx) error { return tx.CreateAppClient(ctx, c) })
	return nil
}

// setSecrets sets the secrets of a client. A client whose secrets the file does not have gets a new one.
func (p *parser) setSecrets(c *cognate.AppClient, l *client) error {
	switch {
	case !l.HasSecret && len(l.Secrets) > 0:
		return errors.New("the client has secrets, but hasSecret is false")
	case l.HasSecret && len(l.Secrets) == 0:
		c.Secrets = []cognate.ClientSecret{{Value: cognate.NewClientSecret(), Created: l.CreatedAt}}
		p.report.NewSecrets = append(p.report.NewSecrets, c.ID)
		return nil
	case len(l.Secrets) > cognate.MaxClientSecrets:
		return fmt.Errorf("the client has more than %d secrets", cognate.MaxClientSecrets)
	}
	for n, s := range l.Secrets {
		in := &api.AddUserPoolClientSecretInput{UserPoolId: p.pool.ID, ClientId: l.ID, ClientSecret: s.Value}
		if s.Value == "" || validate("AddUserPoolClientSecret", in) != nil {
			return errors.New("a secret of the client has not the form of a client secret")
		}
		if n > 0 && (s.Value == l.Secrets[0].Value || s.CreatedAt.Equal(l.Secrets[0].CreatedAt)) {
			return errors.New("two secrets of the client are the same, or were created at the same time")
		}
		if err := checkTimes(s.CreatedAt); err != nil {
			return err
		}
		c.Secrets = append(c.Secrets, cognate.ClientSecret{Value: s.Value, Created: s.CreatedAt, Private: s.IsPrivate})
	}
	return nil
}

func (p *parser) takeGroup(text []byte) error {
	var l group
	if err := read(text, &l); err != nil {
		return err
	}
	g := &cognate.Group{
		PoolID: p.pool.ID, Name: l.Name, Description: l.Description, RoleARN: l.RoleARN, Precedence: l.Precedence,
		Ordinal: int64(len(p.groups) + 1), CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
	}
	var description *string
	if l.Description != "" {
		description = &l.Description
	}
	err := errors.Join(l.check(), p.once(typeGroup, g.Key()), validate("CreateGroup", &api.CreateGroupInput{
		UserPoolId: p.pool.ID, GroupName: l.Name, Description: description, RoleArn: l.RoleARN, Precedence: l.Precedence,
	}))
	if err != nil {
		return err
	}
	p.groups[g.Key()] = true
	p.add(func(ctx context.Context, tx *store.Tx) error { return tx.CreateGroup(ctx, g) })
	return nil
}

// clientID returns the ID that a client gets; empty for all clients.
func (p *parser) clientID(inFile string) (string, error) {
	if inFile == cognate.AllClients {
		return inFile, nil
	}
	c := p.clients[inFile]
	if c == nil {
		return "", fmt.Errorf("the file has no client %.60q", inFile)
	}
	return c.ID, nil
}

// imageIDForm is the form of the ID of an image: it becomes a part of an address.
var imageIDForm = lazyregexp.New(`^[0-9a-zA-Z-]{1,50}\.(ico|jpg|jpeg|png|svg|webp)$`)

// extensions are the formats of images by the ends of their IDs.
var extensions = map[string]api.AssetExtensionType{
	"ico": api.AssetExtensionTypeIco, "jpg": api.AssetExtensionTypeJpeg, "jpeg": api.AssetExtensionTypeJpeg,
	"png": api.AssetExtensionTypePng, "svg": api.AssetExtensionTypeSvg, "webp": api.AssetExtensionTypeWebp,
}

// takeImage checks the content of an image as an upload, because browsers of users get it. The media type follows from the content.
func (p *parser) takeImage(text []byte) (*cognate.Image, error) {
	var l image
	if err := read(text, &l); err != nil {
		return nil, err
	}
	clientID, err := p.clientID(l.Client)
	if err := errors.Join(err, checkTimes(l.CreatedAt), p.once(typeImage, l.ID)); err != nil {
		return nil, err
	}
	if !imageIDForm.MatchString(l.ID) {
		return nil, errors.New("the id is not that of an image")
	}
	category := api.AssetCategoryTypeFormBackground // with no rule of its own
	extension := extensions[l.ID[strings.LastIndexByte(l.ID, '.')+1:]]
	if extension == api.AssetExtensionTypeIco {
		category = api.AssetCategoryTypeFaviconIco
	}
	format, content, err := branding.CleanAsset(api.AssetType{Category: category, ColorMode: api.ColorSchemeModeTypeLight, Extension: extension, Bytes: l.Content})
	switch {
	case err != nil:
		return nil, reason(err)
	case !bytes.Equal(content, l.Content):
		return nil, errors.New("the SVG image has elements that are not allowed")
	}
	p.images[l.ID] = true
	return &cognate.Image{PoolID: p.pool.ID, ID: l.ID, ClientID: clientID, MediaType: format.MediaType, Content: content, CreatedAt: l.CreatedAt}, nil
}

func (p *parser) requireImage(id string) error {
	if !p.images[id] {
		return fmt.Errorf("the file has no image %.60q", id)
	}
	return nil
}

func (p *parser) takeUICustomization(text []byte) error {
	var l uiCustomization
	if err := read(text, &l); err != nil {
		return err
	}
	clientID, err := p.clientID(l.Client)
	err = errors.Join(err, l.check(), p.once(typeUICustomization, l.Client))
	if l.Image != "" {
		err = errors.Join(err, p.requireImage(l.Image))
	}
	if _, wrong := branding.CleanCSS(l.CSS); wrong != nil {
		err = errors.Join(err, fmt.Errorf("css: %w", wrong))
	}
	if err != nil {
		return err
	}
	p.add(func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveUICustomization(ctx, &cognate.UICustomization{
			PoolID: p.pool.ID, ClientID: clientID, CSS: l.CSS, ImageID: l.Image, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
		})
	})
	return nil
}

func (p *parser) takeLoginStyle(text []byte) error {
	var l loginStyle
	if err := read(text, &l); err != nil {
		return err
	}
	clientID, err := p.clientID(l.Client)
	if err := errors.Join(err, l.check(), p.once(typeLoginStyle, l.Client), checkUUID(l.ID)); err != nil {
		return err
	}
	s := &cognate.LoginStyle{
		PoolID: p.pool.ID, ID: l.ID, ClientID: clientID, UseProvidedValues: l.UseProvidedValues, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
	}
	if l.Settings != "" {
		s.Settings = []byte(l.Settings)
		if err := branding.CheckSettings(s.Settings); err != nil {
			return reason(err)
		}
	}
	switch {
	case clientID == cognate.AllClients:
		return errors.New("a login style belongs to one client")
	case len(l.Assets) > branding.MaxAssets:
		return fmt.Errorf("a login style has at most %d assets", branding.MaxAssets)
	}
	for _, a := range l.Assets {
		if err := p.requireImage(a.Image); err != nil {
			return err
		}
		s.Assets = append(s.Assets, cognate.LoginAsset{
			Category: a.Category, ColorMode: a.ColorMode, Extension: a.Extension, ResourceID: a.ResourceID, ImageID: a.Image,
		})
	}
	p.add(func(ctx context.Context, tx *store.Tx) error { return tx.CreateLoginStyle(ctx, s) })
	return nil
}

func (p *parser) takeTerms(text []byte) error {
	var l terms
	if err := read(text, &l); err != nil {
		return err
	}
	clientID, err := p.clientID(l.Client)
	if err := errors.Join(err, l.check(), p.once(typeTerms, l.Client+"/"+l.Name), checkUUID(l.ID)); err != nil {
		return err
	}
	t := &cognate.Terms{
		PoolID: p.pool.ID, ID: l.ID, ClientID: clientID, Name: l.Name, Source: l.Source, Enforcement: l.Enforcement, Links: l.Links,
		CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
	}
	err = errors.Join(reason(t.Check()), validate("CreateTerms", &api.CreateTermsInput{
		UserPoolId: p.pool.ID, ClientId: l.Client, TermsName: l.Name, TermsSource: l.Source, Enforcement: l.Enforcement, Links: l.Links,
	}))
	if err != nil {
		return err
	}
	p.add(func(ctx context.Context, tx *store.Tx) error { return tx.CreateTerms(ctx, t) })
	return nil
}

// takeEnd compares the numbers of lines, which shows whether some are missing.
func (p *parser) takeEnd(text []byte) error {
	var l end
	if err := read(text, &l); err != nil {
		return err
	}
	p.isWhole = true
	if !maps.Equal(l.Counts, p.report.Counts) {
		return errors.New("the numbers of lines are not those that the last line says; lines are missing, or there are others")
	}
	return nil
}
