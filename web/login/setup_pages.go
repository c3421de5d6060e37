package login

import (
	"fmt"
	"html/template"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"cognate"
	"cognate/account"
	"cognate/authn/totp"
	"cognate/signin"
)

// setupTexts are the second factors that can be set up, with their texts.
var setupTexts = map[string]string{
	string(cognate.FactorSMS):           "setup.sms",
	string(cognate.FactorSoftwareToken): "setup.token",
	string(cognate.FactorEmail):         "setup.email",
}

// showSetup shows the second factors that the user can set up.
func (v *visit) showSetup(f *flow) (*view, error) {
	box, err := v.choices(f, setupTexts)
	if err != nil {
		return nil, err
	}
	page := v.page("setup.title", box)
	page.Lead = v.text("setup.lead")
	return page, nil
}

func (v *visit) submitSetup(f *flow) error {
	return v.setUp(f, v.r.PostForm.Get("do"))
}

// setUp continues with the set-up of a factor. A new software token gets its secret now. The flow holds the secret, so the page
// shows the same one after a wrong code and when it is loaded again.
func (v *visit) setUp(f *flow, choice string) error {
	if !slices.Contains(f.Challenge.Choices, choice) {
		return v.alert(f, "alert.invalid")
	}
	switch cognate.Factor(choice) {
	case cognate.FactorSoftwareToken:
		return v.setUpToken(f)
	case cognate.FactorEmail:
		return v.goTo(f.at(pageSetupEmail))
	case cognate.FactorSMS:
		return v.goTo(f.at(pageSetupSMS))
	default:
		return errNoPage
	}
}

func (v *visit) setUpToken(f *flow) error {
	enrolment, err := v.Factors.ResumeOnPage(v.r.Context(), f.Session, cognate.StepSetup)
	if err != nil {
		return v.refuse(f, err)
	}
	secret, session, err := v.Factors.Associate(v.r.Context(), enrolment)
	if err != nil {
		return v.refuse(f, err)
	}
	to := f.at(pageSetupToken)
	to.Session, to.Challenge.Secret = session, secret
	return v.goTo(to)
}

// showSetupToken shows the secret of a new software token, and asks for its first code.
func (v *visit) showSetupToken(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	setup, err := v.tokenSetup(f)
	if err != nil {
		return nil, err
	}
	code := v.codeField(f)
	code.Focused = false // the secret comes first
	box.Setup, box.Fields, box.Buttons = setup, []field{code}, []button{{Label: v.text("code.submit")}}
	box.More = []link{v.startAgain(box)}
	return v.page("setup.token-title", box), nil
}

// tokenSetup returns what the page shows of a new software token. The authenticator app shows the name of the client as the issuer.
func (v *visit) tokenSetup(f *flow) (*tokenSetup, error) {
	secret, err := totp.Decode(f.Challenge.Secret)
	if err != nil {
		return nil, err
	}
	address := totp.URI(v.client.Name, f.Username, secret)
	picture, err := qrCode(address)
	if err != nil {
		return nil, err
	}
	return &tokenSetup{
		Picture: picture, URL: template.URL(address), Secret: inGroups(f.Challenge.Secret), //nolint:gosec // of package totp
		Scan: v.text("setup.scan"), Alt: v.text("setup.picture"), Type: v.text("setup.type"), Link: v.text("setup.link"),
		EnterCode: v.text("setup.code"),
	}, nil
}

// inGroups returns a secret in groups of four characters, so that users can type it.
func inGroups(secret string) string {
	var groups []string
	for group := range slices.Chunk([]rune(secret), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// quietZone is the width of the margin around a QR code, in modules. Source: ISO/IEC 18004 section 9.1.
const quietZone = 4

// qrCode returns a QR code as SVG: one path with a rectangle for each run of dark modules.
func qrCode(content string) (template.HTML, error) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for x+run < size && isDark(code, x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, run, run)
				x += run
			}
		}
	}
	full := strconv.Itoa(size + 2*quietZone)
	svg := `<svg viewBox="0 0 ` + full + ` ` + full + `" shape-rendering="crispEdges" aria-hidden="true">` +
		`<path fill="#fff" d="M0 0h` + full + `v` + full + `H0z"/><path d="` + path.String() + `"/></svg>`
	return template.HTML(svg), nil //nolint:gosec // only numbers in a text of this package
}

func isDark(code image.Image, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}

// showSetupContact asks for the address or the number to which codes go.
func (v *visit) showSetupContact(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	name, title, lead := cognate.AttributeEmail, "setup.email-title", "setup.email-lead"
	if f.Page == pageSetupSMS {
		name, title, lead = cognate.AttributePhone, "setup.sms-title", "setup.sms-lead"
	}
	box.Fields = v.attributeFields([]string{name}, f)
	for i := range box.Fields {
		box.Fields[i].Focused, box.Fields[i].Invalid = f.Alert == "", f.Alert != ""
	}
	box.Buttons = []button{{Label: v.text("setup.send")}}
	if len(f.Challenge.Choices) > 1 {
		address, err := v.address(f.at(pageSetup))
		if err != nil {
			return nil, err
		}
		box.More = []link{{Label: v.text("setup.another"), URL: address}}
	}
	box.More = append(box.More, v.startAgain(box))
	page := v.page(title, box)
	page.Lead = v.text(lead)
	return page, nil
}

func (v *visit) submitSetupContact(f *flow) error {
	name := cognate.AttributeEmail
	if f.Page == pageSetupSMS {
		name = cognate.AttributePhone
	}
	to := f.at(f.Page)
	to.Typed = v.attributes([]string{name})
	switch contact := to.Typed[name]; {
	case contact == "":
		return v.alert(to, "alert.empty")
	case name == cognate.AttributeEmail && !account.IsEmail(contact):
		return v.alert(to, "alert.email")
	case name == cognate.AttributePhone && !account.IsPhone(contact):
		return v.alert(to, "alert.phone")
	case name == cognate.AttributePhone:
		return v.answer(to, signin.SetupSMSResponse{Phone: contact})
	default:
		return v.answer(to, signin.SetupEmailResponse{Email: contact})
	}
}

// submitSetupToken checks the first code of a new software token, which finishes the set-up.
func (v *visit) submitSetupToken(f *flow) error {
	code := v.code()
	if code == "" {
		return v.alert(f, "alert.empty")
	}
	enrolment, err := v.Factors.ResumeOnPage(v.r.Context(), f.Session, cognate.StepSetupAssociated)
	if err != nil {
		return v.refuse(f, err)
	}
	session, err := v.Factors.Verify(v.r.Context(), enrolment, code, "")
	if err != nil {
		return v.refuse(f, err)
	}
	to := f.at(f.Page)
	to.Session = session
	return v.answer(to, signin.MFASetupResponse{})
}
