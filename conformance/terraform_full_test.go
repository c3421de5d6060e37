package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// TestTerraformFull creates, changes, imports and destroys a pool and an app client with all arguments with Terraform, and takes app
// clients over that exist. After each step a plan must be empty. Data sources read the pool and its clients.
func TestTerraformFull(t *testing.T) {
	t.Parallel()
	long(t)
	f := mustTerraform(t)
	f.copyConfiguration(t, "full_created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false", "-target=aws_cognito_user_pool.people")
	pool := f.poolID(t)
	for _, name := range []string{"ElasticSearch-domain", "AmazonOpenSearch-search"} {
		in := &idp.CreateUserPoolClientInput{UserPoolId: &pool, ClientName: aws.String(name)}
		if _, err := mustConnect(t).CreateUserPoolClient(t.Context(), in); err != nil {
			t.Fatalf("CreateUserPoolClient(%s): %v", name, err)
		}
	}
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "full_created.tf")
	f.wantRead(t, "arn:aws:lambda:us-east-1:123456789012:function:sms")

	f.copyConfiguration(t, "full_updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "full_updated.tf")
	f.wantRead(t, "arn:aws:lambda:us-east-1:123456789012:function:other")

	imports := new(strings.Builder)
	for address, client := range map[string]string{
		"aws_cognito_user_pool.people":                "",
		"aws_cognito_user_pool_client.public":         "/" + f.attribute(t, "aws_cognito_user_pool_client.public", "id"),
		"aws_cognito_managed_user_pool_client.prefix": "/" + f.attribute(t, "aws_cognito_managed_user_pool_client.prefix", "id"),
	} {
		f.run(t, "state", "rm", address)
		fmt.Fprintf(imports, "import {\n  to = %s\n  id = %q\n}\n", address, pool+client)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "imports.tf"), []byte(imports.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := f.command("apply", "-auto-approve", "-input=false").CombinedOutput()
	// Only the state changes: an import does not know the prefix by which the configuration finds the client.
	if err != nil || !strings.Contains(string(out), "3 imported, 0 added, 1 changed, 0 destroyed") {
		t.Errorf("terraform apply with imports: %v, want 3 imports and a change of the state:\n%s", err, out)
	}
	f.wantEmptyPlan(t, "full_updated.tf after an import")
}

// wantRead compares the output "read", which has what the data sources read.
func (f *terraform) wantRead(t *testing.T, function string) {
	t.Helper()
	out, err := f.command("output", "-json", "read").Output()
	if err != nil {
		t.Fatalf("terraform output: %v", err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"pool": function, "listed": true, "client": "full", "same_secret": true, "certificate": true,
		"clients": []any{"AmazonOpenSearch-search", "ElasticSearch-domain", "full", "public"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("data sources read %v, want %v", got, want)
	}
}
