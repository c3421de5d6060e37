// Package webauthntest is a software authenticator, with the browser around it, for tests of passkeys. It makes and uses
// passkeys from the options that a server sends. Its fields choose what it does wrong. It is for tests only.
package webauthntest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// The flags of authenticator data (Web Authentication Level 3, section 6.1).
const (
	flagPresent  = 1 << 0
	flagVerified = 1 << 2
	flagEligible = 1 << 3
	flagBackedUp = 1 << 4
	flagAttested = 1 << 6
)

// ErrNone means that the authenticator has no passkey that the options allow.
var ErrNone = errors.New("webauthntest: no such passkey")

// ErrExcluded means that the options exclude a passkey that the authenticator has.
var ErrExcluded = errors.New("webauthntest: passkey is excluded")

// Authenticator stores passkeys and uses them. The zero value has no passkeys; its user is present but not verified.
type Authenticator struct {
	Verifies bool // the user is verified
	Absent   bool // the user is not present
	Synced   bool // passkeys exist on several devices
	RSA      bool // makes RSA keys
	Counts   bool // counts signatures
	Counter  uint32
	// RelyingPartyID, if set, replaces the ID of the options.
	RelyingPartyID string
	// CrossOrigin puts the page in a frame of another site.
	CrossOrigin bool

	passkeys []*passkey
}

type passkey struct {
	id, handle []byte
	party      string
	key        crypto.Signer
	public     []byte // COSE_Key
}

type creationOptions struct {
	Challenge          string
	RP                 struct{ ID string }
	User               struct{ ID string }
	ExcludeCredentials []struct{ ID string }
}

type requestOptions struct {
	Challenge        string
	RPID             string `json:"rpId"`
	AllowCredentials []struct{ ID string }
}

// Create makes a passkey from PublicKeyCredentialCreationOptionsJSON on a page of the origin, and returns the
// RegistrationResponseJSON. Errors: ErrExcluded.
func (a *Authenticator) Create(origin string, options []byte) ([]byte, error) {
	var o creationOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	for _, p := range a.passkeys {
		for _, excluded := range o.ExcludeCredentials {
			if excluded.ID == encode(p.id) {
				return nil, ErrExcluded
			}
		}
	}
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		return nil, err
	}
	p := &passkey{id: []byte(rand.Text()), handle: handle, party: o.RP.ID}
	if p.public, err = p.makeKey(a.RSA); err != nil {
		return nil, err
	}
	a.passkeys = append(a.passkeys, p)
	return a.register(p, o, origin)
}

// Passkey is a passkey that was made by another authenticator.
type Passkey struct {
	ID, UserHandle []byte
	RelyingPartyID string
	Key            crypto.Signer
}

// Add adds a passkey to the authenticator.
func (a *Authenticator) Add(p Passkey) {
	a.passkeys = append(a.passkeys, &passkey{id: p.ID, handle: p.UserHandle, party: p.RelyingPartyID, key: p.Key})
}

// CreateAgain returns its first passkey as if it were new, even if the options exclude it. No honest authenticator does
// this.
func (a *Authenticator) CreateAgain(origin string, options []byte) ([]byte, error) {
	var o creationOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	if len(a.passkeys) == 0 {
		return nil, ErrNone
	}
	return a.register(a.passkeys[0], o, origin)
}

func (a *Authenticator) register(p *passkey, o creationOptions, origin string) ([]byte, error) {
	attested := slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(p.id))), p.id, p.public)
	data := append(a.data(o.RP.ID, flagAttested), attested...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"id": encode(p.id), "rawId": encode(p.id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON":    encode(a.clientData("webauthn.create", o.Challenge, origin)),
			"attestationObject": encode(object), "transports": []string{"internal", "hybrid"},
		},
	})
}

// Get uses a passkey as PublicKeyCredentialRequestOptionsJSON requests, on a page of the origin, and returns the
// AuthenticationResponseJSON. Errors: ErrNone.
func (a *Authenticator) Get(origin string, options []byte) ([]byte, error) {
	var o requestOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	p := a.find(o)
	if p == nil {
		return nil, ErrNone
	}
	data, client := a.data(o.RPID, 0), a.clientData("webauthn.get", o.Challenge, origin)
	signature, err := p.sign(data, client)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"id": encode(p.id), "rawId": encode(p.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature),
			"userHandle": encode(p.handle),
		},
	})
}

func (a *Authenticator) find(o requestOptions) *passkey {
	for _, p := range a.passkeys {
		allowed := len(o.AllowCredentials) == 0
		for _, c := range o.AllowCredentials {
			allowed = allowed || c.ID == encode(p.id)
		}
		if allowed && p.party == o.RPID {
			return p
		}
	}
	return nil
}

// data returns authenticator data up to and including the counter.
func (a *Authenticator) data(party string, flags byte) []byte {
	if a.RelyingPartyID != "" {
		party = a.RelyingPartyID
	}
	if !a.Absent {
		flags |= flagPresent
	}
	if a.Verifies {
		flags |= flagVerified
	}
	if a.Synced {
		flags |= flagEligible | flagBackedUp
	}
	if a.Counts {
		a.Counter++
	}
	hash := sha256.Sum256([]byte(party))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Counter)
}

func (a *Authenticator) clientData(ceremony, challenge, origin string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%t}`, ceremony, challenge, origin, a.CrossOrigin)
}

// makeKey makes the key pair and returns the public key as a COSE_Key (RFC 9053 section 7.1.1; RFC 8230 section 4).
func (p *passkey) makeKey(useRSA bool) ([]byte, error) {
	if useRSA {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		p.key = key
		return webauthncbor.Marshal(map[int]any{1: 3, 3: -257, -1: key.N.Bytes(), -2: []byte{1, 0, 1}})
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	p.key = key
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	return webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
}

func (p *passkey) sign(data, client []byte) ([]byte, error) {
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(bytes.Join([][]byte{data, hash[:]}, nil))
	return p.key.Sign(rand.Reader, digest[:], crypto.SHA256)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
