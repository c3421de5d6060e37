package subject_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/throttle"
)

// shownPool is a pool with a user, by whom the values of an unknown name are compared.
type shownPool struct {
	options    []cognatetest.Option
	username   string   // of the user, as an administrator typed it
	attributes []string // of the user; pairs
	// user and unknown are spellings of the user's name and of an unknown name, alike one by one.
	user, unknown []string
	// hasUsername reports that a challenge of SRP shows the username, which is not the typed alias
	// (docs/divergences/sign-in.md).
	hasUsername bool
}

var (
	byEmail = cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail)
	factors = cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp)
	sms     = cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.SmsConfiguration = &api.SmsConfigurationType{SnsCallerArn: cognatetest.SMSRole, ExternalId: "external"}
	})
	phoneNames = cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UsernameAttributes = []api.UsernameAttributeType{api.UsernameAttributeTypePhoneNumber}
	})
)

var shownPools = map[string]shownPool{
	"email addresses": {
		options: []cognatetest.Option{cognatetest.UsernameIsEmail(), byEmail, factors}, username: "Ann@Example.com",
		attributes: []string{"email_verified", "true"}, user: []string{"Ann@Example.com"}, unknown: []string{"Eve@Example.com"},
	},
	"email addresses, any case": {
		options: []cognatetest.Option{cognatetest.UsernameIsEmail(), cognatetest.IgnoreCase(), byEmail, factors}, username: "Ann@Example.com",
		attributes: []string{"email_verified", "true"},
		user:       []string{"ann@example.com", "ANN@Example.com"}, unknown: []string{"eve@example.com", "EVE@Example.com"},
	},
	"email address not verified": {
		options: []cognatetest.Option{cognatetest.UsernameIsEmail(), byEmail}, username: "ann@example.com",
		user: []string{"ann@example.com"}, unknown: []string{"eve@example.com"},
	},
	"email addresses, recovery by phone first": {
		options: []cognatetest.Option{
			cognatetest.UsernameIsEmail(), byEmail, factors,
			cognatetest.Recovery(api.RecoveryOptionNameTypeVerifiedPhoneNumber, api.RecoveryOptionNameTypeVerifiedEmail),
		},
		username: "ann@example.com", attributes: []string{"email_verified", "true"},
		user: []string{"ann@example.com"}, unknown: []string{"eve@example.com"},
	},
	"phone numbers, recovery by email first": {
		options: []cognatetest.Option{phoneNames, sms, cognatetest.AutoVerify(api.VerifiedAttributeTypePhoneNumber)}, username: "+15555550100",
		attributes: []string{"phone_number_verified", "true"}, user: []string{"+15555550100"}, unknown: []string{"+15555550199"},
	},
	"usernames": {
		options: []cognatetest.Option{byEmail, factors}, username: "Ann",
		attributes: []string{"email", "Zoe@Example.com", "email_verified", "true"}, user: []string{"Ann"}, unknown: []string{"Eve"},
	},
	"usernames, any case": {
		options: []cognatetest.Option{cognatetest.IgnoreCase(), byEmail, factors}, username: "Ann",
		attributes: []string{"email", "Zoe@Example.com", "email_verified", "true"},
		user:       []string{"ann", "ANN", "aNn"}, unknown: []string{"eve", "EVE", "eVe"},
	},
	"aliases": {
		options: []cognatetest.Option{cognatetest.EmailIsAlias(), byEmail, factors}, username: "Ann",
		attributes: []string{"email", "Zoe@Example.com", "email_verified", "true"},
		user:       []string{"Zoe@Example.com"}, unknown: []string{"Eve@Example.com"}, hasUsername: true,
	},
}

// TestShownValuesLookAlike compares the values that a client which is not authenticated sees for a user and for an unknown
// name: identifiers, names, the offered challenges, media and destinations, under every spelling, and until the limits and the
// lockout act and after.
func TestShownValuesLookAlike(t *testing.T) {
	t.Parallel()
	for name, tt := range shownPools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, show := range shows {
				if tt.hasUsername && strings.Contains(what, "SRP") {
					continue
				}
				p := cognatetest.Pool(t, append([]cognatetest.Option{cognatetest.AdminCreateOnly()}, tt.options...)...)
				p.MustUser(tt.username, cognatetest.Attributes(tt.attributes...)...)
				mustClient(t, p, api.PreventUserExistenceErrorTypesEnabled)
				user, unknown := newShown(), newShown()
				for i := range 35 {
					k := i % len(tt.user)
					want, got := user.see(tt.user[k], show(t, p, tt.user[k])), unknown.see(tt.unknown[k], show(t, p, tt.unknown[k]))
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("%s, request %d: an unknown name differs (-user +unknown):\n%s", what, i+1, diff)
					}
				}
			}
		})
	}
}

// The masked destination of one name is the same in each operation, before and after a limit acts.
func TestDestinationsStayTheSame(t *testing.T) {
	t.Parallel()
	for name, tt := range shownPools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, append([]cognatetest.Option{cognatetest.AdminCreateOnly()}, tt.options...)...)
			p.MustUser(tt.username, cognatetest.Attributes(tt.attributes...)...)
			mustClient(t, p, api.PreventUserExistenceErrorTypesEnabled)
			for _, typed := range []string{tt.user[0], tt.unknown[0]} {
				seen := make(map[string]bool)
				for i := range 32 {
					for _, what := range []string{"USER_AUTH, EMAIL_OTP", "ForgotPassword", "ResendConfirmationCode"} {
						if what == "USER_AUTH, EMAIL_OTP" && i < 2 { // leave the budget to the others at first
							continue
						}
						if destination := shows[what](t, p, typed)["destination"]; destination != "" {
							seen[destination] = true
						}
					}
				}
				if len(seen) != 1 {
					t.Errorf("destinations of %s: %v, want one", typed, slices.Sorted(maps.Keys(seen)))
				}
			}
		})
	}
}

