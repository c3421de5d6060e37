package cognate

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"cognate/api"
)

// MaxClientSecrets is the largest number of active secrets of a client (docs/behaviour.md §5.3).
const MaxClientSecrets = 2

// ClientSecret is an active secret of an app client. The client uses any of its secrets.
type ClientSecret struct {
	Value   string
	Created time.Time // to the millisecond; differs between the secrets of a client
	// Private secrets were chosen by the caller of AddUserPoolClientSecret. No answer shows their values.
	Private bool
}

// The errors of client secrets.
//
// Assumed: the types and texts of the errors about client secrets, except the type for a third secret
// (docs/behaviour.md §5.3). A second secret with the value of the first one is refused.
var (
	errRegistered       = api.InvalidParameterException("The secret of an app client that registered itself can't be managed.")
	errNoClientSecret   = api.InvalidParameterException("The app client has no client secret.")
	errTooManySecrets   = api.LimitExceededException("An app client can have at most 2 client secrets.")
	errSameSecret       = api.InvalidParameterException("The app client already has this client secret.")
	errUnknownSecret    = api.ResourceNotFoundException("Client secret does not exist.")
	errLastClientSecret = api.InvalidParameterException("The last client secret of an app client can't be deleted.")
)

// RequireManagedSecrets checks that administrators manage the secrets of the client: it did not register itself.
// Errors: InvalidParameterException. Source: docs/behaviour.md §7.7.
func (c *AppClient) RequireManagedSecrets() error {
	if c.IsRegistered() {
		return errRegistered
	}
	return nil
}

// HasSecret reports whether the client is confidential.
func (c *AppClient) HasSecret() bool { return len(c.Secrets) > 0 }

// ShownSecret returns the secret that answers about the client show: the oldest one, or "" if that is private.
func (c *AppClient) ShownSecret() string {
	if !c.HasSecret() || c.Secrets[0].Private {
		return ""
	}
	return c.Secrets[0].Value
}

// SecretID returns the ID of a secret of the client: the client ID, "--", and the time of its creation in milliseconds.
// Source: API reference, ClientSecretDescriptorType; docs/behaviour.md §5.3.
func (c *AppClient) SecretID(s ClientSecret) string {
	return c.ID + "--" + strconv.FormatInt(s.Created.UnixMilli(), 10)
}

// AddSecret adds a secret to a confidential client. It moves the time of its creation if the other secret has the same one.
// It returns the secret as it was added. Errors: InvalidParameterException, LimitExceededException.
func (c *AppClient) AddSecret(s ClientSecret) (ClientSecret, error) {
	switch {
	case !c.HasSecret():
		return s, errNoClientSecret
	case c.IsSecret(s.Value):
		return s, errSameSecret
	case len(c.Secrets) >= MaxClientSecrets:
		return s, errTooManySecrets
	}
	s.Created = s.Created.Truncate(time.Millisecond)
	if newest := c.Secrets[len(c.Secrets)-1].Created; !s.Created.After(newest) { // the clocks of two servers differ
		s.Created = newest.Add(time.Millisecond)
	}
	c.Secrets = append(c.Secrets, s)
	return s, nil
}

// DeleteSecret removes a secret by its ID. The last one stays. Errors: InvalidParameterException, ResourceNotFoundException.
func (c *AppClient) DeleteSecret(id string) error {
	if !c.HasSecret() {
		return errNoClientSecret
	}
	i := slices.IndexFunc(c.Secrets, func(s ClientSecret) bool { return c.SecretID(s) == id })
	switch {
	case i < 0:
		return errUnknownSecret
	case len(c.Secrets) == 1:
		return errLastClientSecret
	}
	c.Secrets = slices.Delete(slices.Clone(c.Secrets), i, i+1)
	return nil
}

// SecretHash returns Base64(HMAC-SHA256(client secret, username + client ID)). A client with a secret sends it with every
// username (docs/behaviour.md §2.3).
func SecretHash(secret, username, clientID string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + clientID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// RequireSecret checks, in constant time, the secret of a client in a request without a username. A public client needs
// none. refuse returns the error of the operation's type with the text. Source: docs/behaviour.md §2.3 for the first text.
// Assumed: the text for a wrong client secret. It follows the text for a wrong secret hash.
func (c *AppClient) RequireSecret(secret string, refuse func(text string) *api.Error) error {
	switch {
	case !c.HasSecret():
		return nil
	case secret == "":
		return refuse("Client " + c.ID + " is configured for secret but secret was not received")
	case !c.IsSecret(secret):
		return refuse("Unable to verify secret for client " + c.ID)
	default:
		return nil
	}
}

// RequireClientTokenSecret checks, in constant time, the secret of a client that requests an access token for itself. A public
// client has no secret to check; MayGetClientTokens refuses it.
// Errors: NotAuthorizedException. Source: docs/behaviour.md §7.8.
func (c *AppClient) RequireClientTokenSecret(secret string) error {
	if c.HasSecret() && !c.IsSecret(secret) {
		return api.NotAuthorizedException("Invalid client or secret")
	}
	return nil
}

// IsSecret reports whether a text is one of the secrets of the client, in a time that does not depend on which of them it is. A
// public client has none.
func (c *AppClient) IsSecret(secret string) bool {
	matches := 0
	for _, s := range c.Secrets {
		matches |= subtle.ConstantTimeCompare([]byte(s.Value), []byte(secret))
	}
	return matches == 1
}

// RequireSecretHash checks, in constant time, the hash that a client with a secret sends with username. A public client
// needs none. Errors: NotAuthorizedException if the hash is missing or wrong (docs/behaviour.md §2.3).
func (c *AppClient) RequireSecretHash(username, hash string) error {
	return c.requireHash(hash, "Unable to verify secret hash for client "+c.ID, username)
}

// RequireRefreshSecretHash checks, in constant time, the hash that a client with a secret sends with a refresh token of user.
// It is made over the sub or the username. A public client needs none.
// Errors: NotAuthorizedException if the hash is missing or wrong (docs/behaviour.md §2.3).
func (c *AppClient) RequireRefreshSecretHash(user *User, hash string) error {
	return c.requireHash(hash, "SecretHash does not match for the client: "+c.ID, user.Sub, user.Username)
}

// requireHash accepts the hash of any of the names under any of the client's secrets, in a time that does not depend on which
// of them match. wrong is the text for another hash.
func (c *AppClient) requireHash(hash, wrong string, names ...string) error {
	switch {
	case !c.HasSecret():
		return nil
	case hash == "":
		return api.NotAuthorizedException("Client " + c.ID + " is configured with secret but SECRET_HASH was not received")
	}
	matches := 0
	for _, s := range c.Secrets {
		for _, name := range names {
			matches |= subtle.ConstantTimeCompare([]byte(SecretHash(s.Value, name, c.ID)), []byte(hash))
		}
	}
	if matches != 1 {
		return api.NotAuthorizedException(wrong)
	}
	return nil
}

func (c *AppClient) checkUserContext() error {
	if c.PropagateUserContext && !c.HasSecret() {
		return api.InvalidParameterException(
			"Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	return nil
}
