// Package iam identifies the caller of a signed request by its access key. It holds the access keys and checks signatures.
// Package sigv4 has the protocol.
//
// It does not decide what a caller may do: an access key may call every operation on the pools of its account.
package iam

import (
	"errors"
	"net/http"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
)

// Access identifies the callers of signed requests.
type Access interface {
	// Caller returns the caller of a request. The body is what was read from r.Body. Errors: an *api.Error if a check of the
	// signature fails (docs/behaviour.md §8.2).
	Caller(r *http.Request, body []byte) (cognate.Caller, error)
	// CheckHeader returns the errors of Caller that do not depend on the body, such as that of an unknown key. It proves
	// nothing about the sender.
	CheckHeader(r *http.Request) error
}

// AccessKey is a key that may call the signed operations of one account.
type AccessKey struct {
	AccountID string // 12 digits
	Secret    string
}

// Keys checks every signature against a set of access keys. Without keys it rejects every request.
type Keys struct {
	Keys map[string]AccessKey // by ID
	Now  func() time.Time
}

// Caller returns the account of the key that signed the request, in the region of the credential scope.
func (k Keys) Caller(r *http.Request, body []byte) (cognate.Caller, error) {
	signer, err := sigv4.Verify(r, body, k.secret, k.Now())
	if err != nil {
		return cognate.Caller{}, signatureError(err)
	}
	if signer.Service != api.SigningName { // a signature for another service must not be valid for this API
		return cognate.Caller{}, api.ErrCredentialService
	}
	return cognate.Caller{
		AccountID: k.Keys[signer.AccessKeyID].AccountID, Region: signer.Region, KeyID: signer.AccessKeyID,
	}, nil
}

// CheckHeader returns an error if no body can make the signature of a request valid.
func (k Keys) CheckHeader(r *http.Request) error {
	if err := sigv4.VerifyHeader(r, k.secret, k.Now()); err != nil {
		return signatureError(err)
	}
	return nil
}

func (k Keys) secret(id string) (string, bool) {
	key, ok := k.Keys[id]
	return key.Secret, ok
}

func signatureError(err error) error {
	switch {
	case errors.Is(err, sigv4.ErrMissing):
		return api.MissingAuthenticationTokenException()
	case errors.Is(err, sigv4.ErrUnknownKey):
		return api.UnrecognizedClientException()
	case errors.Is(err, sigv4.ErrExpired):
		return api.InvalidSignatureException("Signature expired or not yet current.")
	case errors.Is(err, sigv4.ErrIncomplete):
		return api.IncompleteSignatureException("The request signature does not conform to AWS standards.")
	default:
		return api.InvalidSignatureException("")
	}
}
