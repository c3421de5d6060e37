package threat_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A configuration is accepted without threat protection, for a pool and for a client, and a request replaces all of it.
func TestRiskConfiguration(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	email := &api.NotifyEmailType{Subject: "s", HtmlBody: "<p>text</p>", TextBody: "a text"}
	full := &api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID,
		CompromisedCredentialsRiskConfiguration: &api.CompromisedCredentialsRiskConfigurationType{
			Actions: &api.CompromisedCredentialsActionsType{EventAction: api.CompromisedCredentialsEventActionTypeBlock},
		},
		AccountTakeoverRiskConfiguration: &api.AccountTakeoverRiskConfigurationType{
			Actions: &api.AccountTakeoverActionsType{
				HighAction: &api.AccountTakeoverActionType{Notify: new(true), EventAction: api.AccountTakeoverEventActionTypeBlock},
			},
			NotifyConfiguration: &api.NotifyConfigurationType{
				SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/example.com", From: "Security <a@example.com>", BlockEmail: email,
			},
		},
		RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{
			BlockedIPRangeList: []string{"192.0.2.1/24", "2001:db8::/32"}, SkippedIPRangeList: []string{"198.51.100.7/32"},
		},
	}
	modified := api.EpochOf(p.Clock.Now().Truncate(time.Millisecond))
	want := &api.RiskConfigurationType{
		UserPoolId: p.PoolID,
		CompromisedCredentialsRiskConfiguration: &api.CompromisedCredentialsRiskConfigurationType{
			EventFilter: []api.EventFilterType{}, Actions: full.CompromisedCredentialsRiskConfiguration.Actions,
		},
		AccountTakeoverRiskConfiguration: full.AccountTakeoverRiskConfiguration,
		RiskExceptionConfiguration:       full.RiskExceptionConfiguration,
		LastModifiedDate:                 modified,
	}
	describe := func(client string) *api.RiskConfigurationType {
		t.Helper()
		return p.Must(t).DescribeRiskConfiguration(&api.DescribeRiskConfigurationInput{UserPoolId: p.PoolID, ClientId: client}).RiskConfiguration
	}
	wantSame(t, "DescribeRiskConfiguration(never set)", &api.RiskConfigurationType{UserPoolId: p.PoolID}, describe(""))
	wantSame(t, "SetRiskConfiguration", want, p.Must(t).SetRiskConfiguration(full).RiskConfiguration)
	wantSame(t, "DescribeRiskConfiguration", want, describe(""))
	wantSame(t, "DescribeRiskConfiguration(client)", &api.RiskConfigurationType{UserPoolId: p.PoolID, ClientId: p.ClientID}, describe(p.ClientID))

	ofClient := &api.SetRiskConfigurationInput{UserPoolId: p.PoolID, ClientId: p.ClientID, RiskExceptionConfiguration: full.RiskExceptionConfiguration}
	wantClient := &api.RiskConfigurationType{
		UserPoolId: p.PoolID, ClientId: p.ClientID, RiskExceptionConfiguration: full.RiskExceptionConfiguration, LastModifiedDate: modified,
	}
	wantSame(t, "SetRiskConfiguration(client)", wantClient, p.Must(t).SetRiskConfiguration(ofClient).RiskConfiguration)
	wantSame(t, "DescribeRiskConfiguration(client)", wantClient, describe(p.ClientID))
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID})
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	wantSame(t, "DescribeRiskConfiguration(after UpdateUserPool)", want, describe(""))
	wantSame(t, "DescribeRiskConfiguration(after UpdateUserPoolClient)", wantClient, describe(p.ClientID))

	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{UserPoolId: p.PoolID})
	wantSame(t, "DescribeRiskConfiguration(cleared)", &api.RiskConfigurationType{UserPoolId: p.PoolID, LastModifiedDate: modified}, describe(""))
}

func TestRiskConfigurationRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	ranges := func(r string) *api.RiskExceptionConfigurationType {
		return &api.RiskExceptionConfigurationType{SkippedIPRangeList: []string{r}}
	}
	notify := func(n api.NotifyConfigurationType) *api.AccountTakeoverRiskConfigurationType {
		return &api.AccountTakeoverRiskConfigurationType{Actions: new(api.AccountTakeoverActionsType), NotifyConfiguration: &n}
	}
	const arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
	for what, tt := range map[string]struct {
		in   api.SetRiskConfigurationInput
		want error
	}{
		"unknown pool":            {api.SetRiskConfigurationInput{UserPoolId: "us-east-1_none"}, api.ErrPoolNotFound("us-east-1_none")},
		"unknown client":          {api.SetRiskConfigurationInput{ClientId: "none"}, api.ErrClientNotFound("none")},
		"client of another pool":  {api.SetRiskConfigurationInput{ClientId: other.ClientID}, api.ErrClientNotFound(other.ClientID)},
		"an address, no range":    {api.SetRiskConfigurationInput{RiskExceptionConfiguration: ranges("192.0.2.1")}, api.InvalidParameterException(`Invalid CIDR in SkippedIPRangeList: "192.0.2.1"`)},
		"both lists":              {api.SetRiskConfigurationInput{RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"a"}, SkippedIPRangeList: []string{"b"}}}, api.InvalidParameterException(`Invalid CIDR in BlockedIPRangeList: "a"`)},
		"too long a prefix":       {api.SetRiskConfigurationInput{RiskExceptionConfiguration: ranges("192.0.2.1/33")}, api.InvalidParameterException(`Invalid CIDR in SkippedIPRangeList: "192.0.2.1/33"`)},
		"SourceArn of a function": {api.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: notify(api.NotifyConfigurationType{SourceArn: "arn:aws:lambda:us-east-1:123456789012:function:f"})}, api.InvalidParameterException("Invalid SourceArn: arn:aws:lambda:us-east-1:123456789012:function:f")},
		"From and ReplyTo":        {api.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: notify(api.NotifyConfigurationType{SourceArn: arn, From: "a", ReplyTo: "b"})}, api.InvalidParameterException("Invalid From in NotifyConfiguration: a")},
		"From with a line end":    {api.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: notify(api.NotifyConfigurationType{SourceArn: arn, From: "a@example.com\nBcc: b@example.com"})}, api.InvalidParameterException("Invalid From in NotifyConfiguration: a@example.com\nBcc: b@example.com")},
	} {
		if tt.in.UserPoolId == "" {
			tt.in.UserPoolId = p.PoolID
		}
		_, err := p.Client.SetRiskConfiguration(t.Context(), &tt.in)
		if !errors.Is(err, tt.want) {
			t.Errorf("SetRiskConfiguration(%s) = %v, want %v", what, err, tt.want)
		}
	}
	got := p.Must(t).DescribeRiskConfiguration(&api.DescribeRiskConfigurationInput{UserPoolId: p.PoolID}).RiskConfiguration
	wantSame(t, "DescribeRiskConfiguration(after refusals)", &api.RiskConfigurationType{UserPoolId: p.PoolID}, got)
}

// mustBlock makes a pool or, with a client ID, a client block addresses.
func mustBlock(t *testing.T, p *cognatetest.UserPool, client string, ranges ...string) {
	t.Helper()
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID, ClientId: client, RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{BlockedIPRangeList: ranges},
	})
}

// The operations that take a Session instead of an access token refuse a blocked address too. The Session stays valid.
func TestBlockedSetup(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn), cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	p.MustUser("ann")
	begin := func() string { return p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session }
	first, second := begin(), p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: begin()})
	blocked := api.NotAuthorizedException("Request not allowed due to security reasons.")
	verify := func() error {
		_, err := p.Client.VerifySoftwareToken(t.Context(), &api.VerifySoftwareTokenInput{Session: second.Session, UserCode: p.Code(second.SecretCode)})
		return err
	}
	mustBlock(t, p, "", "127.0.0.1/32")
	_, err := p.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: first})
	cognatetest.WantError(t, "AssociateSoftwareToken(blocked address)", err, blocked)
	cognatetest.WantError(t, "VerifySoftwareToken(blocked address)", verify(), blocked)
	mustBlock(t, p, "", "192.0.2.0/24")
	if err := verify(); err != nil {
		t.Errorf("VerifySoftwareToken(address that is not blocked) = %v, want SUCCESS", err)
	}
}

