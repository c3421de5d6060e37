package audit

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
)

// Hidden stands for a value that records do not show. Source: docs/behaviour.md §8.5.
const Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// shownShapes are the shapes of texts that records show: names and IDs of what administrators make, and settings. A shape that is
// not in the list is hidden, and so are the values of user attributes, metadata of clients, and messages.
var shownShapes = []string{
	"AWSAccountIdType", "ArnType", "AttributeNameType", "CSSVersionType", "ClientNameType", "ClientPermissionType", "ClientSecretIdType",
	"CustomAttributeNameType", "DescriptionType", "DomainType", "DomainVersionType", "EventIdType", "GroupNameType", "HexStringType",
	"IdpIdentifierType", "LinkUrlType", "ManagedLoginBrandingIdType", "ProviderNameType", "ProviderNameTypeV2", "RedirectUrlType",
	"RegionCodeType", "RelyingPartyIdType", "ResourceIdType", "ResourceServerIdentifierType", "ResourceServerNameType",
	"ResourceServerScopeDescriptionType", "ResourceServerScopeNameType", "S3ArnType", "S3BucketType", "SESConfigurationSet", "ScopeType",
	"TagKeysType", "TagValueType", "TermsIdType", "TermsNameType", "UserImportJobIdType", "UserImportJobNameType", "UserPoolIdType",
	"UserPoolNameType", "WebAuthnAuthenticatorAttachmentType", "WebAuthnAuthenticatorTransportType",
	// The API description marks client IDs as sensitive. Records show them: they are in the address of every login page.
	clientIDShape,
}

const clientIDShape = "ClientIdType"

// shownMembers are members whose texts are shown although their shape has no name of its own.
var shownMembers = []string{"BlockedIPRangeList", "SkippedIPRangeList"}

// shownMaps are the maps whose keys are shown. The values are shown if their shape is. Clients choose the keys of other maps.
var shownMaps = []string{"AttributeMappingType", "LinksType", "ProviderDetailsType", "UserPoolTagsType"}

// elements returns what a record shows of a request or an answer, as JSON: its members in lower camel case, with hidden values.
// It returns null for nil. The input is a pointer to the wire type of the shape.
func elements(shape *api.Shape, input any) jsontext.Value {
	null := jsontext.Value("null")
	if shape == nil || input == nil {
		return null
	}
	text, err := api.Marshal(input)
	if err != nil {
		return null
	}
	var out bytes.Buffer
	h := hider{in: jsontext.NewDecoder(bytes.NewReader(text)), out: jsontext.NewEncoder(&out)}
	if err := h.value(shape, ""); err != nil {
		return jsontext.Value(`"` + Hidden + `"`)
	}
	return bytes.TrimSpace(out.Bytes())
}

// hider copies a JSON text without the values that records do not show.
type hider struct {
	in  *jsontext.Decoder
	out *jsontext.Encoder
}

// value copies one value of a shape, which is in the member of that name.
func (h hider) value(shape *api.Shape, member string) error {
	kind := h.in.PeekKind()
	if kind == 'n' {
		return h.copy()
	}
	if !isShown(shape, member) {
		return h.hide()
	}
	switch shape.Kind {
	case api.KindStructure:
		return h.object(func(name string) (string, *api.Shape) {
			m := shape.Member(name)
			if m == nil {
				return lowerCamel(name), nil
			}
			return lowerCamel(name), m.Shape
		})
	case api.KindMap:
		return h.object(func(name string) (string, *api.Shape) { return name, shape.Element })
	case api.KindList:
		return h.list(shape.Element, member)
	default:
		return h.copy()
	}
}

// isShown reports whether a record shows a value of the shape, or looks at its parts.
func isShown(shape *api.Shape, member string) bool {
	if shape == nil || shape.Sensitive && shape.Name != clientIDShape {
		return false
	}
	switch shape.Kind {
	case api.KindStructure, api.KindList, api.KindBoolean, api.KindInteger, api.KindLong, api.KindTimestamp:
		return true
	case api.KindMap:
		return slices.Contains(shownMaps, shape.Name)
	case api.KindString:
		return shape.Enum != nil || slices.Contains(shownShapes, shape.Name) || slices.Contains(shownMembers, member)
	case api.KindBlob, api.KindDocument:
		return false
	}
	return false
}

func (h hider) object(member func(name string) (string, *api.Shape)) error {
	return h.between('{', '}', func() error {
		name, err := h.in.ReadToken()
		if err != nil {
			return err
		}
		text := name.String()
		shown, shape := member(text)
		if err := h.out.WriteToken(jsontext.String(shown)); err != nil {
			return err
		}
		return h.value(shape, text)
	})
}

func (h hider) list(element *api.Shape, member string) error {
	return h.between('[', ']', func() error { return h.value(element, member) })
}

// between copies the tokens at both ends, and calls each for every part between them.
func (h hider) between(begin, end jsontext.Kind, each func() error) error {
	if h.in.PeekKind() != begin {
		return h.hide()
	}
	if err := h.token(); err != nil {
		return err
	}
	for h.in.PeekKind() != end {
		if err := each(); err != nil {
			return err
		}
	}
	return h.token()
}

