package cognate_test

import (
	"errors"
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
