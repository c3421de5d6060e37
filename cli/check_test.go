package cli_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/cli"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const shared = "UserPoolTags: &tags {a: b}\n"
	tests := []struct{ name, file, text, want string }{
		{"valid", "a.json", `{"PoolName": "a"}`, ""},
		{"valid YAML", "a.yaml", "PoolName: a # b\n", ""},
		{"an alias", "a.yml", shared + "PoolName: a\n", ""},
		{
			"everything at once", "a.json", "{\n  \"PoolName\": \"\",\n  \"MfaConfiguration\": \"MAYBE\",\n  \"Policies\": {\n    \"PasswordPolicy\": {\"MinimumLength\": \"6\",\n      \"Bogus\": 1}\n  },\n  \"Schema\": [\n    {\"Name\": \"a\"},\n    7\n  ]\n}\n",
			"FILE:2: PoolName: Member must have length greater than or equal to 1\n" +
				`FILE:2: PoolName: Member must satisfy regular expression pattern: [\w\s+=,.@-]+` + "\n" +
				"FILE:3: MfaConfiguration: Member must satisfy enum value set: [OPTIONAL, OFF, ON]\n" +
				"FILE:5: Policies.PasswordPolicy.MinimumLength: must be an integer, but is a string\n" +
				"FILE:6: Policies.PasswordPolicy.Bogus: is unknown, must be one of: MinimumLength, RequireUppercase, RequireLowercase, RequireNumbers, RequireSymbols, PasswordHistorySize, TemporaryPasswordValidityDays\n" +
				"FILE:10: Schema[1]: must be an object, but is a number\n",
		},
		{
			"everything at once, YAML", "a.yaml", "# a pool\nMfaConfiguration: MAYBE\n\nUserPoolTags:\n  a: 1\n  b: c\nAutoVerifiedAttributes: [email,\n  address]\n",
			"FILE:1: PoolName: is required, but missing\n" +
				"FILE:2: MfaConfiguration: Member must satisfy enum value set: [OPTIONAL, OFF, ON]\n" +
				"FILE:5: UserPoolTags.a: must be a string, but is a number\n" +
				"FILE:8: AutoVerifiedAttributes[1]: Member must satisfy enum value set: [phone_number, email]\n",
		},
		{"no object", "a.json", "[1]", "FILE:1: must be an object, but is a list\n"},
		{"nothing", "a.yaml", "", "FILE:1: must be an object, but is null\n"},
		{"a repeated member", "a.json", "{\"PoolName\": \"a\",\n\"UserPoolTags\": {\"a\": \"b\"},\n\"UserPoolTags\": {\"a\": \"b\"}}", "FILE:3: UserPoolTags: is set more than once\n"},
		{"a repeated key", "a.yaml", "PoolName: a\nPoolName: b\n", "FILE:2: PoolName: is set more than once\n"},
		{"broken JSON", "a.json", "{\n\"PoolName\": ", "FILE:2: Invalid JSON: Expecting value, column 13\n"},
		{"broken YAML", "a.yaml", "PoolName: a\nSchema: [\n", "FILE:2: Invalid YAML: did not find expected node content\n"},
		{"two documents", "a.yaml", "PoolName: a\n---\nPoolName: b\n", "FILE:1: Invalid YAML: there is more than one document\n"},
		{"a number of 40 bits", "a.json", `{"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": 1000000000000}}}`, "FILE:1: Policies.PasswordPolicy.MinimumLength: must have at most 32 bits\n"},
		{"a number of 70 bits", "a.json", `{"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": 1000000000000000000000}}}`, "FILE:1: Policies.PasswordPolicy.MinimumLength: must have at most 64 bits\n"},
		{"a hostile name", "a.json", `{"PoolName": "a", "UserPoolTags": {"x\n::error::\u001b[31m": 1}}`, `FILE:1: UserPoolTags.x\n::error::\u001b[31m: must be a string, but is a number` + "\n"},
		{"null", "a.json", `{"PoolName": null}`, "FILE:1: PoolName: must be a string, but is null\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), tt.file)
			mustWrite(t, file, tt.text)
			var stdout, stderr strings.Builder
			err := cli.Check("create-user-pool", []string{file}, strings.NewReader(""), &stdout, &stderr)
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(stderr.String(), file, "FILE")); diff != "" || errors.Is(err, cli.ErrInvalid) != (tt.want != "") {
				t.Errorf("Check = %v, problems (-want +got):\n%s", err, diff)
			}
			if valid := stdout.String() == file+": a valid input of create-user-pool\n"; valid != (tt.want == "") {
				t.Errorf("stdout: %q", stdout.String())
			}
		})
	}
	if err := cli.Check("none", []string{"none"}, nil, nil, nil); err == nil || errors.Is(err, cli.ErrInvalid) {
		t.Errorf("Check(no command) = %v", err)
	}
}

// TestCheckBlobs checks the length of what base64 means, and text that is not base64.
func TestCheckBlobs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"UserPoolId: a_b\nImageFile: YWJj\n":        "",
		"UserPoolId: a_b\nImageFile: YWJ\n":         "-:2: ImageFile: must be base64\n",
		"UserPoolId: a_b\nImageFile: 1\n":           "-:2: ImageFile: must be base64, but is a number\n",
		"UserPoolId: a_b\nImageFile: !!binary YWJj": "",
	} {
		var stdout, stderr strings.Builder
		_ = cli.Check("set-ui-customization", []string{"-"}, strings.NewReader(text), &stdout, &stderr)
		if stderr.String() != want {
			t.Errorf("%q: %q, want %q", text, stderr.String(), want)
		}
	}
}