func (h hider) token() error {
	token, err := h.in.ReadToken()
	if err != nil {
		return err
	}
	return h.out.WriteToken(token)
}

func (h hider) copy() error {
	value, err := h.in.ReadValue()
	if err != nil {
		return err
	}
	return h.out.WriteValue(value)
}

func (h hider) hide() error {
	if err := h.in.SkipValue(); err != nil {
		return err
	}
	return h.out.WriteToken(jsontext.String(Hidden))
}

// lowerCamel returns a name with lower-case letters at its start: UserPoolId becomes userPoolId, and MFAConfiguration becomes
// mfaConfiguration.
//
// Assumed: several upper-case letters at the start of a member are lower-case letters in a record.
func lowerCamel(name string) string {
	upper := strings.IndexFunc(name, func(r rune) bool { return r < 'A' || r > 'Z' })
	switch {
	case upper < 0:
		return strings.ToLower(name)
	case upper > 1 && name[upper] >= 'a' && name[upper] <= 'z':
		upper-- // the last one begins the next word
	}
	return strings.ToLower(name[:upper]) + name[upper:]
}

// minHidden is the length from which a hidden text is searched in other texts: shorter ones are parts of words.
const minHidden = 4

// quotesValue is in the messages about values of a wrong shape.
const quotesValue = "Value '"

// shownMessage returns the message of an error, or Hidden if it contains a text of the request that records hide, for example
// because a function of the pool put it there.
func shownMessage(message string, shape *api.Shape, input any) string {
	if input == nil && strings.Contains(message, quotesValue) { // the request has a wrong shape, so it is not known what is hidden
		return Hidden
	}
	if message == "" || shape == nil || input == nil {
		return message
	}
	text, err := api.Marshal(input)
	if err != nil {
		return Hidden
	}
	found := false
	err = eachHidden(jsontext.NewDecoder(bytes.NewReader(text)), shape, "", func(hidden string) {
		found = found || len(hidden) >= minHidden && strings.Contains(message, hidden)
	})
	if err != nil || found {
		return Hidden
	}
	return message
}

// eachHidden calls fn with each text that is hidden.
func eachHidden(in *jsontext.Decoder, shape *api.Shape, member string, fn func(string)) error {
	switch {
	case in.PeekKind() == '{' && shape != nil && isShown(shape, member) && shape.Kind != api.KindDocument:
		return eachMember(in, func(name string) error {
			switch m := shape.Member(name); {
			case shape.Kind == api.KindMap:
				return eachHidden(in, shape.Element, name, fn)
			case m != nil:
				return eachHidden(in, m.Shape, name, fn)
			default:
				return eachHidden(in, nil, name, fn)
			}
		})
	case in.PeekKind() == '[' && shape != nil && isShown(shape, member) && shape.Kind == api.KindList:
		if _, err := in.ReadToken(); err != nil {
			return err
		}
		for in.PeekKind() != ']' {
			if err := eachHidden(in, shape.Element, member, fn); err != nil {
				return err
			}
		}
		_, err := in.ReadToken()
		return err
	}
	value, err := in.ReadValue()
	if err != nil || isShown(shape, member) {
		return err
	}
	return eachText(value, fn)
}

func eachMember(in *jsontext.Decoder, fn func(name string) error) error {
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != '}' {
		name, err := in.ReadToken()
		if err != nil {
			return err
		}
		if err := fn(name.String()); err != nil {
			return err
		}
	}
	_, err := in.ReadToken()
	return err
}

// eachText calls fn with each text in a value.
func eachText(value jsontext.Value, fn func(string)) error {
	in := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		token, err := in.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if token.Kind() == '"' {
			fn(token.String())
		}
	}
}

// shownParameters are the parameters of pages and OAuth endpoints whose values records show.
var shownParameters = []string{
	"client_id", "code_challenge_method", "grant_type", "identity_provider", "idp_identifier", "lang", "logout_uri", "max_age", "prompt",
	"redirect_uri", "resource", "response_mode", "response_type", "scope", "token_type_hint", "ui_locales",
}

// parameters returns what a record shows of the parameters of a page or an endpoint: their names, and few values. A parameter whose
// name has another form than those of the pages is left out.
// Source: docs/behaviour.md §8.5.
func parameters(form map[string][]string) jsontext.Value {
	shown := make(map[string][]string)
	for name, values := range form {
		if len(shown) == maxParameters || !isParameterName(name) {
			continue
		}
		for _, value := range values[:min(len(values), maxParameters)] {
			if !slices.Contains(shownParameters, name) || len(value) > maxParameter {
				value = Hidden
			}
			if before, _, hasQuery := strings.Cut(value, "?"); hasQuery { // of an address
				value = before
			}
			shown[name] = append(shown[name], value)
		}
	}
	text, err := json.Marshal(shown, json.Deterministic(true))
	if err != nil {
		return jsontext.Value(`"` + Hidden + `"`)
	}
	return text
}

const (
	maxParameters = 40
	maxParameter  = 1024
)

func isParameterName(name string) bool {
	const longest = 48
	return name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-' && r != '.' && r != '[' && r != ']' && r != ':'
	}) < 0
}
