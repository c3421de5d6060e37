package signin_test

import (
	"os"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const optional = api.UserPoolMfaTypeOptional

// userStates are functions that bring user ann into the states of docs/mfa-states.md. She is signed in to a pool with optional
// MFA.
var userStates = map[string]func(t *testing.T, p *cognatetest.UserPool, access string){
	"no token":      func(*testing.T, *cognatetest.UserPool, string) {},
	"token pending": func(t *testing.T, p *cognatetest.UserPool, access string) { associateOnly(t, p, access) },
	"token verified, factor off": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
	},
	"token verified, factor on": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
	},
	"token verified, factor preferred": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, true)
	},
	"token verified, factor on, then switched off": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
		p.MustPrefer(access, false, false)
	},
	"token verified, factor preferred, then associated anew": func(t *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, true)
		associateOnly(t, p, access)
	},
	"token verified, factor preferred, then associated and verified anew": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, true)
		p.NextStep()
		p.MustEnrolWith(access)
	},
	"token verified, factor off, then associated and verified anew": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.NextStep()
		p.MustEnrolWith(access)
	},
	"token verified, factor preferred, then deleted": func(t *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, true)
		p.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "ann"})
	},
	"token set up at MFA_SETUP": func(_ *testing.T, p *cognatetest.UserPool, _ string) {
		p.MustSetMFA(on)
		p.MustEnrol("ann")
	},

	"no phone, no token": func(*testing.T, *cognatetest.UserPool, string) {},
	"phone, no token":    func(t *testing.T, p *cognatetest.UserPool, _ string) { givePhone(t, p) },
	"phone, SMS on, no token": func(t *testing.T, p *cognatetest.UserPool, _ string) {
		givePhone(t, p)
		prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true)}, nil)
	},
	"no phone, token on": func(t *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
	},
	"phone, token verified, both off": func(t *testing.T, p *cognatetest.UserPool, access string) {
		givePhone(t, p)
		p.MustEnrolWith(access)
	},
	"phone, SMS on, token on": func(t *testing.T, p *cognatetest.UserPool, access string) {
		givePhone(t, p)
		p.MustEnrolWith(access)
		prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true)}, &api.SoftwareTokenMfaSettingsType{Enabled: new(true)})
	},
	"phone, SMS on, token preferred": func(t *testing.T, p *cognatetest.UserPool, access string) {
		givePhone(t, p)
		p.MustEnrolWith(access)
		prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true)}, &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)})
	},
	"phone, SMS preferred, token on": func(t *testing.T, p *cognatetest.UserPool, access string) {
		givePhone(t, p)
		p.MustEnrolWith(access)
		prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)}, &api.SoftwareTokenMfaSettingsType{Enabled: new(true)})
	},
}

// devices are the devices that ann can sign in from. Each function gets the device that she has confirmed and returns the key
// that she names.
var devices = map[string]func(t *testing.T, p *cognatetest.UserPool, access string, d *cognatetest.Device) string{
	"a new device": func(*testing.T, *cognatetest.UserPool, string, *cognatetest.Device) string { return "" },
	"a remembered device": func(t *testing.T, p *cognatetest.UserPool, _ string, d *cognatetest.Device) string {
		showFactor(t, p, d)
		return d.Key
	},
	"a device remembered before any factor": func(_ *testing.T, _ *cognatetest.UserPool, _ string, d *cognatetest.Device) string {
		return d.Key
	},
	"a device that is not remembered": func(t *testing.T, p *cognatetest.UserPool, access string, d *cognatetest.Device) string {
		showFactor(t, p, d)
		p.Must(t).UpdateDeviceStatus(&api.UpdateDeviceStatusInput{
			AccessToken: access, DeviceKey: d.Key, DeviceRememberedStatus: api.DeviceRememberedStatusTypeNotRemembered,
		})
		return d.Key
	},
}

// showFactor makes ann set up a software token on the device, and deletes the token.
func showFactor(t *testing.T, p *cognatetest.UserPool, d *cognatetest.Device) {
	t.Helper()
	p.MustSetMFA(on)
	mustProve(t, p, mustSetUpOn(t, p, d.Key).Session, d)
	p.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "ann"})
	p.MustSetMFA(optional)
	p.NextStep() // the code is spent
}

