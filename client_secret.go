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
	case subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1:
		return refuse("Unable to verify secret for client " + c.ID)
	default:
		return nil
	}
}

// RequireSecretHash checks, in constant time, the hash that a client with a secret sends with username. A public client
// needs none. Errors: NotAuthorizedException if the hash is missing or wrong (docs/behaviour.md §2.3).
func (c *AppClient) RequireSecretHash(username, hash string) error {
	switch {
	case c.Secret == "":
		return nil
	case hash == "":
		return api.NotAuthorizedException("Client " + c.ID + " is configured with secret but SECRET_HASH was not received")
	case !hmac.Equal([]byte(c.SecretHash(username)), []byte(hash)):
		return api.NotAuthorizedException("Unable to verify secret hash for client " + c.ID)
	default:
		return nil
	}
}

func (c *AppClient) checkUserContext() error {
	if c.PropagateUserContext && c.Secret == "" {
		return api.InvalidParameterException(
			"Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	return nil
}
