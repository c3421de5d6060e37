package webauthn

import (
	"encoding/base64"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// Timeout is how long a client waits for the user.
	Timeout = time.Minute

	publicKeyType = "public-key"

	// The algorithms of keys, the preferred one first (RFC 9053 section 2.1; RFC 8812 section 2).
	algES256 = -7
	algRS256 = -257
)

// User is the user that a passkey is made for.
type User struct {
	// Handle is stored by the authenticator and returned when the passkey is used: up to 64 bytes.
	Handle            []byte
	Name, DisplayName string // shown to users
}

type (
	creationOptions struct {
		AuthenticatorSelection selection    `json:"authenticatorSelection"`
		Challenge              string       `json:"challenge"`
		Exclude                []descriptor `json:"excludeCredentials"`
		Parameters             []parameter  `json:"pubKeyCredParams"`
		RelyingParty           entity       `json:"rp"`
		Timeout                int64        `json:"timeout"`
		User                   userEntity   `json:"user"`
	}
	requestOptions struct {
		Allow            []descriptor `json:"allowCredentials"`
		Challenge        string       `json:"challenge"`
		RelyingPartyID   string       `json:"rpId"`
		Timeout          int64        `json:"timeout"`
		UserVerification string       `json:"userVerification"`
	}
	selection struct {
		RequireResidentKey bool   `json:"requireResidentKey"`
		ResidentKey        string `json:"residentKey"`
		UserVerification   string `json:"userVerification"`
	}
	descriptor struct {
		ID         string   `json:"id"`
		Transports []string `json:"transports,omitzero"`
		Type       string   `json:"type"`
	}
	parameter struct {
		Algorithm int    `json:"alg"`
		Type      string `json:"type"`
	}
	entity struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	userEntity struct {
		DisplayName string `json:"displayName"`
		ID          string `json:"id"`
		Name        string `json:"name"`
	}
)

// CreationOptions returns the options with which a client makes a passkey for the user:
// PublicKeyCredentialCreationOptionsJSON (section 5.1.8), binary values in base64url. The passkey is discoverable. An
// authenticator that already holds one of the registered passkeys does not make another. Source: docs/behaviour.md §2.5.
func (rp RelyingParty) CreationOptions(user User, challenge []byte, registered []Credential) (jsontext.Value, error) {
	return json.Marshal(&creationOptions{
		AuthenticatorSelection: selection{RequireResidentKey: true, ResidentKey: "required", UserVerification: rp.userVerification()},
		Challenge:              encode(challenge),
		Exclude:                describe(registered),
		Parameters:             []parameter{{algES256, publicKeyType}, {algRS256, publicKeyType}},
		RelyingParty:           entity{ID: rp.ID, Name: rp.ID},
		Timeout:                Timeout.Milliseconds(),
		User:                   userEntity{ID: encode(user.Handle), Name: user.Name, DisplayName: user.DisplayName},
	})
}

// RequestOptions returns the options with which a client uses one of the allowed passkeys:
// PublicKeyCredentialRequestOptionsJSON (section 5.1.9).
func (rp RelyingParty) RequestOptions(challenge []byte, allowed []Credential) (jsontext.Value, error) {
	return json.Marshal(&requestOptions{
		Allow: describe(allowed), Challenge: encode(challenge), RelyingPartyID: rp.ID, Timeout: Timeout.Milliseconds(),
		UserVerification: rp.userVerification(),
	})
}

func (rp RelyingParty) userVerification() string {
	if rp.VerifyUser {
		return "required"
	}
	return "preferred"
}

func describe(credentials []Credential) []descriptor {
	list := make([]descriptor, 0, len(credentials))
	for _, c := range credentials {
		list = append(list, descriptor{ID: encode(c.ID), Transports: c.Transports, Type: publicKeyType})
	}
	return list
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
