package threat_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

const compromised = "Compromised-horse-7"

var (
	refused = api.InvalidPasswordException("Provided password cannot be used for security reasons.")
	reset   = api.PasswordResetRequiredException("Password reset required for user due to security reasons")
)

const (
	block    = api.CompromisedCredentialsEventActionTypeBlock
	noAction = api.CompromisedCredentialsEventActionTypeNoAction
)

// listed returns a pool with a compromised password and its action. clientID is empty for the pool itself.
func listed(t *testing.T, mode api.AdvancedSecurityModeType, action api.CompromisedCredentialsEventActionType, filter ...api.EventFilterType) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(mode), cognatetest.Flows(
		"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"))
	p.CompromisedPasswords.Add(compromised)
	mustCompromise(t, p, "", action, filter...)
	return p
}

func mustCompromise(t *testing.T, p *cognatetest.UserPool, clientID string, action api.CompromisedCredentialsEventActionType, filter ...api.EventFilterType) {
	t.Helper()
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID, ClientId: clientID,
		CompromisedCredentialsRiskConfiguration: &api.CompromisedCredentialsRiskConfigurationType{
			EventFilter: filter, Actions: &api.CompromisedCredentialsActionsType{EventAction: action},
		},
		RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{SkippedIPRangeList: []string{"127.0.0.0/8"}},
	})
}

// mustHave creates a confirmed user with a compromised password: administrators can set one.
func mustHave(t *testing.T, p *cognatetest.UserPool, name string) {
	t.Helper()
	p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: name, MessageAction: api.MessageActionTypeSuppress, TemporaryPassword: compromised,
		UserAttributes: []api.AttributeType{{Name: "email", Value: name + "@example.com"}, {Name: "email_verified", Value: "true"}},
	})
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: name, Password: compromised, Permanent: new(true),
	})
}

func signIn(t *testing.T, p *cognatetest.UserPool, flow api.AuthFlowType, password string) error {
	t.Helper()
	parameters := map[string]string{"USERNAME": "ann", "PASSWORD": password}
	if flow == api.AuthFlowTypeUserAuth {
		parameters["PREFERRED_CHALLENGE"] = "PASSWORD"
	}
	if flow == api.AuthFlowTypeAdminUserPasswordAuth {
		_, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters,
		})
		return err
	}
	_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters})
	return err
}

func status(t *testing.T, p *cognatetest.UserPool) api.UserStatusType {
	t.Helper()
	return p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserStatus
}

// wantFound checks the newest event of ann.
func wantFound(t *testing.T, p *cognatetest.UserPool, found bool, decision api.RiskDecisionType, response api.EventResponseType) {
	t.Helper()
	list := events(t, p, "ann")
	if len(list) == 0 {
		t.Fatal("no event")
	}
	e := list[0]
	if *e.EventRisk.CompromisedCredentialsDetected != found || e.EventRisk.RiskDecision != decision || e.EventResponse != response {
		t.Errorf("event = %s %+v, found %v, want %s %s, found %v", e.EventResponse, e.EventRisk, *e.EventRisk.CompromisedCredentialsDetected, response, decision, found)
	}
}

func TestCompromisedSignIn(t *testing.T) {
	t.Parallel()
	const enforced, audit, off = api.AdvancedSecurityModeTypeEnforced, api.AdvancedSecurityModeTypeAudit, api.AdvancedSecurityModeTypeOff
	const password, admin, choice = api.AuthFlowTypeUserPasswordAuth, api.AuthFlowTypeAdminUserPasswordAuth, api.AuthFlowTypeUserAuth
	for what, tt := range map[string]struct {
		mode            api.AdvancedSecurityModeType
		action          api.CompromisedCredentialsEventActionType
		filter          []api.EventFilterType
		flow            api.AuthFlowType
		blocked, silent bool // silent: the event does not say that the password is compromised
	}{
		"block":                    {mode: enforced, action: block, flow: password, blocked: true},
		"block, by administrators": {mode: enforced, action: block, flow: admin, blocked: true},
		"block, by choice":         {mode: enforced, action: block, flow: choice, blocked: true},
		"block, this kind":         {mode: enforced, action: block, filter: []api.EventFilterType{"SIGN_UP", "SIGN_IN"}, flow: password, blocked: true},
		"block, other kinds":       {mode: enforced, action: block, filter: []api.EventFilterType{"SIGN_UP", "PASSWORD_CHANGE"}, flow: password, silent: true},
		"no action":                {mode: enforced, action: noAction, flow: password},
		"audit":                    {mode: audit, action: block, flow: password},
		"off":                      {mode: off, action: block, flow: password},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := listed(t, tt.mode, tt.action, tt.filter...)
			mustHave(t, p, "ann")
			err := signIn(t, p, tt.flow, compromised)
			if tt.blocked {
				cognatetest.WantError(t, "InitiateAuth", err, reset)
				if got := status(t, p); got != api.UserStatusTypeResetRequired {
					t.Errorf("status = %s, want RESET_REQUIRED", got)
				}
				wantFound(t, p, true, "Block", fail)
				return
			}
			wantNoError(t, "InitiateAuth", err)
			if got := status(t, p); got != api.UserStatusTypeConfirmed {
				t.Errorf("status = %s, want CONFIRMED", got)
			}
			if tt.mode != off {
				wantFound(t, p, !tt.silent, "NoRisk", pass)
			}
		})
	}
}

