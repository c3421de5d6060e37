package cognate_test

import (
	"errors"
	"testing"
	"time"

	"cognate"
	"cognate/api"
)

func TestClientSecretRules(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c := &cognate.AppClient{ID: "web", Secrets: []cognate.ClientSecret{{Value: "first", Created: now}}}
	second, err := c.AddSecret(cognate.ClientSecret{Value: "second", Created: now.Add(-time.Minute)})
	if err != nil || !second.Created.After(now) {
		t.Fatalf("AddSecret(at an earlier time) = %v, %v, want a later time than that of the first secret", second, err)
	}
	for value, want := range map[string]string{"second": api.CodeInvalidParameterException, "third": api.CodeLimitExceededException} {
		_, err := c.AddSecret(cognate.ClientSecret{Value: value, Created: now})
		if !errors.Is(err, &api.Error{Code: want}) {
			t.Errorf("AddSecret(%s) to two secrets = %v, want %s", value, err, want)
		}
	}
	refuse := api.NotAuthorizedException
	for secret, works := range map[string]bool{"first": true, "second": true, "third": false, "": false, "firstsecond": false} {
		if err := c.RequireSecret(secret, refuse); (err == nil) != works {
			t.Errorf("RequireSecret(%q) = %v, want success: %t", secret, err, works)
		}
		if err := c.RequireClientTokenSecret(secret); (err == nil) != works {
			t.Errorf("RequireClientTokenSecret(%q) = %v, want success: %t", secret, err, works)
		}
		if err := c.RequireSecretHash("ann", cognate.SecretHash(secret, "ann", "web")); (err == nil) != works {
			t.Errorf("RequireSecretHash(under %q) = %v, want success: %t", secret, err, works)
		}
		user := &cognate.User{Username: "ann", Sub: "s"}
		if err := c.RequireRefreshSecretHash(user, cognate.SecretHash(secret, "s", "web")); (err == nil) != works {
			t.Errorf("RequireRefreshSecretHash(under %q) = %v, want success: %t", secret, err, works)
		}
	}
	if err := c.DeleteSecret(c.SecretID(c.Secrets[0])); err != nil {
		t.Errorf("DeleteSecret(first) = %v", err)
	}
	if c.RequireClientTokenSecret("first") == nil || c.RequireClientTokenSecret("second") != nil {
		t.Error("after DeleteSecret(first): want only the second secret to work")
	}
}
