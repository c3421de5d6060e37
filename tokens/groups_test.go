package tokens_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/tokens"
)

func TestConfigurationOf(t *testing.T) {
	t.Parallel()
	group := func(name, role string, precedence *int) *cognate.Group {
		return &cognate.Group{Name: name, RoleARN: role, Precedence: precedence}
	}
	zero, one := new(0), new(1)
	for what, tt := range map[string]struct {
		groups    []*cognate.Group
		roles     []string
		preferred string
	}{
		"no group":                          {},
		"no role":                           {groups: []*cognate.Group{group("a", "", zero)}},
		"one group":                         {[]*cognate.Group{group("a", "r", zero)}, []string{"r"}, "r"},
		"one group without precedence":      {[]*cognate.Group{group("a", "r", nil)}, []string{"r"}, "r"},
		"lower number":                      {[]*cognate.Group{group("a", "r", zero), group("b", "s", one)}, []string{"r", "s"}, "r"},
		"number and none":                   {[]*cognate.Group{group("a", "r", one), group("b", "s", nil)}, []string{"r", "s"}, "r"},
		"tie, other roles":                  {[]*cognate.Group{group("a", "r", one), group("b", "s", one)}, []string{"r", "s"}, ""},
		"tie, other roles, without number":  {[]*cognate.Group{group("a", "r", nil), group("b", "s", nil)}, []string{"r", "s"}, ""},
		"tie, same role":                    {[]*cognate.Group{group("a", "r", one), group("b", "r", one)}, []string{"r"}, "r"},
		"tie of three, the last differs":    {[]*cognate.Group{group("a", "r", one), group("b", "r", one), group("c", "s", one)}, []string{"r", "s"}, ""},
		"tie of three, the second differs":  {[]*cognate.Group{group("a", "r", one), group("b", "s", one), group("c", "r", one)}, []string{"r", "s"}, ""},
		"tie below the first":               {[]*cognate.Group{group("a", "r", zero), group("b", "s", one), group("c", "u", one)}, []string{"r", "s", "u"}, "r"},
		"the first has no role":             {[]*cognate.Group{group("a", "", zero), group("b", "s", one)}, []string{"s"}, "s"},
		"tie of a role and none":            {[]*cognate.Group{group("a", "", one), group("b", "s", one)}, []string{"s"}, "s"},
		"the first has no role, then a tie": {[]*cognate.Group{group("a", "", zero), group("b", "s", one), group("c", "r", one)}, []string{"s", "r"}, ""},
	} {
		var want tokens.GroupConfiguration
		for _, g := range tt.groups {
			want.Groups = append(want.Groups, g.Name)
		}
		want.Roles, want.PreferredRole = tt.roles, tt.preferred
		if diff := cmp.Diff(want, tokens.ConfigurationOf(tt.groups)); diff != "" {
			t.Errorf("ConfigurationOf(%s) (-want +got):\n%s", what, diff)
		}
	}
}