// A wrong password is not looked up, so the answer does not show whether it is in the list.
func TestCompromisedWrongPassword(t *testing.T) {
	t.Parallel()
	p := listed(t, api.AdvancedSecurityModeTypeEnforced, block)
	p.MustUser("ann")
	cognatetest.WantError(t, "InitiateAuth(wrong)", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, compromised),
		api.NotAuthorizedException("Incorrect username or password."))
	wantFound(t, p, false, "NoRisk", fail)
	if got := status(t, p); got != api.UserStatusTypeConfirmed {
		t.Errorf("status = %s, want CONFIRMED", got)
	}
}

// The configuration of the app client replaces that of the pool.
func TestCompromisedOfClient(t *testing.T) {
	t.Parallel()
	p := listed(t, api.AdvancedSecurityModeTypeEnforced, block)
	mustHave(t, p, "ann")
	mustCompromise(t, p, p.ClientID, noAction)
	wantNoError(t, "InitiateAuth(no action of the client)", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, compromised))
	mustCompromise(t, p, "", noAction)
	mustCompromise(t, p, p.ClientID, block)
	cognatetest.WantError(t, "InitiateAuth(block of the client)", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, compromised), reset)
}

// After a block, the user sets a new password with a code. Another compromised password does not use the code up.
func TestCompromisedReset(t *testing.T) {
	t.Parallel()
	p := listed(t, api.AdvancedSecurityModeTypeEnforced, block)
	mustHave(t, p, "ann")
	cognatetest.WantError(t, "InitiateAuth", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, compromised), reset)
	p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
	sent, ok := p.Mailbox.Last("ann@example.com")
	if !ok {
		t.Fatal("no message to ann")
	}
	confirm := func(name, code, password string) error {
		_, err := p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
			ClientId: p.ClientID, Username: name, ConfirmationCode: code, Password: password,
		})
		return err
	}
	cognatetest.WantError(t, "ConfirmForgotPassword(compromised)", confirm("ann", sent.Code, compromised), refused)
	cognatetest.WantError(t, "ConfirmForgotPassword(compromised, unknown user)", confirm("nobody", sent.Code, compromised), refused)
	p.Clock.Advance(time.Minute) // events of one millisecond are in no order
	wantNoError(t, "ConfirmForgotPassword", confirm("ann", sent.Code, "Fresh-horse-7"))
	wantFound(t, p, false, "NoRisk", pass)
	wantNoError(t, "InitiateAuth(new password)", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, "Fresh-horse-7"))
}

// Users cannot set a compromised password. Under AUDIT they can, and the event says so.
func TestCompromisedNewPassword(t *testing.T) {
	t.Parallel()
	for what, set := range map[string]func(t *testing.T, p *cognatetest.UserPool) error{
		"SignUp": func(t *testing.T, p *cognatetest.UserPool) error {
			_, err := p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: "ann", Password: compromised})
			return err
		},
		"ChangePassword": func(t *testing.T, p *cognatetest.UserPool) error {
			p.MustUser("ann")
			token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
			p.Clock.Advance(time.Minute)
			_, err := p.Client.ChangePassword(t.Context(), &api.ChangePasswordInput{
				AccessToken: token, PreviousPassword: cognatetest.Password, ProposedPassword: compromised,
			})
			return err
		},
		"NEW_PASSWORD_REQUIRED": func(t *testing.T, p *cognatetest.UserPool) error {
			p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
				UserPoolId: p.PoolID, Username: "ann", TemporaryPassword: cognatetest.Password, MessageAction: api.MessageActionTypeSuppress,
			})
			out := p.MustSignIn("ann", api.ChallengeNameTypeNewPasswordRequired)
			p.Clock.Advance(time.Minute)
			_, err := p.Answer(api.ChallengeNameTypeNewPasswordRequired, out.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": compromised})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := listed(t, api.AdvancedSecurityModeTypeEnforced, block)
			cognatetest.WantError(t, what, set(t, p), refused)
			if what == "ChangePassword" {
				wantFound(t, p, true, "Block", fail)
			}
			p = listed(t, api.AdvancedSecurityModeTypeAudit, block)
			wantNoError(t, what+"(audit)", set(t, p))
			wantFound(t, p, true, "NoRisk", pass)
		})
	}
}

// A temporary password is not looked up: its user must replace it.
func TestCompromisedTemporaryPassword(t *testing.T) {
	t.Parallel()
	p := listed(t, api.AdvancedSecurityModeTypeEnforced, block)
	p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: "ann", TemporaryPassword: compromised, MessageAction: api.MessageActionTypeSuppress,
	})
	wantNoError(t, "InitiateAuth", signIn(t, p, api.AuthFlowTypeUserPasswordAuth, compromised))
	wantFound(t, p, false, "NoRisk", inProgress)
}
