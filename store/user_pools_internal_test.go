package store

import (
	"testing"

	"cognate/store/gen"
)

// The first build stored LambdaConfig in Carried.
func TestEarlierLambdaConfig(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:123456789012:function:f"
	for document, want := range map[string]string{
		`{"Carried":{"LambdaConfig":{"PreSignUp":"` + function + `"}}}`:  function,
		`{"LambdaConfig":{"PreSignUp":"` + function + `"},"Carried":{}}`: function,
		`{"LambdaConfig":null,"Carried":{"LambdaConfig":null}}`:          "",
		`{"Carried":{}}`: "",
	} {
		p, err := decodePool(gen.UserPool{PoolID: "us-east-1_a", Document: document})
		if err != nil {
			t.Fatalf("decodePool(%s) = %v", document, err)
		}
		if got := p.Function("PreSignUp"); got != want {
			t.Errorf("decodePool(%s) has the trigger %q, want %q", document, got, want)
		}
	}
}
