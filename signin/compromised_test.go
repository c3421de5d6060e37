package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// Only flows that send the password look it up. Source: docs/behaviour.md §5.10.
func TestCompromisedPasswordByFlow(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced), cognatetest.Flows(
		"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"))
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID,
		CompromisedCredentialsRiskConfiguration: &api.CompromisedCredentialsRiskConfigurationType{
			Actions: &api.CompromisedCredentialsActionsType{EventAction: api.CompromisedCredentialsEventActionTypeBlock},
		},
	})
	p.MustUser("ann")
	for _, tt := range []struct {
		what    string
		lookUps int
		signIn  func() error
	}{
		{"USER_PASSWORD_AUTH", 1, func() error {
			_, err := start(t, p, api.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password})
			return err
		}},
		{"PASSWORD in USER_AUTH", 1, func() error {
			_, err := start(t, p, api.AuthFlowTypeUserAuth, map[string]string{
				"USERNAME": "ann", "PASSWORD": cognatetest.Password, "PREFERRED_CHALLENGE": "PASSWORD",
			})
			return err
		}},
		{"USER_SRP_AUTH", 0, func() error {
			s, _, err := beginSRP(t, p, "ann")
			if err == nil {
				_, err = proveSRP(p, s.answer(t, p, cognatetest.Password))
			}
			return err
		}},
		{"PASSWORD_SRP in USER_AUTH", 0, func() error {
			s := newSRPSignIn(t)
			out, err := start(t, p, api.AuthFlowTypeUserAuth, map[string]string{
				"USERNAME": "ann", "SRP_A": s.client.A(), "PREFERRED_CHALLENGE": "PASSWORD_SRP",
			})
			if err != nil {
				return err
			}
			s.challenge = out.ChallengeParameters
			_, err = p.Answer(api.ChallengeNameTypePasswordVerifier, out.Session, s.answer(t, p, cognatetest.Password))
			return err
		}},
	} {
		before := p.CompromisedPasswords.LookUps()
		if err := tt.signIn(); err != nil {
			t.Fatalf("%s = %v", tt.what, err)
		}
		if got := p.CompromisedPasswords.LookUps() - before; got != tt.lookUps {
			t.Errorf("%s looked up %d passwords, want %d", tt.what, got, tt.lookUps)
		}
	}
	p.CompromisedPasswords.Add(cognatetest.Password)
	s, _, err := beginSRP(t, p, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proveSRP(p, s.answer(t, p, cognatetest.Password)); err != nil {
		t.Errorf("USER_SRP_AUTH with a compromised password = %v, want tokens", err)
	}
}
