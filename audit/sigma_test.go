package audit_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// The Sigma rule in docs/audit.md finds the record of the operation that it is about, and no other record.
func TestSigmaRule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	block := yamlBlock.FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/audit.md has no rule")
	}
	var rule struct {
		LogSource struct{ Product, Service string } `yaml:"logsource"`
		Detection struct {
			Selection map[string]string
			Condition string
		}
	}
	if err := yaml.Unmarshal(block[1], &rule); err != nil {
		t.Fatal(err)
	}
	if rule.LogSource.Product != "aws" || rule.LogSource.Service != "cloudtrail" || rule.Detection.Condition != "selection" ||
		len(rule.Detection.Selection) == 0 {
		t.Fatalf("the rule is %+v", rule)
	}
	for operation, want := range map[string]bool{"DeleteUserPool": true, "DeleteUserPoolDomain": false, "CreateUserPool": false} {
		text, err := os.ReadFile("testdata/records/" + operation + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var record map[string]any
		if err := json.Unmarshal(text, &record); err != nil {
			t.Fatal(err)
		}
		found := true
		for field, value := range rule.Detection.Selection {
			found = found && record[field] == value
		}
		if found != want {
			t.Errorf("the rule finds the record of %s: %v, want %v", operation, found, want)
		}
	}
}
