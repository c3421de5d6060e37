package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
)

const flows = "[ALLOW_CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH, ALLOW_USER_PASSWORD_AUTH, " +
	"ALLOW_USER_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, USER_PASSWORD_AUTH, ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_USER_AUTH, " +
	"ALLOW_CLIENT_TOKEN_AUTH]"

func TestValidateWording(t *testing.T) {
	t.Parallel()
	const username = `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	for _, test := range []struct {
		name, op, body string
		want           string // the message, empty for none
	}{
		{"nothing wrong", "SignUp", `{"ClientId":"abc","Username":"ann","Password":"Secret 1!"}`, ""},
		{"white space around", "DescribeUserPool", "\n {\"UserPoolId\" : \"us-east-1_a\"}\t", ""},
		{"null is absent", "SignUp", `{"ClientId":"a","Username":"b","Password":"cc","ClientMetadata":null,"SecretHash":null}`, ""},
		{"null in a map", "InitiateAuth", `{"ClientId":"a","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"DEVICE_KEY":null}}`, ""},
		{"unknown members", "DescribeUserPool", `{"UserPoolId":"us-east-1_a","Foo":{"Bar":[1,null]},"userPoolId":7}`, ""},
		{
			"only unknown ones", "ListUserPools", `{"maxResults":1}`,
			"1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null",
		},
		{
			"empty body", "DescribeUserPool", ``,
			"1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null",
		},
		{
			"null body", "DescribeUserPool", `null`,
			"1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null",
		},
		{
			"null where required", "ConfirmSignUp", `{"ClientId":"a","Username":"b","ConfirmationCode":null}`,
			"1 validation error detected: Value null at 'confirmationCode' failed to satisfy constraint: Member must not be null",
		},
		{
			"null of a sensitive member", "InitiateAuth", `{"AuthFlow":"CUSTOM_AUTH"}`,
			"1 validation error detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null",
		},
		{
			"order of the description", "AdminGetUser", `{}`,
			"2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; " +
				"Value null at 'username' failed to satisfy constraint: Member must not be null",
		},
		{
			"order of the description, not the body", "AdminGetUser", `{"Username":"","UserPoolId":"x"}`,
			"3 validation errors detected: Value 'x' at 'userPoolId' failed to satisfy constraint: " +
				`Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; ` +
				"Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: " + username,
		},
		{
			"pool id as reported", "DescribeUserPool", `{"UserPoolId":"x"}`,
			`1 validation error detected: Value 'x' at 'userPoolId' failed to satisfy constraint: ` +
				`Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`,
		},
		{
			"enumeration as measured", "SetUserPoolMfaConfig", `{"UserPoolId":"us-east-1_a","MfaConfiguration":"X"}`,
			"1 validation error detected: Value 'X' at 'mfaConfiguration' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [OPTIONAL, OFF, ON]",
		},
		{
			"empty enumeration", "SetUserPoolMfaConfig", `{"UserPoolId":"us-east-1_a","MfaConfiguration":""}`,
			"1 validation error detected: Value '' at 'mfaConfiguration' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [OPTIONAL, OFF, ON]",
		},
		{
			"sensitive values are hidden", "SignUp", `{"ClientId":"a","Username":"b","Password":"c "}`,
			"1 validation error detected: Value at 'password' failed to satisfy constraint: " +
				`Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`,
		},
		{
			"entry of a list as reported", "CreateUserPoolClient",
			`{"UserPoolId":"us-east-1_a","ClientName":"n","ExplicitAuthFlows":["FOO","ALLOW_USER_AUTH"]}`,
			"1 validation error detected: Value '[FOO, ALLOW_USER_AUTH]' at 'explicitAuthFlows' failed to satisfy constraint: " +
				"Member must satisfy constraint: [Member must satisfy enum value set: " + flows + "]",
		},
		{
			"several constraints on entries", "CreateUserPoolClient",
			`{"UserPoolId":"us-east-1_a","ClientName":"n","AllowedOAuthScopes":["a\\","b"]}`,
			`1 validation error detected: Value '[a\, b]' at 'allowedOAuthScopes' failed to satisfy constraint: ` +
				"Member must satisfy constraint: [Member must have length less than or equal to 256, " +
				"Member must have length greater than or equal to 1, " +
				`Member must satisfy regular expression pattern: [\x21\x23-\x5B\x5D-\x7E]+]`,
		},
		{
			"structure in a list as reported", "CreateUserPool",
			`{"PoolName":"n","Schema":[{"Name":"ok"},{"Name":"a23456789012345678901","AttributeDataType":"x"}]}`,
			"2 validation errors detected: Value 'a23456789012345678901' at 'schema.2.member.name' failed to satisfy constraint: " +
				"Member must have length less than or equal to 20; " +
				"Value 'x' at 'schema.2.member.attributeDataType' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [String, Number, DateTime, Boolean]",
		},
		{
			"length of a list", "CreateUserPool", `{"PoolName":"n","Schema":[]}`,
			"1 validation error detected: Value '[]' at 'schema' failed to satisfy constraint: " +
				"Member must have length greater than or equal to 1",
		},
		{
			"list of structures is shown by their name", "SetLogDeliveryConfiguration",
			`{"UserPoolId":"us-east-1_a","LogConfigurations":[` + strings.Repeat(`{"LogLevel":"INFO","EventSource":"userAuthEvents"},`, 2) +
				`{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}`,
			"1 validation error detected: Value '[LogConfigurationType, LogConfigurationType, LogConfigurationType]' " +
				"at 'logConfigurations' failed to satisfy constraint: Member must have length less than or equal to 2",
		},
		{
			"value of a map", "TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:1:userpool/x","Tags":{"k":"` + strings.Repeat("v", 257) + `"}}`,
			"1 validation error detected: Value '{k=" + strings.Repeat("v", 257) + "}' at 'tags' failed to satisfy constraint: " +
				"Map value must satisfy constraint: [Member must have length less than or equal to 256, " +
				"Member must have length greater than or equal to 0]",
		},
		{
			"key of a map", "TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:1:userpool/x","Tags":{"a":"b","":"c"}}`,
			"1 validation error detected: Value '{a=b, =c}' at 'tags' failed to satisfy constraint: " +
				"Map keys must satisfy constraint: [Member must have length less than or equal to 128, " +
				"Member must have length greater than or equal to 1]",
		},
		{
			"null in a list", "AdminUpdateUserAttributes", `{"UserPoolId":"us-east-1_a","Username":"u","UserAttributes":[null]}`,
			"1 validation error detected: Value '[null]' at 'userAttributes' failed to satisfy constraint: " +
				"Member must satisfy constraint: [Member must not be null]",
		},
		{
			"null in a list that drops it", "SetLogDeliveryConfiguration", `{"UserPoolId":"us-east-1_a","LogConfigurations":[null,null,{"LogLevel":"ERROR"},null]}`,
			"1 validation error detected: Value null at 'logConfigurations.1.member.eventSource' failed to satisfy constraint: Member must not be null",
		},
		{
			"structure in a map", "CreateUserPool", `{"PoolName":"n","AcrConfiguration":{"mfa\u0007":{}}}`,
			`1 validation error detected: Value null at 'acrConfiguration.mfa\u0007.member.acrValue' failed to satisfy constraint: ` +
				"Member must not be null",
		},
		{
			"sensitive map", "InitiateAuth", `{"ClientId":"a","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"PASSWORD":"\u0000"}}`,
			"1 validation error detected: Value at 'authParameters' failed to satisfy constraint: " +
				"Map value must satisfy constraint: [Member must have length less than or equal to 131072, " +
				"Member must have length greater than or equal to 0]",
		},
		{
			"inside a sensitive structure", "SignUp",
			`{"ClientId":"a","Username":"b","Password":"cc","UserContextData":{"IpAddress":"a\u0000"}}`,
			"1 validation error detected: Value at 'userContextData.ipAddress' failed to satisfy constraint: " +
				"Member must not contain the character NUL",
		},
		{
			"number too large", "ListUsers", `{"UserPoolId":"us-east-1_a","Limit":61}`,
			"1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: " +
				"Member must have value less than or equal to 60",
		},
		{
			"number too small", "ListUserPools", `{"MaxResults":0}`,
			"1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: " +
				"Member must have value greater than or equal to 1",
		},
		{
			"blob too long", "SetUICustomization", `{"UserPoolId":"us-east-1_a","ImageFile":"` + strings.Repeat("AAAA", 43691) + `"}`,
			"1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=131073 cap=131073]' at 'imageFile' " +
				"failed to satisfy constraint: Member must have length less than or equal to 131072",
		},
		{"blob", "SetUICustomization", `{"UserPoolId":"us-east-1_a","ImageFile":"AAA="}`, ""},
		{"document", "CompleteWebAuthnRegistration", `{"AccessToken":"a.b","Credential":{"x":[1,{"y":null}]}}`, ""},
		{
			"length in UTF-16 units", "AdminGetUser", `{"UserPoolId":"us-east-1_a","Username":"` + strings.Repeat("😀", 65) + `"}`,
			"1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128",
		},
		{"length of 128", "AdminGetUser", `{"UserPoolId":"us-east-1_a","Username":"` + strings.Repeat("😀é", 42) + `ab"}`, ""},
		{"escaped text", "AdminGetUser", `{"UserPoolId":"us\u002deast-1_\u0061","Username":"\ud83d\ude00"}`, ""},
		{"escaped name", "DescribeUserPool", `{"\u0055serPoolId":"us-east-1_a"}`, ""},
		{
			"NUL where nothing else fails", "AdminUpdateUserAttributes",
			`{"UserPoolId":"us-east-1_a","Username":"u","UserAttributes":[{"Name":"name","Value":"a\u0000"}]}`,
			"1 validation error detected: Value at 'userAttributes.1.member.value' failed to satisfy constraint: " +
				"Member must not contain the character NUL",
		},
		{
			"control characters are shown escaped", "DescribeUserPool", `{"UserPoolId":"a\r\nb"}`,
			`1 validation error detected: Value 'a\u000d\u000ab' at 'userPoolId' failed to satisfy constraint: ` +
				`Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`,
		},
		{
			"pattern holds for the whole value", "DescribeUserPool", `{"UserPoolId":"us-east-1_a\n"}`,
			`1 validation error detected: Value 'us-east-1_a\u000a' at 'userPoolId' failed to satisfy constraint: ` +
				`Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := mustLookup(t, test.op).Validate([]byte(test.body))
			if test.want == "" {
				if err != nil {
					t.Fatalf("Validate = %v, want nil", err)
				}
				return
			}
			if diff := cmp.Diff(api.InvalidParameterException(test.want), asError(t, err)); diff != "" {
				t.Errorf("Validate (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateUnreadable(t *testing.T) {
	t.Parallel()
	const (
		notJSON   = "The request could not be read as JSON."
		duplicate = "The request names a member more than once."
	)
	for _, test := range []struct{ name, op, body, want string }{
		{"number for a string", "SignUp", `{"ClientId":1}`, "NUMBER_VALUE can not be converted to a String"},
		{"string for a boolean", "AdminSetUserPassword", `{"Permanent":"true"}`, "STRING_VALUE can not be converted to a Boolean"},
		{"string for an integer", "ListUsers", `{"Limit":"1"}`, "STRING_VALUE can not be converted to an Integer"},
		{"fraction for an integer", "ListUsers", `{"Limit":1.5}`, "NUMBER_VALUE can not be converted to an Integer"},
		{"integer beyond 32 bits", "ListUsers", `{"Limit":2147483648}`, "NUMBER_VALUE can not be converted to an Integer"},
		{"boolean for a list", "SignUp", `{"UserAttributes":true}`, "Expected list or null"},
		{"string for a structure", "SignUp", `{"UserContextData":"x"}`, "Expected null"},
		{"list for a map", "SignUp", `{"ClientMetadata":[]}`, "Start of list found where not expected"},
		{"structure for a string", "SignUp", `{"ClientId":{}}`, "Start of structure or map found where not expected."},
		{"number in a list", "ListUsers", `{"AttributesToGet":[1]}`, "NUMBER_VALUE can not be converted to a String"},
		{"boolean in a map", "SignUp", `{"ClientMetadata":{"a":false}}`, "FALSE_VALUE can not be converted to a String"},
		{"bad base64", "SetUICustomization", `{"ImageFile":"a"}`, "A blob is not valid base64."},
		{"base64 with line ends", "SetUICustomization", `{"ImageFile":"AA\nAA"}`, "A blob is not valid base64."},
		{"list at the top", "SignUp", `[]`, "Start of list found where not expected"},
		{"string at the top", "SignUp", `"x"`, "Expected null"},
		{"text", "SignUp", `hello`, notJSON},
		{"cut off", "SignUp", `{"ClientId":"a"`, notJSON},
		{"cut off before a value", "SignUp", `{"ClientId":`, notJSON},
		{"cut off in a list", "SignUp", `{"UserAttributes":[`, notJSON},
		{"wrong bracket", "SignUp", `{"UserAttributes":[}`, notJSON},
		{"comma too many", "SignUp", `{"ClientId":"a",}`, notJSON},
		{"bad literal", "SignUp", `{"ClientId":nil}`, notJSON},
		{"single quotes", "SignUp", `{'ClientId':'a'}`, notJSON},
		{"two values", "SignUp", `{}{}`, "The request has something behind its JSON object."},
		{"form", "SignUp", `Action=SignUp&ClientId=a`, notJSON},
		{"duplicate member", "SignUp", `{"ClientId":"a","ClientId":"b"}`, duplicate},
		{"duplicate unknown member", "SignUp", `{"x":{"a":1,"a":2}}`, duplicate},
		{"duplicate map key", "SignUp", `{"ClientMetadata":{"a":"1","\u0061":"2"}}`, duplicate},
		{"invalid UTF-8", "SignUp", "{\"Username\":\"\xff\"}", notJSON},
		{"half a surrogate pair", "SignUp", `{"Username":"\ud83d"}`, notJSON},
		{"invalid UTF-8 in an unknown member", "SignUp", "{\"x\":\"\xc0\x80\"}", notJSON},
		{"nested too deeply", "SignUp", strings.Repeat(`{"x":`, 65) + "1" + strings.Repeat("}", 65), "The request is nested too deeply."},
		{"nested without end", "SignUp", strings.Repeat("[", 1<<20), "The request is nested too deeply."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := mustLookup(t, test.op).Validate([]byte(test.body))
			if diff := cmp.Diff(api.SerializationException(test.want), asError(t, err)); diff != "" {
				t.Errorf("Validate (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateBounds(t *testing.T) {
	t.Parallel()

	t.Run("a long string with the wrong characters", func(t *testing.T) {
		t.Parallel()
		const length = "Member must have length less than or equal to 256"
		for size, want := range map[int]string{
			2000: "2 validation errors detected: Value at 'password' failed to satisfy constraint: " + length +
				"; Value at 'password' failed to satisfy constraint: " + `Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`,
			1 << 20: "1 validation error detected: Value at 'password' failed to satisfy constraint: " + length,
		} {
			body := `{"ClientId":"a","Username":"b","Password":" ` + strings.Repeat("x", size) + `"}`
			message := asError(t, mustLookup(t, "SignUp").Validate([]byte(body))).Message
			if message != want {
				t.Errorf("Validate(password of %d) = %.300q, want %q", size, message, want)
			}
		}
	})
	t.Run("a long string without a maximum", func(t *testing.T) {
		t.Parallel()
		pattern := mustLookup(t, "CreateUserPool").Input.Member("EmailVerificationMessage").Shape.Pattern
		for size, want := range map[int]bool{20000: true, 1 << 20: false} {
			if got := pattern.Match([]byte(strings.Repeat("x", size) + "{####}")); got != want {
				t.Errorf("%s matches %d characters = %t, want %t", pattern.Text, size, got, want)
			}
		}
	})
	t.Run("entries of a map", func(t *testing.T) {
		t.Parallel()
		for n, want := range map[int]string{
			100: "",
			101: "1 validation error detected: Value at 'authParameters' failed to satisfy constraint: Member must have length less than or equal to 100",
		} {
			var entries []string
			for i := range n {
				entries = append(entries, fmt.Sprintf(`"k%d":"v"`, i))
			}
			body := `{"ClientId":"a","AuthFlow":"CUSTOM_AUTH","AuthParameters":{` + strings.Join(entries, ",") + `}}`
			err := mustLookup(t, "InitiateAuth").Validate([]byte(body))
			if want == "" && err != nil || want != "" && asError(t, err).Message != want {
				t.Errorf("Validate(%d entries) = %v, want %q", n, err, want)
			}
		}
	})

	t.Run("clauses", func(t *testing.T) {
		t.Parallel()
		body := `{"UserPoolId":"us-east-1_a","CustomAttributes":[` + strings.Repeat(`{"Name":""},`, 10_000) + `{}]}`
		message := asError(t, mustLookup(t, "AddCustomAttributes").Validate([]byte(body))).Message
		if !strings.HasPrefix(message, "20 validation errors detected: ") || len(message) > 8<<10 {
			t.Errorf("message of %d bytes starts %.80q", len(message), message)
		}
	})
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		body := `{"UserPoolId":"` + strings.Repeat("é", 1<<20) + `"}`
		message := asError(t, mustLookup(t, "DescribeUserPool").Validate([]byte(body))).Message
		if !strings.Contains(message, "é...' at 'userPoolId'") || len(message) > 2<<10 {
			t.Errorf("message of %d bytes starts %.80q", len(message), message)
		}
	})
	t.Run("depth", func(t *testing.T) {
		t.Parallel()
		body := `{"UserPoolId":"us-east-1_a","x":"[[[[{{{{\"","y":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`
		if err := mustLookup(t, "DescribeUserPool").Validate([]byte(body)); err != nil {
			t.Errorf("Validate(63 deep) = %v, want nil", err)
		}
	})
}

// TestPatterns matches values with patterns whose meaning differs between Java and Go.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op, member, value string
		want              bool
	}{
		{"ChangePassword", "ProposedPassword", "a b", true},
		{"ChangePassword", "ProposedPassword", " ab", false},
		{"ChangePassword", "ProposedPassword", "a\vb", true}, // inside, anything but a line end
		{"ChangePassword", "ProposedPassword", "a\v", false}, // \v is white space in Java
		{"ChangePassword", "ProposedPassword", "a\u2028b", true},
		{"ChangePassword", "ProposedPassword", "a \u2028 b", false},
		{"ChangePassword", "ProposedPassword", "x", false}, // needs two
		{"CreateUserPool", "SmsVerificationMessage", "code {####}", true},
		{"CreateUserPool", "SmsVerificationMessage", "code\n{####}", false}, // the dot stops at line ends
		{"CreateUserPool", "SmsVerificationMessage", "code\u2029{####}", false},
		{"CreateUserPool", "PoolName", "a\vb", true},
		{"CreateUserPool", "PoolName", "a\u00a0b", false},
		{"CreateUserPool", "PoolName", "ä", false}, // \w is ASCII
		{"VerifySoftwareToken", "UserCode", "١٢٣٤٥٦", false},
		{"AdminGetUser", "Username", "grüße+木@x", true},
		{"AdminGetUser", "Username", "a b", false},
		{"CreateTerms", "TermsName", "terms-of-use", true},
		{"CreateTerms", "TermsName", "-terms-of-use", false},
	} {
		m := mustLookup(t, test.op).Input.Member(test.member)
		if got := m.Shape.Pattern.Match([]byte(test.value)); got != test.want {
			t.Errorf("%s of %s matches %q = %t, want %t", m.Shape.Pattern.Text, m.Shape.Name, test.value, got, test.want)
		}
	}
	bucket := mustLookup(t, "DescribeUserPoolDomain").Output.Member("DomainDescription").Shape.Member("S3Bucket").Shape
	for value, want := range map[string]bool{"": true, "a.b": true, "a.": false, ".": false, "a-": true, "a..-": true} {
		if got := bucket.Pattern.Match([]byte(value)); got != want {
			t.Errorf("%s of %s matches %q = %t, want %t", bucket.Pattern.Text, bucket.Name, value, got, want)
		}
	}
}

func mustLookup(t testing.TB, name string) *api.Operation {
	t.Helper()
	op, ok := api.Lookup(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return op
}

func asError(t testing.TB, err error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("error is %v (%T), want an *api.Error", err, err)
	}
	return e
}
