package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"cognate/api"
)

// update writes the golden records again.
const update = "COGNATE_TEST_UPDATE"

// sample returns a value of a shape with every member. Texts name their member.
func sample(shape *api.Shape, member string, around []*api.Shape) any {
	if slices.Contains(around, shape) {
		return nil
	}
	around = append(slices.Clip(around), shape)
	switch shape.Kind {
	case api.KindStructure:
		all := make(map[string]any)
		for i := range shape.Members {
			m := &shape.Members[i]
			all[m.Name] = sample(m.Shape, m.Name, around)
		}
		return all
	case api.KindList:
		return []any{sample(shape.Element, member, around)}
	case api.KindMap:
		return map[string]any{"key of " + member: sample(shape.Element, member, around)}
	case api.KindBoolean:
		return true
	case api.KindInteger, api.KindLong:
		return 7
	case api.KindTimestamp:
		return 1795348800.123
	case api.KindDocument:
		return map[string]any{member: "document"}
	case api.KindString, api.KindBlob:
	}
	if shape.Enum != nil {
		return shape.Enum[0]
	}
	return "text of " + member
}

func wire(t *testing.T, shape *api.Shape) any {
	t.Helper()
	if shape == nil {
		return nil
	}
	text, err := json.Marshal(sample(shape, "", nil), json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return jsontext.Value(text)
}

// The record of each operation is that in testdata/records. The request and the answer have every member.
func TestRecordOfEachOperation(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		e := &Event{
			RequestID: "5b1d7d4e-0000-4000-8000-000000000001", Began: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Took: 12 * time.Millisecond,
			PoolID: "eu-west-1_AbCdEfGhI", AccountID: "123456789012", UserSub: "00000000-0000-4000-8000-000000000001", Username: "ann",
			Address: "192.0.2.1", UserAgent: "aws-cli/2", Outcome: OK, id: "019de3c5-0000-7000-8000-000000000002",
			TLS: &TLSDetails{Version: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", Host: "id.example.com"},
		}
		if op.Auth == api.AuthSigV4 {
			e.CallerKeyID, e.CallerName, e.CallerAccountID, e.CallerRegion = "CI", "ci", "123456789012", "eu-west-1"
		}
		e.SetOperation(op)
		e.SetInput(wire(t, op.Input))
		e.SetOutput(wire(t, op.Output))
		text, err := e.record("node", seen{}, true).encode()
		if err != nil {
			t.Fatal(err)
		}
		got := jsontext.Value(text)
		if err := got.Indent(jsontext.WithIndent("  ")); err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		file := filepath.Join("testdata", "records", op.Name+".json")
		if os.Getenv(update) != "" {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v; make it with %s=1", err, update)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("record of %s (-want +got):\n%s", op.Name, diff)
		}
	}
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) != len(api.Operations()) {
		t.Errorf("testdata/records has %d files, %v, want one for each of %d operations", len(files), err, len(api.Operations()))
	}
}

// Records show no text of a shape that is marked as sensitive, and none of a user attribute, a code or metadata of a client.
func TestHiddenShapes(t *testing.T) {
	t.Parallel()
	var walk func(op string, shape *api.Shape, member string, around []*api.Shape)
	walk = func(op string, shape *api.Shape, member string, around []*api.Shape) {
		if slices.Contains(around, shape) {
			return
		}
		around = append(slices.Clip(around), shape)
		hides := shape.Sensitive && shape.Name != clientIDShape
		switch member {
		case "Code", "ConfirmationCode", "UserCode", "Password", "TemporaryPassword", "ProposedPassword", "PreviousPassword", "Value",
			"Username", "AccessToken", "RefreshToken", "IdToken", "Token", "FeedbackToken", "Session", "SecretHash", "SecretCode", "ClientSecret",
			"ClientMetadata", "ValidationData{}", "Filter", "PreSignedUrl", "Credential", "EncodedData", "PasswordVerifier", "Salt":
			hides = hides || shape.Kind == api.KindString && shape.Enum == nil || shape.Kind == api.KindMap || shape.Kind == api.KindDocument
		}
		if hides && isShown(shape, member) && member != "ValidationData{}" && shape.Name != "TagValueType" {
			t.Errorf("%s shows %s (%s)", op, member, shape.Name)
		}
		for i := range shape.Members {
			walk(op, shape.Members[i].Shape, shape.Members[i].Name, around)
		}
		if shape.Element != nil {
			walk(op, shape.Element, member, around)
		}
	}
	for _, op := range api.Operations() {
		walk(op.Name, op.Input, "", nil)
		if op.Output != nil {
			walk(op.Name, op.Output, "", nil)
		}
	}
}

