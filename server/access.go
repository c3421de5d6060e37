package server

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/devapi"
)

// Access decides who sends a signed request.
type Access interface {
	// Caller returns who signed the request. Errors: *api.Error of the signature checks (docs/behaviour.md §8.2).
	Caller(r *http.Request, body []byte) (cognate.Caller, error)
}

// AnyKey takes every access key for a key of one account, without looking at signatures. It is for `cognate dev` and tests.
type AnyKey struct {
	AccountID string
	Region    string // of requests whose credential scope can't be read
}

// Caller returns the account in the region of the credential scope. Errors: MissingAuthenticationTokenException for an
// unsigned request: an application that forgets to sign must not pass here and fail elsewhere. AccessDeniedException for
// a page from elsewhere: since no key is checked, any site that a developer visits could else administer the server.
func (a AnyKey) Caller(r *http.Request, _ []byte) (cognate.Caller, error) {
	if origin := r.Header.Get("Origin"); origin != "" && !devapi.IsLocalOrigin(origin) {
		return cognate.Caller{}, api.AccessDeniedException("Pages from " + origin + " may not administer a development server.")
	}
	scope, err := sigv4.ParseScope(r)
	if errors.Is(err, sigv4.ErrMissing) {
		return cognate.Caller{}, api.MissingAuthenticationTokenException()
	}
	// Whatever else is wrong with the signature, nobody looks at it here: only its region is wanted.
	return cognate.Caller{AccountID: a.AccountID, Region: cmp.Or(scope.Region, a.Region)}, nil
}

// AccessKey is a key that may call the signed operations of one account.
type AccessKey struct {
	AccountID string // 12 digits
	Secret    string
}

// Keys checks every signature against a set of access keys, by id.
type Keys struct {
	Keys map[string]AccessKey
	Now  func() time.Time
}

// Caller returns the account of the key that signed the request, in the region of the credential scope.
func (k Keys) Caller(r *http.Request, body []byte) (cognate.Caller, error) {
	secret := func(id string) (string, bool) {
		key, ok := k.Keys[id]
		return key.Secret, ok
	}
	signer, err := sigv4.Verify(r, body, secret, k.Now())
	if err != nil {
		return cognate.Caller{}, refusedSignature(err)
	}
	return cognate.Caller{AccountID: k.Keys[signer.AccessKeyID].AccountID, Region: signer.Region}, nil
}

func refusedSignature(err error) error {
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