// mustReach brings ann into a state, which can include a device, and returns the device key that she names.
func mustReach(t *testing.T, p *cognatetest.UserPool, state string) (deviceKey string) {
	t.Helper()
	state, machine, tracks := strings.Cut(state, ", on ")
	reach, known := userStates[state]
	device, knownDevice := devices[machine]
	if !known || tracks && !knownDevice {
		t.Fatalf("docs/mfa-states.md: no way to the state %q on %q", state, machine)
	}
	p.MustUser("ann")
	if !tracks {
		reach(t, p, p.MustSignIn("ann", "").AuthenticationResult.AccessToken)
		return ""
	}
	p.MustTrackDevices(true, false)
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	deviceKey = device(t, p, tokens.AccessToken, p.MustConfirmDevice(tokens))
	reach(t, p, tokens.AccessToken)
	return deviceKey
}

func associateOnly(t *testing.T, p *cognatetest.UserPool, access string) {
	t.Helper()
	p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: access})
}

func givePhone(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann",
		UserAttributes: []api.AttributeType{{Name: "phone_number", Value: "+15555550100"}},
	})
}

func prefer(t *testing.T, p *cognatetest.UserPool, sms *api.SMSMfaSettingsType, token *api.SoftwareTokenMfaSettingsType) {
	t.Helper()
	p.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
		UserPoolId: p.PoolID, Username: "ann", SMSMfaSettings: sms, SoftwareTokenMfaSettings: token,
	})
}

// stateTable is one table of the document: for each state of a user, the outcome in each mode.
type stateTable struct {
	title string
	modes []api.UserPoolMfaType
	rows  map[string][]string
}

func mustReadTables(t *testing.T) []stateTable {
	t.Helper()
	document, err := os.ReadFile("../docs/mfa-states.md")
	if err != nil {
		t.Fatal(err)
	}
	var tables []stateTable
	title, within := "", false
	for line := range strings.Lines(string(document)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case strings.HasPrefix(line, "## "):
			title, within = strings.TrimPrefix(line, "## "), false
		case strings.HasPrefix(line, "| user |"):
			within = true
			table := stateTable{title: title, rows: make(map[string][]string)}
			for _, mode := range cells[1:] {
				table.modes = append(table.modes, api.UserPoolMfaType(mode))
			}
			tables = append(tables, table)
		case !within || !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---"):
		default:
			tables[len(tables)-1].rows[cells[0]] = cells[1:]
		}
	}
	return tables
}

// Checks every cell of the document. The pool changes its mode in both directions while the user stays the same.
func TestMFAStates(t *testing.T) {
	t.Parallel()
	tables := mustReadTables(t)
	if len(tables) != 3 {
		t.Fatalf("docs/mfa-states.md has %d tables of user states, want 3", len(tables))
	}
	s := cognatetest.Start(t)
	for _, table := range tables {
		withSMS := strings.Contains(table.title, "SMS")
		for state, outcomes := range table.rows {
			t.Run(strings.ReplaceAll(table.title+"/"+state, " ", "_"), func(t *testing.T) {
				t.Parallel()
				s := s
				if strings.Contains(state, ", on ") || strings.HasSuffix(state, "verified anew") {
					s = cognatetest.Start(t) // its clock moves
				}
				p := s.Pool(t, cognatetest.MFA(optional))
				device := mustReach(t, p, state)
				for _, i := range []int{0, 1, 2, 1, 0, 2} {
					setMode(t, p, table.modes[i], withSMS)
					checkOutcome(t, p, device, table.modes[i], outcomes[i])
				}
			})
		}
	}
}

func setMode(t *testing.T, p *cognatetest.UserPool, mode api.UserPoolMfaType, withSMS bool) {
	t.Helper()
	if !withSMS || mode == off {
		p.MustSetMFA(mode)
		return
	}
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: mode,
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
		SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: &api.SmsConfigurationType{
			SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external",
		}},
	})
}

func checkOutcome(t *testing.T, p *cognatetest.UserPool, device string, mode api.UserPoolMfaType, want string) {
	t.Helper()
	out := cognatetest.Try(p.SignInOn("ann", device)).Of(t)
	got := string(out.ChallengeName)
	if out.AuthenticationResult != nil {
		got = "tokens"
	}
	if got != want {
		t.Errorf("mode %s: sign-in leads to %s, want %s", mode, got, want)
	}
	if choose := out.ChallengeParameters["MFAS_CAN_CHOOSE"]; want == "SELECT_MFA_TYPE" && choose != `["SMS_MFA","SOFTWARE_TOKEN_MFA"]` {
		t.Errorf("mode %s: MFAS_CAN_CHOOSE = %s", mode, choose)
	}
}
