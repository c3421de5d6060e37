package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// With a temporary password, a client can set only well-formed attributes that it may write. It cannot set verified flags,
// developer attributes, or attributes with the name of a claim of the ID token.
func TestNewPasswordSetsOnlyWritableAttributes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).AddCustomAttributes(&api.AddCustomAttributesInput{
		UserPoolId: p.PoolID, CustomAttributes: []api.SchemaAttributeType{
			{Name: "role", AttributeDataType: api.AttributeDataTypeString, Mutable: new(true), DeveloperOnlyAttribute: new(true)},
			{Name: "level", AttributeDataType: api.AttributeDataTypeNumber, Mutable: new(true)},
		},
	})
	mustInvite(t, p, "ann")
	for attribute, value := range map[string]string{
		"email_verified": "true", "phone_number_verified": "true", "sub": "00000000-0000-0000-0000-000000000000",
		"iss": "https://evil.example", "token_use": "access", "exp": "9999999999", "cognito:groups": "admins",
		"identities": "[]", "dev:custom:role": "admin", "custom:unknown": "x", "custom:level": "much", "email": "no address",
	} {
		out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
		_, err := p.Answer(newPassword, out.Session, map[string]string{
			"USERNAME": "ann", "NEW_PASSWORD": cognatetest.Password, "userAttributes." + attribute: value,
		})
		if code, ok := codeOf(err); !ok || code != api.CodeInvalidParameterException && code != api.CodeNotAuthorizedException {
			t.Errorf("NEW_PASSWORD_REQUIRED with %s = %v, want a refusal", attribute, err)
		}
	}
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	done := cognatetest.Try(p.Answer(newPassword, out.Session, map[string]string{
		"USERNAME": "ann", "NEW_PASSWORD": cognatetest.Password, "userAttributes.custom:level": "3",
	})).Of(t)
	claims := claimsOf(t, done.AuthenticationResult.IdToken)
	if claims["token_use"] != "id" || claims["custom:level"] != "3" {
		t.Errorf("ID token = %v, want token_use id and custom:level 3", claims)
	}
}

// If a user nevertheless has an attribute with the name of a claim, the token has the server's value of the claim.
func TestNoAttributeStandsInForAClaim(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	before := claimsOf(t, p.MustSignIn("ann", "").AuthenticationResult.IdToken)
	sub, _ := before["sub"].(string)
	pool := cognatetest.Try(p.Store.UserPool(t.Context(), p.PoolID)).Of(t)
	err := p.Store.Write(t.Context(), func(tx *store.Tx) error {
		user, err := tx.LockUser(t.Context(), p.PoolID, sub)
		if err != nil {
			return err
		}
		for name := range before {
			user.Attributes[name] = "forged"
		}
		return tx.SaveUser(t.Context(), pool, user)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range claimsOf(t, p.MustSignIn("ann", "").AuthenticationResult.IdToken) {
		if value == "forged" {
			t.Errorf("claim %s is the attribute's", name)
		}
	}
}

// A client's list of writable attributes also applies to NEW_PASSWORD_REQUIRED.
func TestNewPasswordHoldsToTheClientsWriteAttributes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.WriteAttributes = []string{"name"}
	}))
	mustInvite(t, p, "ann")
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	answer := func(attribute, value string) error {
		_, err := p.Answer(newPassword, out.Session, map[string]string{
			"USERNAME": "ann", "NEW_PASSWORD": cognatetest.Password, "userAttributes." + attribute: value,
		})
		return err
	}
	cognatetest.WantError(t, "an attribute that the client may not write", answer("email", "ann@example.com"),
		api.NotAuthorizedException("A client attempted to write unauthorized attribute"))
	if err := answer("name", "Ann"); err != nil {
		t.Errorf("an attribute that the client may write = %v, want tokens", err)
	}
}

// An address that is set with a new password is not verified, even if an administrator set the verified flag without an address.
func TestNewPasswordVerifiesNoContact(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	mustInvite(t, p, "ann", api.AttributeType{Name: "email_verified", Value: "true"})
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	done := cognatetest.Try(p.Answer(newPassword, out.Session, map[string]string{
		"USERNAME": "ann", "NEW_PASSWORD": cognatetest.Password, "userAttributes.email": "victim@example.com",
	})).Of(t)
	if claims := claimsOf(t, done.AuthenticationResult.IdToken); claims["email_verified"] != false {
		t.Errorf("email_verified = %v, want false", claims["email_verified"])
	}
}

// The challenge shows only the attributes that the client may read.
func TestNewPasswordShowsOnlyReadableAttributes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Schema(api.SchemaAttributeType{
		Name: "risk", AttributeDataType: api.AttributeDataTypeString, Mutable: new(true), DeveloperOnlyAttribute: new(true),
	}), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ReadAttributes = []string{"name"} }))
	mustInvite(t, p, "ann", api.AttributeType{Name: "name", Value: "Ann"},
		api.AttributeType{Name: "dev:custom:risk", Value: "high"}, api.AttributeType{Name: "birthdate", Value: "1990-01-01"})
	out := cognatetest.Try(withPassword(t, p, "ann", temporary)).Of(t)
	if diff := cmp.Diff(`{"name":"Ann"}`, out.ChallengeParameters["userAttributes"]); diff != "" {
		t.Errorf("userAttributes (-want +got):\n%s", diff)
	}
}

func mustInvite(t *testing.T, p *cognatetest.UserPool, username string, attributes ...api.AttributeType) {
	t.Helper()
	p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: username, TemporaryPassword: temporary,
		MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes,
	})
}

// codeOf returns the code of an API error.
func codeOf(err error) (string, bool) {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return "", false
	}
	return e.Code, true
}

// claimsOf returns the claims of a token. It does not check the signature.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatalf("payload of %q: %v", token, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("payload of %q: %v", token, err)
	}
	return claims
}
