package attack_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// lookAlikes are spellings that a person or a program could take for the first one.
var lookAlikes = map[string]struct{ name, spelling string }{
	"NFC and NFD":           {"jos\u00e9", "jose\u0301"},
	"a Cyrillic letter":     {"paypal", "p\u0430ypal"},
	"capitals":              {"anna", "ANNA"},
	"the Kelvin sign":       {"mark", "mar\u212a"},
	"the Angstrom sign":     {"\u00e5sa", "\u212bsa"},
	"a long s":              {"susan", "\u017fusan"},
	"a dotted capital I":    {"kim", "k\u0130m"},
	"a dotless i":           {"lisa", "l\u0131sa"},
	"a sharp s":             {"strasse", "stra\u00dfe"},
	"a final sigma":         {"nikos\u03c3", "nikos\u03c2"},
	"full width":            {"admin", "\uff41dmin"},
	"a ligature":            {"office", "o\ufb03ce"},
	"a joiner":              {"maria", "mar\u034fia"},
	"a variation selector":  {"peter", "pete\ufe0er"},
	"a zero-width space":    {"julia", "ju\u200blia"},
	"a zero-width joiner":   {"simon", "si\u200dmon"},
	"a byte order mark":     {"felix", "\ufefffelix"},
	"another direction":     {"clara", "\u202eclara"},
	"a soft hyphen":         {"laura", "lau\u00adra"},
	"a space":               {"jonas", "jonas "},
	"a space that stays":    {"emily", "emily\u00a0"},
	"a mathematical letter": {"oscar", "\U0001d428scar"},
}

// A spelling that looks like a username is the same user, or another user with another sub, or refused. It never finds one user in one
// operation and another user in the next one.
func TestLookAlikeUsernames(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for pool, options := range map[string][]cognatetest.Option{
		"case-sensitive": nil, "case-insensitive": {cognatetest.IgnoreCase()},
		"email addresses": {cognatetest.UsernameIsEmail(), cognatetest.IgnoreCase()},
	} {
		p := s.Pool(t, append(options, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))...)
		for what, c := range lookAlikes {
			name, spelling, contact := c.name, c.spelling, "own@example.com"
			if pool == "email addresses" {
				name, spelling, contact = name+"@example.com", spelling+"@example.com", ""
			}
			p.MustUser(name)
			owner := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: name})
			in := &api.SignUpInput{ClientId: p.ClientID, Username: spelling, Password: secondPassword}
			if contact != "" {
				in.UserAttributes = cognatetest.Attributes("email", contact)
			}
			out, err := p.Client.SignUp(t.Context(), in)
			if err == nil {
				p.Must(t).AdminConfirmSignUp(&api.AdminConfirmSignUpInput{UserPoolId: p.PoolID, Username: spelling})
				if other := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: spelling}); subOf(other.UserAttributes) != out.UserSub ||
					out.UserSub == subOf(owner.UserAttributes) {
					t.Errorf("%s, %s: the name finds sub %s, want %s", pool, what, subOf(other.UserAttributes), out.UserSub)
				}
				if _, err := signInWith(t, p, spelling, cognatetest.Password); err == nil {
					t.Errorf("%s, %s: %+q signs in with the password of %+q", pool, what, spelling, name)
				}
				if _, err := signInWith(t, p, name, secondPassword); err == nil {
					t.Errorf("%s, %s: %+q signs in with the password of %+q", pool, what, name, spelling)
				}
			} else {
				cognatetest.WantRefusal(t, pool+", "+what, oneOf(err, api.CodeUsernameExistsException, api.CodeInvalidParameterException), nil)
			}
			for _, n := range []string{name, spelling} {
				found := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID, Filter: `username = "` + n + `"`}).Users
				if len(found) > 1 {
					t.Errorf("%s, %s: ListUsers finds %d users of the name %+q", pool, what, len(found), n)
				}
			}
			if out, err := signInWith(t, p, name, cognatetest.Password); err != nil || out.AuthenticationResult == nil {
				t.Errorf("%s, %s: the user %+q can sign in no more: %v", pool, what, name, err)
			}
		}
	}
}

// oneOf returns nil if an error has one of the codes.
func oneOf(err error, codes ...string) error {
	for _, code := range codes {
		if strings.HasPrefix(err.Error(), code+":") {
			return nil
		}
	}
	return err
}

func subOf(attributes []api.AttributeType) string {
	for _, a := range attributes {
		if a.Name == "sub" {
			return a.Value
		}
	}
	return ""
}

func signInWith(t *testing.T, p *cognatetest.UserPool, username, password string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

// Only the bytes of a password are right: no other form, case or length, in both stored forms.
func TestLookAlikePasswords(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	long := "Aa1-" + strings.Repeat("x", 251) + "y"
	for storage, options := range map[string][]cognatetest.Option{"srp": nil, "argon2id": {cognatetest.Tag("cognate:password-storage", "argon2id")}} {
		p := s.Pool(t, options...)
		for what, c := range map[string]struct{ password, other string }{
			"NFD":                {"Caf\u00e9-horse-7", "Cafe\u0301-horse-7"},
			"NFC":                {"Cafe\u0301-horse-7", "Caf\u00e9-horse-7"},
			"full width":         {"Correct-horse-7", "\uff23orrect-horse-7"},
			"a zero-width space": {"Correct-horse-7", "Correct\u200b-horse-7"},
			"a space behind":     {"Correct-horse-7", "Correct-horse-7 "},
			"a space before":     {"Correct-horse-7", " Correct-horse-7"},
			"a line end":         {"Correct-horse-7", "Correct-horse-7\n"},
			"NUL":                {"Correct-horse-7", "Correct-horse-7\x00x"},
			"another case":       {"Correct-horse-7", "correct-horse-7"},
			"the first 72 bytes": {long, long[:72]},
			"the last byte":      {long, long[:255] + "z"},
			"one byte more":      {"Correct-horse-7", "Correct-horse-77"},
			"a sharp s":          {"Strasse-horse-7", "Stra\u00dfe-horse-7"},
			"an emoji":           {"Correct-horse-7\U0001f40e", "Correct-horse-7\U0001f434"},
			"an invalid byte":    {"Correct-horse-7", "Correct-horse-7\ufffd"},
		} {
			name := strings.ReplaceAll(what, " ", "-")
			p.MustUser(name)
			p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
				UserPoolId: p.PoolID, Username: name, Password: c.password, Permanent: new(true),
			})
			if out, err := signInWith(t, p, name, c.other); err == nil {
				t.Errorf("%s: %s signs in: %v", storage, what, out.ChallengeName)
			}
			if _, err := signInWith(t, p, name, c.password); err != nil {
				t.Errorf("%s: the password for %s = %v", storage, what, err)
			}
		}
	}
}
