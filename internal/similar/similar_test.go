package similar_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/similar"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	choices := []string{"AdminGetUser", "AdminGetDevice", "GetUser", "ListUsers"}
	for word, want := range map[string][]string{
		"AdminGetUsr":    {"AdminGetUser"},
		"AdminGetDevise": {"AdminGetDevice"},
		"GetUsers":       {"GetUser"},
		"Zebra":          nil,
		"":               nil,
	} {
		if diff := cmp.Diff(want, similar.Closest(word, choices)); diff != "" {
			t.Errorf("Closest(%s) (-want +got):\n%s", word, diff)
		}
	}
}
