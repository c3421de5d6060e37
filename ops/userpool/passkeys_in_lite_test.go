package userpool_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// Settings of passkeys need the feature plan Essentials.
func TestPasskeysInLite(t *testing.T) {
	t.Parallel()
	want := api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In")
	passkeys := &api.WebAuthnConfigurationType{RelyingPartyId: "example.com"}
	toLite := func(p *cognatetest.UserPool) error {
		_, err := p.Client.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
		return err
	}
	p := cognatetest.Pool(t)
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, WebAuthnConfiguration: passkeys})
	cognatetest.WantError(t, "LITE with settings of passkeys", toLite(p), want)
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID})
	cognatetest.WantRefusal(t, "LITE", toLite(p), nil)
	_, err := p.Client.SetUserPoolMfaConfig(t.Context(), &api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, WebAuthnConfiguration: passkeys})
	cognatetest.WantError(t, "settings of passkeys in LITE", err, want)
	if got := p.Must(t).GetUserPoolMfaConfig(&api.GetUserPoolMfaConfigInput{UserPoolId: p.PoolID}).WebAuthnConfiguration; got != nil {
		t.Errorf("WebAuthnConfiguration = %+v, want none", got)
	}
}
