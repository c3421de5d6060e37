package sigv4_test

import (
	"errors"
	"net/http"
	"testing"

	"cognate/authn/sigv4"
)

// A signature that does not cover the operation would be valid for every operation with the same body.
func TestVerifyRejectsUnsignedTarget(t *testing.T) {
	t.Parallel()
	r := signed(t, now, func(r *http.Request) { r.Header.Del("X-Amz-Target") })
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminDeleteUser")
	if _, err := sigv4.Verify(r, body, lookup, now); !errors.Is(err, sigv4.ErrIncomplete) {
		t.Errorf("Verify(a target that isn't signed) = %v, want ErrIncomplete", err)
	}
}
