package signin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// flowPaths lead to every challenge, from every flow that can lead there.
var flowPaths = []*flowPath{
	{name: "password", pool: inFirst, user: "ann", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "srp", pool: inFirst, user: "ann", flow: "USER_SRP_AUTH", parameters: withSRPA},
	{
		name: "choice", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password),
	},
	{
		name: "choice of password", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "PASSWORD"),
	},
	{
		name: "choice of srp", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "PASSWORD_SRP"),
	},
	{
		name: "choice of srp with SRP_A", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "PASSWORD_SRP", "SRP_A", ""),
	},
	{
		name: "choice of email", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "EMAIL_OTP"),
	},
	{
		name: "choice of sms", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "SMS_OTP"),
	},
	{
		name: "choice of passkey", pool: inFirst, user: "ann", flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "WEB_AUTHN"),
	},
	{name: "preferred password", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("PASSWORD")},
	{
		name: "preferred password at once", pool: inFirst, user: "ann", flow: "USER_AUTH",
		parameters: preferring("PASSWORD", withPasswordParameter...),
	},
	{name: "preferred srp", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("PASSWORD_SRP")},
	{name: "preferred srp with SRP_A", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("PASSWORD_SRP", withSRPA...)},
	{name: "preferred email", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("EMAIL_OTP")},
	{name: "preferred sms", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("SMS_OTP")},
	{name: "preferred passkey", pool: inFirst, user: "ann", flow: "USER_AUTH", parameters: preferring("WEB_AUTHN")},
	{name: "sign-up", pool: inFirst, user: signedUpUser, flow: "USER_AUTH"},
	{name: "custom", pool: inFirst, user: "ann", flow: "CUSTOM_AUTH"},
	{name: "custom after srp", pool: inFirst, user: "ann", flow: "CUSTOM_AUTH", parameters: customSRP},
	{name: "refresh", pool: inFirst, user: "ann", flow: "REFRESH_TOKEN_AUTH", parameters: withRefreshToken},
	{name: "refresh by the short name", pool: inFirst, user: "ann", flow: "REFRESH_TOKEN", parameters: withRefreshToken},
	{name: "new password", pool: inFirst, user: invitedUser, flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "new password after srp", pool: inFirst, user: invitedUser, flow: "USER_SRP_AUTH", parameters: withSRPA},
	{
		name: "new password after choice", pool: inFirst, user: invitedUser, flow: "USER_AUTH",
		choices: choice("SELECT_CHALLENGE", "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password),
	},
	{name: "new password after custom", pool: inFirst, user: invitedUser, flow: "CUSTOM_AUTH"},
	{
		name: "new password with required attributes", pool: inRequired, user: invitedUser, flow: "USER_PASSWORD_AUTH",
		parameters: withPasswordParameter,
	},

	{name: "sms", pool: inSecond, user: "sam", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "sms after srp", pool: inSecond, user: "sam", flow: "USER_SRP_AUTH", parameters: withSRPA},
	{name: "sms after choice", pool: inSecond, user: "sam", flow: "USER_AUTH", parameters: preferring("PASSWORD")},
	{name: "sms after custom", pool: inSecond, user: "sam", flow: "CUSTOM_AUTH"},
	{
		name: "sms in custom", pool: inSecond, user: "sam", flow: "CUSTOM_AUTH", parameters: customSRP,
		metadata: map[string]string{"ask": "SMS_MFA"},
	},
	{name: "email", pool: inSecond, user: "mia", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "email after srp", pool: inSecond, user: "mia", flow: "USER_SRP_AUTH", parameters: withSRPA},
	{name: "token", pool: inSecond, user: "tom", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "token after srp", pool: inSecond, user: "tom", flow: "USER_SRP_AUTH", parameters: withSRPA},
	{
		name: "token in custom", pool: inSecond, user: "tom", flow: "CUSTOM_AUTH", parameters: customSRP,
		metadata: map[string]string{"ask": "SOFTWARE_TOKEN_MFA"},
	},
	{name: "token with a name", pool: inSecond, user: "tia", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{
		name: "token of several factors", pool: inSecond, user: "sue", flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter,
		choices: choice("SELECT_MFA_TYPE", "ANSWER", "SOFTWARE_TOKEN_MFA"),
	},
	{
		name: "sms of several factors", pool: inSecond, user: "sue", flow: "USER_SRP_AUTH", parameters: withSRPA,
		choices: choice("SELECT_MFA_TYPE", "ANSWER", "SMS_MFA"),
	},
	{name: "set-up of a token", pool: inSecond, user: newUser, flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{name: "set-up of a token after srp", pool: inSecond, user: newUser, flow: "USER_SRP_AUTH", parameters: withSRPA},
	{
		name: "set-up of email", pool: inSecond, user: newUser, flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter,
		choices: choice("MFA_SETUP", "EMAIL", setupEmail),
	},
	{name: "new password, then email", pool: inSecond, user: invitedUser, flow: "USER_PASSWORD_AUTH", parameters: withPasswordParameter},
	{
		name: "device", pool: inSecond, user: "dev", flow: "USER_PASSWORD_AUTH",
		parameters: append([]string{"DEVICE_KEY", ""}, withPasswordParameter...),
	},
	{name: "device after srp", pool: inSecond, user: "dev", flow: "USER_SRP_AUTH", parameters: append([]string{"DEVICE_KEY", ""}, withSRPA...)},
	{
		name: "refresh on a device", pool: inSecond, user: "dev", flow: "REFRESH_TOKEN_AUTH",
		parameters: append([]string{"DEVICE_KEY", ""}, withRefreshToken...),
	},
}

// The parameters of flows, in pairs.
var (
	withPasswordParameter = []string{"PASSWORD", cognatetest.Password}
	withSRPA              = []string{"SRP_A", ""}
	withRefreshToken      = []string{"REFRESH_TOKEN", ""}
	customSRP             = []string{"CHALLENGE_NAME", "SRP_A", "SRP_A", ""}
)

func preferring(challenge string, parameters ...string) []string {
	return append([]string{"PREFERRED_CHALLENGE", challenge}, parameters...)
}

func choice(challenge api.ChallengeNameType, pairs ...string) map[api.ChallengeNameType][]string {
	return map[api.ChallengeNameType][]string{challenge: pairs}
}

// TestChallengeShapes compares every answer of a sign-in along each path with testdata/challenges.golden: its members, its
// challenge's parameters and their values. Values that differ from run to run are masked. If the operations of users and of
// administrators give the same answers on a path, the file contains them once.
func TestChallengeShapes(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	shown := newFlowServer(t, true, false)
	for _, path := range flowPaths {
		app, admin := shown.shape(path, false), ""
		if path.name != "refresh on a device" { // an administrator's sign-in is on no device
			admin = shown.shape(path, true)
		}
		if strings.NewReplacer("Admin", "", "ADMIN_", "").Replace(admin) == app {
			fmt.Fprintf(&out, "# %s; administrators alike\n%s", path.name, app)
			continue
		}
		fmt.Fprintf(&out, "# %s\n%s", path.name, app)
		if admin != "" {
			fmt.Fprintf(&out, "# %s, administrator\n%s", path.name, admin)
		}
	}
	hidden := newFlowServer(t, true, true)
	for _, path := range flowPaths {
		if path.user == "ann" && !strings.HasPrefix(path.name, "refresh") {
			fmt.Fprintf(&out, "# %s, unknown user\n%s", path.name, hidden.shape(path.of(hidden.unknown), false))
		}
	}
	wantGolden(t, "challenges.golden", out.String())
}

// of returns the path of another user.
func (p flowPath) of(user string) *flowPath {
	p.user = user
	return &p
}

// shape signs in and returns every answer, and the error that ends the sign-in, if one does.
func (s *flowServer) shape(path *flowPath, admin bool) string {
	s.t.Helper()
	s.Clock.Advance(hour)
	w := s.newWalk(path, admin)
	var out strings.Builder
	r := w.begin()
	for {
		fmt.Fprintf(&out, "%s %s\n", r.operation, r.members["AuthFlow"]+r.members["ChallengeName"])
		w.sign(r)
		answer, err := w.send(r)
		if err != nil {
			fmt.Fprintf(&out, "  %v\n\n", err)
			return out.String()
		}
		for _, line := range flatten("", answer) {
			fmt.Fprintf(&out, "  %s\n", w.mask(line))
		}
		if answer["AuthenticationResult"] != nil {
			return out.String() + "\n"
		}
		r = w.next(answer)
	}
}

// flatten returns a line for each leaf of a JSON value, sorted: "member.member: value".
func flatten(name string, value any) []string {
	members, ok := value.(map[string]any)
	if !ok || len(members) == 0 && name != "" {
		leaf, _ := json.Marshal(value)
		return []string{name + ": " + string(leaf)}
	}
	var lines []string
	for _, member := range slices.Sorted(maps.Keys(members)) {
		lines = append(lines, flatten(strings.TrimPrefix(name+"."+member, "."), members[member])...)
	}
	return lines
}

// mask replaces a value that differs from run to run.
type mask struct {
	member, value *regexp.Regexp
	as            string
}

// The masks, by the end of the member's name.
var masks = []mask{
	{regexp.MustCompile(`(Session|SECRET_BLOCK)$`), regexp.MustCompile(`[-\w+/=]{100,}`), "BASE64"},
	{regexp.MustCompile(`Token$`), regexp.MustCompile(`eyJ[-\w]+\.eyJ[-\w]+\.[-\w]{100,}`), "JWT"},
	{regexp.MustCompile(`RefreshToken$`), regexp.MustCompile(`[-\w.]{40,}`), "OPAQUE"},
	{regexp.MustCompile(`(SALT|SRP_B)$`), regexp.MustCompile(`[0-9a-f]{20,}`), "HEX"},
	{regexp.MustCompile(`.`), regexp.MustCompile(`user-\d{4}`), "USER"},
	{regexp.MustCompile(`.`), regexp.MustCompile(`eve-\d{3}`), "EVE"},
	{regexp.MustCompile(`.`), regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`DeviceGroupKey$`), regexp.MustCompile(`[-\w]{8,}`), "GROUP"},
	{regexp.MustCompile(`CREDENTIAL_REQUEST_OPTIONS$`), regexp.MustCompile(`\\"(challenge|id)\\":\\"[-\w]{20,}\\"`), `\"$1\":\"BASE64\"`},
}

// decoyMasks are for the made-up contacts of an unknown user.
var decoyMasks = []mask{
	{regexp.MustCompile(`DESTINATION$`), regexp.MustCompile(`[a-z]\*\*\*@[a-z]\*\*\*`), "x***@x***"},
	{regexp.MustCompile(`DESTINATION$`), regexp.MustCompile(`\+\*{7}\d{4}`), "+*******9999"},
}

func (w *flowWalk) mask(line string) string {
	member, value, _ := strings.Cut(line, ": ")
	all := masks
	if w.user == w.unknown {
		all = slices.Concat(masks, decoyMasks)
	}
	for _, m := range all {
		if m.member.MatchString(member) {
			value = m.value.ReplaceAllString(value, m.as)
		}
	}
	return member + ": " + value
}
