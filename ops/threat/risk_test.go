package threat_test

import (
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// from signs in ann as an administrator's application says that she is at an address, with a browser.
func from(t *testing.T, p *cognatetest.UserPool, address, agent, password string) (*api.AdminInitiateAuthOutput, error) {
	t.Helper()
	p.Clock.Advance(11 * time.Minute) // failures before do not count
	return p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
		ContextData: &api.ContextDataType{
			IpAddress: address, ServerName: "app", ServerPath: "/", HttpHeaders: []api.HttpHeader{{HeaderName: "User-Agent", HeaderValue: agent}},
		},
	})
}

const (
	home, away      = "203.0.113.9", "198.51.100.9"
	chrome, firefox = "Chrome/126 Windows NT 10.0", "Firefox/126 Linux"
)

// mustAct sets what a pool does about sign-ins with a low risk, and skips a range.
func mustAct(t *testing.T, p *cognatetest.UserPool, action api.AccountTakeoverEventActionType, skipped ...string) {
	t.Helper()
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID, RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{SkippedIPRangeList: skipped},
		AccountTakeoverRiskConfiguration: &api.AccountTakeoverRiskConfigurationType{Actions: &api.AccountTakeoverActionsType{
			LowAction: &api.AccountTakeoverActionType{Notify: new(false), EventAction: action},
		}},
	})
}

var risky = api.NotAuthorizedException("Unable to login because of security reasons.")

func TestRiskActions(t *testing.T) {
	t.Parallel()
	const noAction, block = api.AccountTakeoverEventActionTypeNoAction, api.AccountTakeoverEventActionTypeBlock
	const ifConfigured, required = api.AccountTakeoverEventActionTypeMfaIfConfigured, api.AccountTakeoverEventActionTypeMfaRequired
	const token = api.ChallengeNameTypeSoftwareTokenMfa
	for what, tt := range map[string]struct {
		mode      api.AdvancedSecurityModeType
		action    api.AccountTakeoverEventActionType
		hasToken  bool
		skipped   string
		address   string
		challenge api.ChallengeNameType
		refusal   *api.Error
		decision  api.RiskDecisionType
		level     api.RiskLevelType
	}{
		"known network":                 {mode: "ENFORCED", action: block, address: home, decision: "NoRisk"},
		"no action":                     {mode: "ENFORCED", action: noAction, address: away, decision: "AccountTakeover", level: "Low"},
		"block":                         {mode: "ENFORCED", action: block, address: away, refusal: risky, decision: "Block", level: "Low"},
		"block, audited":                {mode: "AUDIT", action: block, address: away, decision: "AccountTakeover", level: "Low"},
		"block, skipped":                {mode: "ENFORCED", action: block, address: away, skipped: "198.51.100.0/24", decision: "NoRisk"},
		"MFA required, none":            {mode: "ENFORCED", action: required, address: away, refusal: risky, decision: "Block", level: "Low"},
		"MFA required, with a token":    {mode: "ENFORCED", action: required, hasToken: true, address: away, challenge: token, decision: "AccountTakeover", level: "Low"},
		"MFA if configured, none":       {mode: "ENFORCED", action: ifConfigured, address: away, decision: "AccountTakeover", level: "Low"},
		"MFA if configured, with token": {mode: "ENFORCED", action: ifConfigured, hasToken: true, address: away, challenge: token, decision: "AccountTakeover", level: "Low"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, cognatetest.ThreatProtection(tt.mode), cognatetest.MFA(api.UserPoolMfaTypeOptional))
			p.MustUser("ann")
			var skipped []string
			if tt.skipped != "" {
				skipped = []string{tt.skipped}
			}
			mustAct(t, p, tt.action, skipped...)
			first := cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
			secret := ""
			if tt.hasToken {
				secret = p.MustEnrolWith(first.AuthenticationResult.AccessToken)
			}
			_, err := from(t, p, away, firefox, "Wrong-horse-7")
			cognatetest.WantError(t, "AdminInitiateAuth(wrong password)", err, api.NotAuthorizedException("Incorrect username or password."))
			agent := chrome
			if tt.address == away {
				agent = firefox
			}
			out, err := from(t, p, tt.address, agent, cognatetest.Password)
			if tt.refusal != nil {
				cognatetest.WantError(t, "AdminInitiateAuth", err, tt.refusal)
			} else if wantNoError(t, "AdminInitiateAuth", err); err == nil && out.ChallengeName != tt.challenge {
				t.Errorf("challenge = %q, want %q", out.ChallengeName, tt.challenge)
			}
			got := events(t, p, "ann")[0].EventRisk
			if got.RiskDecision != tt.decision || got.RiskLevel != tt.level {
				t.Errorf("EventRisk = %+v, want %s %q", got, tt.decision, tt.level)
			}
			if tt.challenge != "" && err == nil {
				_, err := p.AnswerCode("ann", out.Session, p.Code(secret))
				wantNoError(t, "RespondToAuthChallenge", err)
				again, err := from(t, p, away, firefox, cognatetest.Password)
				if wantNoError(t, "AdminInitiateAuth(known now)", err); err == nil && again.AuthenticationResult == nil {
					t.Errorf("the next sign-in leads to %q, want tokens", again.ChallengeName)
				}
			}
		})
	}
}