// Every operation without a signature refuses a blocked address, before it looks for the user.
func TestBlockedRanges(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	mustBlock(t, p, "", "10.0.0.0/8", "127.0.0.1/32")
	blocked := api.NotAuthorizedException("Request not allowed due to security reasons.")
	calls := map[string]func() error{
		"InitiateAuth": func() error { _, err := p.SignIn("nobody"); return err },
		"RespondToAuthChallenge": func() error {
			_, err := p.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{ClientId: p.ClientID, ChallengeName: api.ChallengeNameTypeSmsMfa})
			return err
		},
		"SignUp": func() error {
			_, err := p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: "eve", Password: cognatetest.Password})
			return err
		},
		"ConfirmSignUp": func() error {
			_, err := p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{ClientId: p.ClientID, Username: "eve", ConfirmationCode: "000000"})
			return err
		},
		"ResendConfirmationCode": func() error {
			_, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: "eve"})
			return err
		},
		"ForgotPassword": func() error {
			_, err := p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
			return err
		},
		"ConfirmForgotPassword": func() error {
			_, err := p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{ClientId: p.ClientID, Username: "ann", ConfirmationCode: "000000", Password: cognatetest.Password})
			return err
		},
		"GetTokensFromRefreshToken": func() error {
			_, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: p.ClientID, RefreshToken: "x"})
			return err
		},
		"GetClientToken": func() error {
			_, err := p.Client.GetClientToken(t.Context(), &api.GetClientTokenInput{ClientId: p.ClientID, Secret: strings.Repeat("x", 30)})
			return err
		},
		"GetUser": func() error {
			_, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
			return err
		},
	}
	for what, call := range calls {
		cognatetest.WantError(t, what+"(blocked address)", call(), blocked)
	}
	_, err := p.Client.RevokeToken(t.Context(), &api.RevokeTokenInput{ClientId: p.ClientID, Token: "x"})
	cognatetest.WantError(t, "RevokeToken(blocked address)", err, api.UnauthorizedException(blocked.Message))

	mustBlock(t, p, p.ClientID, "192.0.2.0/24")
	p.MustSignIn("ann", "") // the client's configuration replaces the pool's
	mustBlock(t, p, p.ClientID, "::ffff:127.0.0.0/104")
	cognatetest.WantError(t, "InitiateAuth(IPv4 in an IPv6 range)", calls["InitiateAuth"](), blocked)
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	cognatetest.WantError(t, "InitiateAuth(client inherits)", calls["InitiateAuth"](), blocked)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolAddOns: &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeAudit}})
	p.MustSignIn("ann", "") // AUDIT does not act
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID})
	p.MustSignIn("ann", "")
}

// The address of UserContextData counts only from a client with a secret that may propagate it. Another client could choose an
// address that is not blocked.
func TestPropagatedAddress(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	p.MustUser("ann")
	mustBlock(t, p, "", "203.0.113.0/24")
	signIn := func(c *cognatetest.UserPool, address string) error {
		in := &api.InitiateAuthInput{
			ClientId: c.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, UserContextData: &api.UserContextDataType{IpAddress: address},
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
		}
		if c.ClientSecret != "" {
			in.AuthParameters["SECRET_HASH"] = c.SecretHash("ann")
		}
		_, err := p.Client.InitiateAuth(t.Context(), in)
		return err
	}
	secret := cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.GenerateSecret = new(true) })
	propagates := cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.EnablePropagateAdditionalUserContextData = new(true) })
	wantNoError(t, "InitiateAuth(public client)", signIn(p, "203.0.113.5"))
	wantNoError(t, "InitiateAuth(client with a secret)", signIn(p.WithClient(p.MustClient(secret)), "203.0.113.5"))
	trusted := p.WithClient(p.MustClient(secret, propagates))
	cognatetest.WantError(t, "InitiateAuth(propagated)", signIn(trusted, "203.0.113.5"), api.NotAuthorizedException("Request not allowed due to security reasons."))
	wantNoError(t, "InitiateAuth(another address)", signIn(trusted, "198.51.100.5"))
	wantNoError(t, "InitiateAuth(no address)", signIn(trusted, "here"))
}

// A sign-in by an administrator's application is blocked by the address of its user, and not by that of the application.
func TestBlockedContextData(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	p.MustUser("ann")
	mustBlock(t, p, "", "203.0.113.0/24", "127.0.0.0/8")
	signIn := func(address, password string) error {
		_, err := from(t, p, address, chrome, password)
		return err
	}
	blocked := api.NotAuthorizedException("Request not allowed due to security reasons.")
	cognatetest.WantError(t, "AdminInitiateAuth(blocked address)", signIn("203.0.113.9", cognatetest.Password), blocked)
	cognatetest.WantError(t, "AdminInitiateAuth(blocked address, wrong password)", signIn("203.0.113.9", "wrong"), blocked)
	_, err := p.Client.AdminRespondToAuthChallenge(t.Context(), &api.AdminRespondToAuthChallengeInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, ChallengeName: api.ChallengeNameTypeSmsMfa,
		ContextData: &api.ContextDataType{IpAddress: "203.0.113.9", ServerName: "app", ServerPath: "/", HttpHeaders: []api.HttpHeader{}},
	})
	cognatetest.WantError(t, "AdminRespondToAuthChallenge(blocked address)", err, blocked)
	wantNoError(t, "AdminInitiateAuth(another address)", signIn("198.51.100.9", cognatetest.Password))
	wantNoError(t, "AdminInitiateAuth(no address)", signIn("here", cognatetest.Password))
	_, err = p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
	})
	wantNoError(t, "AdminInitiateAuth(without ContextData)", err)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolAddOns: &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeAudit}})
	wantNoError(t, "AdminInitiateAuth(blocked address, AUDIT)", signIn("203.0.113.9", cognatetest.Password))
}

func wantNoError(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s = %v, want success", what, err)
	}
}
