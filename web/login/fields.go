package login

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cognate"
	"cognate/api"
)

// Longest values of fields, in characters.
const (
	maxUsername = 320
	maxPassword = 256
	maxCode     = 32
	maxValue    = 2048
)

// usernameField returns the field for the username. Its label says which names the pool accepts: usernames, email addresses or phone
// numbers.
func (v *visit) usernameField(f *flow, autocomplete string) field {
	email, phone := v.takes(cognate.AttributeEmail), v.takes(cognate.AttributePhone)
	only := v.site.Pool.UsesUsernameAttributes()
	key := "login.username"
	switch {
	case only && email && phone:
		key = "login.email-phone"
	case only && email:
		key = "login.email"
	case only:
		key = "login.phone"
	case email && phone:
		key = "login.username-email-phone"
	case email:
		key = "login.username-email"
	case phone:
		key = "login.username-phone"
	}
	box := field{
		ID: "username", Name: "username", Label: v.text(key), Type: "text", Value: f.Username, Autocomplete: autocomplete,
		MaxLength: maxUsername, Required: true, Text: true,
	}
	switch {
	case only && email && !phone:
		box.InputMode = "email"
	case only && phone && !email:
		box.InputMode, box.Hint = "tel", v.text("login.phone-form")
	}
	return box
}

// takes reports whether users sign in with the attribute.
func (v *visit) takes(attribute string) bool { return v.site.Pool.HasAlias(attribute) }

// passwordField returns the field for the user's password.
func (v *visit) passwordField() field {
	return field{
		ID: "password", Name: "password", Label: v.text("password.label"), Type: "password", Autocomplete: "current-password",
		MaxLength: maxPassword, Required: true,
	}
}

// newPasswordFields return the two fields for a new password, with the rules of the pool.
func (v *visit) newPasswordFields() []field {
	first := field{
		ID: "new-password", Name: "new-password", Label: v.text("password.new"), Type: "password", Autocomplete: "new-password",
		MaxLength: maxPassword, Required: true, Rules: v.passwordRules(),
	}
	second := first
	second.ID, second.Name, second.Label, second.Rules = "repeat-password", "repeat-password", v.text("password.repeat"), nil
	return []field{first, second}
}

func (v *visit) passwordRules() []string {
	p := v.site.Pool.PasswordPolicy
	rules := []string{v.text("password.length", "Length", strconv.Itoa(p.MinimumLength))}
	for _, rule := range []struct {
		required bool
		key      string
	}{
		{p.RequireLowercase, "password.lower"},
		{p.RequireUppercase, "password.upper"},
		{p.RequireNumbers, "password.number"},
		{p.RequireSymbols, "password.symbol"},
	} {
		if rule.required {
			rules = append(rules, v.text(rule.key))
		}
	}
	return rules
}

// newPassword returns the new password of the form. ok is false if the two fields differ.
func (v *visit) newPassword() (password string, ok bool) {
	password = v.r.PostForm.Get("new-password")
	return password, password == v.r.PostForm.Get("repeat-password")
}

// codeField returns the field for a code. The form of a code is not checked by the browser, because it may hold spaces.
func (v *visit) codeField(f *flow) field {
	return field{
		ID: "code", Name: "code", Label: v.text("code.label"), Type: "text", Autocomplete: "one-time-code", InputMode: "numeric",
		Class: "code", MaxLength: maxCode, Required: true, Focused: f.Alert == "", Invalid: f.Alert != "", Text: true,
	}
}

// code returns the code of the form without the spaces and hyphens that users type.
func (v *visit) code() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, v.r.PostForm.Get("code"))
}

// username returns the username of the form.
func (v *visit) username() string {
	return cut(strings.TrimSpace(v.r.PostForm.Get("username")), maxUsername)
}

// withUsername returns the flow at its page with its username, or else with the one of the form, which may be empty.
func (v *visit) withUsername(f *flow) *flow {
	to := f.at(f.Page)
	to.Username = cmp.Or(to.Username, v.username())
	return to
}

// attributePrefix is in front of the names of fields for attributes.
const attributePrefix = "attribute-"

// attributeFields return the fields for attributes of the pool, by their type.
func (v *visit) attributeFields(names []string, f *flow) []field {
	var fields []field
	for _, name := range names {
		definition, ok := v.site.Pool.Attribute(name)
		if !ok {
			continue
		}
		fields = append(fields, v.attributeField(definition, f))
	}
	return fields
}

func (v *visit) attributeField(a api.SchemaAttributeType, f *flow) field {
	box := field{
		ID: attributePrefix + a.Name, Name: attributePrefix + a.Name, Label: v.attributeLabel(a.Name), Type: "text",
		Value: f.Typed[a.Name], MaxLength: maxValue, Required: true,
	}
	switch {
	case a.Name == cognate.AttributeEmail:
		box.Type, box.Text = "email", true
	case a.Name == cognate.AttributePhone:
		box.Type, box.Hint = "tel", v.text("login.phone-form")
	case slices.Contains([]string{"picture", "profile", "website"}, a.Name):
		box.Type, box.Text = "url", true
	case a.Name == "birthdate":
		box.Type, box.MaxLength = "date", 0
	case a.AttributeDataType == api.AttributeDataTypeNumber:
		box.InputMode, box.Text = "numeric", true
	case a.AttributeDataType == api.AttributeDataTypeBoolean:
		box.Type, box.Required = "checkbox", false
	}
	box.Autocomplete = autocompletes[a.Name]
	return box
}

// autocompletes are the purposes of attributes, so that browsers fill them in. Source: HTML, section "Autofill"; WCAG 2.2,
// success criterion 1.3.5.
var autocompletes = map[string]string{
	cognate.AttributeEmail: "email", cognate.AttributePhone: "tel", "name": "name", "given_name": "given-name",
	"family_name": "family-name", "middle_name": "additional-name", "nickname": "nickname", "birthdate": "bday",
	"gender": "sex", "address": "street-address", "website": "url", "picture": "photo", "locale": "language",
}

func (v *visit) attributeLabel(name string) string {
	if label := v.text("attribute." + name); label != "" {
		return label
	}
	return strings.TrimPrefix(name, cognate.CustomPrefix)
}

// attributes returns the values of the form for attributes. A checkbox that is not checked is false.
func (v *visit) attributes(names []string) map[string]string {
	values := make(map[string]string)
	for _, name := range names {
		value := strings.TrimSpace(v.r.PostForm.Get(attributePrefix + name))
		if a, ok := v.site.Pool.Attribute(name); ok && a.AttributeDataType == api.AttributeDataTypeBoolean && value == "" {
			value = "false"
		}
		values[name] = value
	}
	return values
}