// Failures and requests of one user are counted together, under each spelling and alias of the user.
func TestCountsOfAllNamesOfAUser(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.EmailIsAlias(), cognatetest.IgnoreCase(), byEmail, factors)
	p.MustUser("Ann", cognatetest.Attributes("email", "Ann@Example.com", "email_verified", "true", "preferred_username", "Annie")...)
	mustClient(t, p, api.PreventUserExistenceErrorTypesEnabled)
	names := []string{"Ann", "ann@example.com", "ANN", "Ann@Example.com", "annie", "ANNIE"}
	for what, tt := range map[string]struct {
		free int
		want string
	}{
		"USER_PASSWORD_AUTH":    {5, api.ErrAttemptsExceeded.Error()},
		"ForgotPassword":        {5, throttle.ErrExceeded.Error()},
		"ConfirmForgotPassword": {15, throttle.ErrExceeded.Error()},
	} {
		for i := range tt.free {
			if got := shows[what](t, p, names[i%len(names)])["error"]; got == tt.want {
				t.Errorf("%s, request %d as %s = %s, want it within the limit", what, i+1, names[i%len(names)], got)
			}
		}
		for _, name := range names {
			if got := shows[what](t, p, name)["error"]; got != tt.want {
				t.Errorf("%s as %s over the limit = %q, want %q", what, name, got, tt.want)
			}
		}
	}
}

// shows are the operations, by the values that the client sees.
var shows = map[string]func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string{
	"USER_SRP_AUTH": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		return shownChallenge(start(t, p, api.AuthFlowTypeUserSrpAuth, name, "SRP_A", srpA))
	},
	"USER_AUTH, PASSWORD_SRP": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		return shownChallenge(start(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", srpA))
	},
	"USER_AUTH": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		return shownChallenge(start(t, p, api.AuthFlowTypeUserAuth, name))
	},
	"USER_AUTH, EMAIL_OTP": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		return shownChallenge(start(t, p, api.AuthFlowTypeUserAuth, name, "PREFERRED_CHALLENGE", "EMAIL_OTP"))
	},
	"USER_PASSWORD_AUTH": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		return shownChallenge(start(t, p, api.AuthFlowTypeUserPasswordAuth, name, "PASSWORD", "Wrong-horse-7"))
	},
	"ForgotPassword": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		out, err := p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: p.ClientID, Username: name})
		if err != nil {
			return map[string]string{"error": err.Error()}
		}
		return shownDelivery(out.CodeDeliveryDetails)
	},
	"ResendConfirmationCode": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		out, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: name})
		if err != nil {
			return map[string]string{"error": err.Error()}
		}
		return shownDelivery(out.CodeDeliveryDetails)
	},
	"ConfirmForgotPassword": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		_, err := p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
			ClientId: p.ClientID, Username: name, ConfirmationCode: "wrong", Password: "Another-horse-7",
		})
		return map[string]string{"error": fmt.Sprint(err)}
	},
	"ConfirmSignUp": func(t *testing.T, p *cognatetest.UserPool, name string) map[string]string {
		_, err := p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{ClientId: p.ClientID, Username: name, ConfirmationCode: "wrong"})
		return map[string]string{"error": fmt.Sprint(err)}
	},
}

func shownChallenge(out *api.InitiateAuthOutput, err error) map[string]string {
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	values := maps.Clone(out.ChallengeParameters)
	if values == nil {
		values = make(map[string]string)
	}
	values["challenge"], values["available"] = string(out.ChallengeName), fmt.Sprint(out.AvailableChallenges)
	values["Session"] = fmt.Sprintf("%d characters", len(out.Session))
	for parameter, shown := range map[string]string{"CODE_DELIVERY_DELIVERY_MEDIUM": "medium", "CODE_DELIVERY_DESTINATION": "destination"} {
		if value, ok := values[parameter]; ok {
			values[shown] = value
			delete(values, parameter)
		}
	}
	for _, random := range []string{"SALT", "SRP_B", "SECRET_BLOCK"} {
		if value, ok := values[random]; ok {
			values[random] = fmt.Sprintf("%d characters", len(value)/4*4) // a number may have a leading zero less
		}
	}
	if _, ok := values["SRP_B"]; ok {
		values["SRP_B"], values["SALT"] = "a number", "a number"
	}
	return values
}

func shownDelivery(d *api.CodeDeliveryDetailsType) map[string]string {
	return map[string]string{"medium": string(d.DeliveryMedium), "destination": d.Destination, "attribute": d.AttributeName}
}

// shown gives the values of one name the form in which they can be compared with those of another.
type shown struct {
	ids map[string]string // number of each identifier and destination, in order of appearance
}

func newShown() *shown { return &shown{make(map[string]string)} }

var (
	subForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-70[0-9a-f]{2}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	maskForm = regexp.MustCompile(`^([a-z]\*\*\*@[a-z]\*\*\*|\+\*{7}[0-9]{4})$`)
)

func (s *shown) see(typed string, values map[string]string) map[string]string {
	out := make(map[string]string)
	for key, value := range values {
		switch {
		case value == typed:
			value = "the name as typed"
		case value == strings.ToLower(typed):
			value = "the name in lower case"
		case subForm.MatchString(value):
			value = s.number("sub", value)
		case maskForm.MatchString(value):
			value = s.number("mask", value)
		}
		out[key] = value
	}
	return out
}

// number returns "FORM n", the same n for the same value.
func (s *shown) number(form, value string) string {
	if s.ids[value] == "" {
		s.ids[value] = fmt.Sprintf("%s %d", form, len(s.ids)+1)
	}
	return s.ids[value]
}