// A shape that the server does not know, or that is none of the list, is hidden.
func TestUnknownShapesAreHidden(t *testing.T) {
	t.Parallel()
	for _, shape := range []*api.Shape{nil, {Kind: api.KindString}, {Kind: api.KindString, Name: "NewType"}, {Kind: api.KindMap}, {Kind: api.Kind(99)}} {
		if isShown(shape, "Member") {
			t.Errorf("isShown(%+v) = true", shape)
		}
	}
	known := &api.Shape{Kind: api.KindStructure}
	if got := elements(known, jsontext.Value(`{"NewMember":{"a":"b"}}`)); string(got) != `{"newMember":"`+Hidden+`"}` {
		t.Errorf("elements() = %s, want a hidden member", got)
	}
}

func TestLowerCamel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"UserPoolId": "userPoolId", "MFAConfiguration": "mfaConfiguration", "SMSMfaSettings": "smsMfaSettings", "CSS": "css", "CallbackURLs": "callbackURLs",
		"username": "username", "CSVHeader": "csvHeader", "Id": "id", "": "",
	} {
		if got := lowerCamel(name); got != want {
			t.Errorf("lowerCamel(%s) = %s, want %s", name, got, want)
		}
	}
}

// The message of an error does not show a text of the request that is hidden.
func TestMessages(t *testing.T) {
	t.Parallel()
	op, _ := api.Lookup("SignUp")
	in := &api.SignUpInput{
		ClientId: "client", Username: "ann", Password: "Correct-horse-7", UserAttributes: []api.AttributeType{{Name: "email", Value: "ann@example.com"}},
	}
	for message, want := range map[string]string{
		"User already exists": "User already exists",
		"PreSignUp failed with error ann@example.com is refused.": Hidden,
		"Password Correct-horse-7 is wrong":                       Hidden,
		"client is unknown":                                       "client is unknown",
	} {
		if got := shownMessage(message, op.Input, in); got != want {
			t.Errorf("shownMessage(%q) = %q, want %q", message, got, want)
		}
	}
	const wrongShape = "1 validation error detected: Value '12 34' at 'confirmationCode' failed to satisfy constraint: Member must not be long"
	if got := shownMessage(wrongShape, op.Input, nil); got != Hidden {
		t.Errorf("shownMessage(%q) = %q, want a hidden message", wrongShape, got)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	got := parameters(map[string][]string{
		"client_id": {"abc"}, "password": {"hush", "again"}, "redirect_uri": {"https://app.example.com/back?token=hush"}, "bad name": {"x"},
		strings.Repeat("a", 100): {"x"}, "scope": {strings.Repeat("a", 2000)},
	})
	want := `{"client_id":["abc"],"password":["` + Hidden + `","` + Hidden + `"],"redirect_uri":["https://app.example.com/back"],"scope":["` + Hidden + `"]}`
	if !bytes.Equal(got, []byte(want)) {
		t.Errorf("parameters() = %s, want %s", got, want)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, name string
		class              class
	}{
		{"GET", "/login", "Login_GET", classRead},
		{"POST", "/login", "Login_POST", classSignIn},
		{"POST", "/oauth2/token", "Token_POST", classSignIn},
		{"GET", "/oauth2/authorize", "OAuth2_Authorize_GET", classSignIn},
		{"GET", "/oauth2/userInfo", "UserInfo_GET", classRead},
		{"POST", "/oauth2/userInfo", "UserInfo_POST", classRead},
		{"POST", "/signup", "Signup_POST", classChange},
		{"GET", "/logout", "Logout", classSignIn},
		{"POST", "/saml2/idpresponse", "SAML2Response_POST", classSignIn},
		{"POST", "/account/devices", "Account_Devices_POST", classChange},
		{"PUT", "/oauth2/register/{client}", "Oauth2_Register_Client_PUT", classChange},
	} {
		e := new(Event)
		e.SetEndpoint(c.method, c.path, "people")
		if e.name() != c.name || e.class() != c.class {
			t.Errorf("%s %s = %s of class %d, want %s of class %d", c.method, c.path, e.name(), e.class(), c.name, c.class)
		}
	}
	for name, want := range map[string]class{
		"AdminGetUser": classRead, "ListUsers": classRead, "DescribeUserPool": classRead, "GetUserAttributeVerificationCode": classChange,
		"GetTokensFromRefreshToken": classSignIn, "InitiateAuth": classSignIn, "AdminCreateUser": classChange, "SomethingNew": classChange,
		"AdminUserGlobalSignOut": classChange,
	} {
		if got := (&Event{Operation: name}).class(); got != want {
			t.Errorf("class of %s = %d, want %d", name, got, want)
		}
	}
}
