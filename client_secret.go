package cognate

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"cognate/api"
)

// SecretHash returns Base64(HMAC-SHA256(client secret, username + client ID)). A client with a secret sends it with every
// username (docs/behaviour.md §2.3).
func (c *AppClient) SecretHash(username string) string {
	mac := hmac.New(sha256.New, []byte(c.Secret))
	mac.Write([]byte(username + c.ID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// RequireSecret checks, in constant time, the secret of a client in a request without a username. A public client needs
// none. refuse returns the error of the operation's type with the text. Source: docs/behaviour.md §2.3 for the first text.
// Assumed: the text for a wrong client secret. It follows the text for a wrong secret hash.
func (c *AppClient) RequireSecret(secret string, refuse func(text string) *api.Error) error {
	switch {
	case c.Secret == "":
		return nil
	case secret == "":
		return refuse("Client " + c.ID + " is configured for secret but secret was not received")
	case !c.isSecret(secret):
		return refuse("Unable to verify secret for client " + c.ID)
	default:
		return nil
	}
}

// RequireClientTokenSecret checks, in constant time, the secret of a client that requests an access token for itself. A public
// client has no secret to check; MayGetClientTokens refuses it.
// Errors: NotAuthorizedException. Source: docs/behaviour.md §7.8.
func (c *AppClient) RequireClientTokenSecret(secret string) error {
	if c.Secret != "" && !c.isSecret(secret) {
		return api.NotAuthorizedException("Invalid client or secret")
	}
	return nil
}

func (c *AppClient) isSecret(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1
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

// requireHash accepts the hash of any of the names. wrong is the text for another hash.
func (c *AppClient) requireHash(hash, wrong string, names ...string) error {
	switch {
	case c.Secret == "":
		return nil
	case hash == "":
		return api.NotAuthorizedException("Client " + c.ID + " is configured with secret but SECRET_HASH was not received")
	}
	for _, name := range names {
		if hmac.Equal([]byte(c.SecretHash(name)), []byte(hash)) {
			return nil
		}
	}
	return api.NotAuthorizedException(wrong)
}

func (c *AppClient) checkUserContext() error {
	if c.PropagateUserContext && c.Secret == "" {
		return api.InvalidParameterException(
			"Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	return nil
}
