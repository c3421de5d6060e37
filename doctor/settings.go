package doctor

import (
	"slices"
	"strings"

	"cognate/internal/lazyregexp"
	"cognate/internal/similar"
)

// otherVariables matches variables that are no settings: those that Kubernetes sets for services whose names begin with cognate, the
// one of the command line, and those of tests.
var otherVariables = lazyregexp.New(`^COGNATE_(ENDPOINT|TEST_\w+|(\w+_)?SERVICE_(HOST|PORT(_\w+)?)|(\w+_)?PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// Settings reports what is wrong with the settings, and variables of the environment that look like a setting and are none. variables
// are the names of those that are settings.
func (r *Report) Settings(problems []string, environ, variables []string) {
	o := r.on("settings")
	for _, problem := range problems {
		o.fail("", "%s", problem)
	}
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(strings.ToUpper(name), "COGNATE_") || slices.Contains(variables, name) || otherVariables.MatchString(name) {
			continue
		}
		closest := similar.Closest(strings.ToUpper(name), variables)
		if len(closest) == 0 {
			o.warn("remove the variable, or correct its name; docs/configuration.md has all settings", "the variable %s is not a setting, and has no effect", name)
			continue
		}
		o.warn("maybe you meant "+strings.Join(closest, " or "), "the variable %s is not a setting, and has no effect", name)
	}
	if !o.found() {
		o.ok("the settings are valid")
	}
}
