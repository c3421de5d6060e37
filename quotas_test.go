package cognate_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	quota := cognate.Quota{Max: 2, What: "things in a box"}
	exceeded := api.LimitExceededException("The maximum number of things in a box is 2.")
	broken := errors.New("broken")
	for what, tt := range map[string]struct {
		quotas cognate.Quotas
		n      int
		count  error
		want   error
	}{
		"below":               {n: 1},
		"reached":             {n: 2, want: exceeded},
		"passed":              {n: 3, want: exceeded},
		"off":                 {quotas: cognate.Quotas{Off: true}, n: 3, count: broken},
		"the count is broken": {count: broken, want: broken},
	} {
		err := tt.quotas.Require(quota, func() (int, error) { return tt.n, tt.count })
		if !errors.Is(err, tt.want) || errors.Is(tt.want, exceeded) && err.Error() != exceeded.Error() {
			t.Errorf("Require(%s) = %v, want %v", what, err, tt.want)
		}
	}
}

var (
	declaredQuota  = regexp.MustCompile(`Quota\{([\d_]+), "(.+)"\}`)
	quotaSection   = regexp.MustCompile(`(?s)\n## Quotas\n.*?\n## `)
	documentedRow  = regexp.MustCompile(`(?m)^\| (.+) \| ([\d,]+) \|$`)
	quotaSeparator = strings.NewReplacer("_", "", ",", "")
)

// docs/configuration.md has the quotas that Quotas enforces.
func TestQuotasAreDocumented(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("quotas.go")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range documentedRow.FindAllStringSubmatch(quotaSection.FindString(string(document)), -1) {
		documented[row[1]] = quotaSeparator.Replace(row[2])
	}
	declared := declaredQuota.FindAllStringSubmatch(string(source), -1)
	if len(declared) < 11 {
		t.Errorf("quotas.go has %d quotas, want all", len(declared))
	}
	for _, quota := range declared {
		if got, want := documented[quota[2]], quotaSeparator.Replace(quota[1]); got != want {
			t.Errorf("docs/configuration.md has the quota %q of %s, want %s", got, quota[2], want)
		}
		delete(documented, quota[2])
	}
	for resource := range documented {
		t.Errorf("docs/configuration.md has a quota of %s, which quotas.go lacks", resource)
	}
}
