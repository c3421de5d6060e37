//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const (
	functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"

	// confirming is a program as a function. It confirms every user who signs up and ignores the rest of the event.
	confirming = "#!/bin/sh\nsed 's/\"autoConfirmUser\":false/\"autoConfirmUser\":true/'\n"
)

// TestFunctions tests the functions of the settings, each kind with its own server.
func TestFunctions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"+functionARN) {
			t.Errorf("a function was looked for at %s", r.URL.Path)
		}
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		fmt.Fprint(w, `{"errorMessage":"not here"}`)
	}))
	defer lambda.Close()
	program := filepath.Join(dir, "confirm")
	if err := os.WriteFile(program, []byte(confirming), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("lambda_endpoint: %s\nfunctions: [{arn: '%sconfirm', command: [%q]}]\n", lambda.URL, functionARN, program)
	if err := os.WriteFile(filepath.Join(dir, "cognate.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	p := mustStart(t, dir, "dev", "--listen", "127.0.0.1:0", "--config", "cognate.yaml")
	client := &api.Client{Endpoint: p.url + "/", Sign: cognatetest.Sign}

	out, err := signUp(t, client, "confirm")
	if err != nil || !api.IsTrue(out.UserConfirmed) {
		t.Errorf("SignUp(a program confirms) = %+v, %v, want a confirmed user", out, err)
	}
	_, err = signUp(t, client, "elsewhere")
	cognatetest.WantError(t, "SignUp(a function at the Lambda endpoint)", err,
		api.UserLambdaValidationException("PreSignUp failed with error not here."))
}

// signUp signs a user up in a new pool that calls the function with that name.
func signUp(t *testing.T, client *api.Client, function string) (*api.SignUpOutput, error) {
	t.Helper()
	pool := cognatetest.Try(client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
		PoolName: "people", LambdaConfig: &api.LambdaConfigType{PreSignUp: functionARN + function},
	})).Of(t).UserPool
	app := cognatetest.Try(client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: "app",
	})).Of(t).UserPoolClient
	return client.SignUp(t.Context(), &api.SignUpInput{ClientId: app.ClientId, Username: "anna", Password: cognatetest.Password})
}
