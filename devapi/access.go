package devapi

import (
	"cmp"
	"errors"
	"net/http"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/iam"
)

// AnyKey accepts every access key as a key of one account and checks no signature. It is for `cognate dev` and tests.
type AnyKey struct {
	AccountID string
	Region    string // of requests with an invalid credential scope
}

// Caller returns the account in the region of the credential scope. The caller may do everything. Errors: MissingAuthenticationTokenException for an
// unsigned request, because an application that forgets to sign must not succeed here and fail elsewhere.
// InvalidSignatureException for a request that is signed for another service, for the same reason.
// AccessDeniedException for a page of another site: no key is checked, so any site that a developer visits could otherwise
// administer the server.
func (a AnyKey) Caller(r *http.Request, _ []byte) (cognate.Caller, *iam.Policy, error) {
	if origin := r.Header.Get("Origin"); origin != "" && !isLocalOrigin(origin) {
		return cognate.Caller{}, nil, api.AccessDeniedException("Pages from " + origin + " may not administer a development server.")
	}
	scope, err := sigv4.ParseScope(r)
	if errors.Is(err, sigv4.ErrMissing) {
		return cognate.Caller{}, nil, api.MissingAuthenticationTokenException()
	}
	if scope.Service != "" && scope.Service != api.SigningName {
		return cognate.Caller{}, nil, api.ErrCredentialService
	}
	// Other errors do not matter: of the signature, only the region and the key's ID are used.
	caller := cognate.Caller{
		AccountID: a.AccountID, Region: cmp.Or(scope.Region, a.Region), KeyID: scope.AccessKeyID, KeyName: scope.AccessKeyID,
	}
	return caller, iam.Everything(), nil
}

// CheckHeader returns the errors of Caller, which does not use the body.
func (a AnyKey) CheckHeader(r *http.Request) error {
	_, _, err := a.Caller(r, nil)
	return err
}
