package main

import (
	"maps"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"cognate/api"
)

func TestTestedOperations(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"a/a_test.go": {Data: []byte(`
	f.api.SignUp(t.Context(), &api.SignUpInput{})
	p.Client.GetUser(ctx, in)
	p.Must.SignIn(in)
	codes.Verify(&api.OtherInput{})
	service.ChangePassword(ctx, user)
`)},
		"a/a.go": {Data: []byte("s.Client.DeleteUser(ctx, in)")},
	}
	tested, err := testedOperations(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"GetUser", "SignIn", "SignUp"}
	if got := slices.Sorted(maps.Keys(tested)); !slices.Equal(got, want) {
		t.Errorf("testedOperations() = %q, want %q", got, want)
	}
}

// Every operation is called by a test.
func TestEveryOperationIsTested(t *testing.T) {
	t.Parallel()
	tested, err := testedOperations(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range api.Operations() {
		if !tested[op.Name] {
			t.Errorf("no test calls %s", op.Name)
		}
	}
}