// A sign-in after failures of the user has a risk, and feedback makes a device and a network known or unknown.
func TestRiskOfFailuresAndFeedback(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	level := func(what string, want api.RiskLevelType) string {
		t.Helper()
		e := events(t, p, "ann")[0]
		if e.EventRisk.RiskLevel != want {
			t.Errorf("%s: level = %q, want %q", what, e.EventRisk.RiskLevel, want)
		}
		return e.EventId
	}
	judge := func(id string, value api.FeedbackValueType) {
		t.Helper()
		p.Must(t).AdminUpdateAuthEventFeedback(&api.AdminUpdateAuthEventFeedbackInput{UserPoolId: p.PoolID, Username: "ann", EventId: id, FeedbackValue: value})
	}
	cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
	level("the first sign-in", "")
	cognatetest.Try(from(t, p, away, firefox, cognatetest.Password)).Of(t)
	id := level("a new device and network", api.RiskLevelTypeLow)
	judge(id, api.FeedbackValueTypeInvalid)
	cognatetest.Try(from(t, p, away, firefox, cognatetest.Password)).Of(t)
	judge(level("after the feedback Invalid", api.RiskLevelTypeLow), api.FeedbackValueTypeInvalid)
	judge(id, api.FeedbackValueTypeValid)
	cognatetest.Try(from(t, p, away, firefox, cognatetest.Password)).Of(t)
	level("after the feedback Valid", "")

	p.Clock.Advance(time.Hour)
	for range 5 {
		if _, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Wrong-horse-7"},
		}); err == nil {
			t.Fatal("a wrong password was accepted")
		}
	}
	p.Clock.Advance(5 * time.Minute)
	p.MustSignIn("ann", "")
	level("a new device and network after five failures", api.RiskLevelTypeHigh)
}

// The place of an address is in the event. A new country, or a place that is too far away, is a risk.
func TestRiskOfPlaces(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	const neighbour, abroad, far = "203.0.113.77", "203.0.113.88", "203.0.113.99" // in the same network
	p.Places.Set(home, cognate.Place{CountryCode: "DE", Country: "Germany", City: "Berlin", Latitude: 52.52, Longitude: 13.405})
	p.Places.Set(neighbour, cognate.Place{CountryCode: "DE", Country: "Germany", City: "Potsdam", Latitude: 52.4, Longitude: 13.07})
	p.Places.Set(abroad, cognate.Place{CountryCode: "FR", Country: "France"})
	p.Places.Set(far, cognate.Place{CountryCode: "JP", Country: "Japan", City: "Tokyo", Latitude: 35.69, Longitude: 139.69})
	for _, tt := range []struct {
		address, country, city string
		level                  api.RiskLevelType
	}{
		{home, "Germany", "Berlin", ""},
		{neighbour, "Germany", "Potsdam", ""},
		{abroad, "France", "null", api.RiskLevelTypeLow},
		{"203.0.113.1", "", "", ""},
		{far, "Japan", "Tokyo", api.RiskLevelTypeHigh},
		{home, "Germany", "Berlin", api.RiskLevelTypeHigh},
	} {
		cognatetest.Try(from(t, p, tt.address, chrome, cognatetest.Password)).Of(t)
		e := events(t, p, "ann")[0]
		if c := e.EventContextData; c.Country != tt.country || c.City != tt.city || e.EventRisk.RiskLevel != tt.level {
			t.Errorf("event from %s = %q %q, risk %q, want %q %q, risk %q", tt.address, c.Country, c.City, e.EventRisk.RiskLevel, tt.country, tt.city, tt.level)
		}
	}
}
