package cli_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/input"
)

// TestSkeletonParity compares the input skeleton of every command that both programs have. It removes members that are
// newer than the AWS CLI. The rest must be equal, byte for byte.
func TestSkeletonParity(t *testing.T) {
	setEnvironment(t)
	aws := mustFindAWSCLI(t)
	listed := aws.run(t, []string{"cognito-idp", "none"}).Stderr
	known := map[string]bool{}
	for _, name := range regexp.MustCompile(`[a-z]+(?:-[a-z]+)+`).FindAllString(listed, -1) {
		known[name] = true
	}
	compared := 0
	for _, op := range api.Operations() {
		if !known[op.CLI] {
			continue
		}
		compared++
		t.Run(op.CLI, func(t *testing.T) {
			t.Parallel()
			args := []string{"cognito-idp", op.CLI, "--generate-cli-skeleton"}
			want, got := aws.run(t, args), runCognate(t.Context(), args)
			awsValue, err := document.Parse([]byte(want.Stdout))
			if err != nil {
				t.Fatal(err)
			}
			ownValue, err := document.Parse([]byte(got.Stdout))
			if err != nil {
				t.Fatal(err)
			}
			got.Stdout = string(document.AppendJSON(nil, without(ownValue, awsValue), "    ")) + "\n"
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs (-aws +cognate):\n%s", diff)
			}
		})
	}
	if compared < 90 {
		t.Errorf("compared %d commands, want most of the API", compared)
	}
}

// TestYAMLSkeletonParity compares the values of YAML skeletons. Comments differ.
func TestYAMLSkeletonParity(t *testing.T) {
	setEnvironment(t)
	aws := mustFindAWSCLI(t)
	for _, name := range []string{"create-user-pool", "set-risk-configuration", "associate-software-token", "admin-initiate-auth", "set-ui-customization", "tag-resource"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"cognito-idp", name, "--generate-cli-skeleton", "yaml-input"}
			awsValue, err := input.ParseYAML([]byte(aws.run(t, args).Stdout))
			if err != nil {
				t.Fatal(err)
			}
			got := runCognate(t.Context(), args).Stdout
			ownValue, err := input.ParseYAML([]byte(got))
			if err != nil {
				t.Fatalf("%v:\n%s", err, got)
			}
			ownValue = without(ownValue, awsValue)
			if diff := cmp.Diff(string(document.AppendJSON(nil, awsValue, " ")), string(document.AppendJSON(nil, ownValue, " "))); diff != "" {
				t.Errorf("differs (-aws +cognate):\n%s", diff)
			}
		})
	}
}

// without returns value without the members that model does not have.
func without(value, model any) any {
	switch v := value.(type) {
	case *document.Object:
		m, ok := model.(*document.Object)
		if !ok {
			return value
		}
		kept := &document.Object{}
		for name, member := range v.All() {
			if other, known := m.Get(name); known {
				kept.Set(name, without(member, other))
			}
		}
		return kept
	case []any:
		if m, ok := model.([]any); ok && len(m) == len(v) {
			for i := range v {
				v[i] = without(v[i], m[i])
			}
		}
	}
	return value
}
