package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/store/storetest"
)

// Documents in the form of an earlier build keep all settings.
func TestEarlierDocuments(t *testing.T) {
	t.Parallel()
	file, key := filepath.Join(t.TempDir(), "cognate.db"), storetest.MasterKey(t)
	s := mustOpen(t, file, key)
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		pool := &cognate.UserPool{ID: "us-east-1_000000001", AccountID: "123456789012", Name: "people"}
		if err := tx.CreateUserPool(t.Context(), pool, nil); err != nil {
			return err
		}
		return tx.CreateAppClient(t.Context(), &cognate.AppClient{PoolID: pool.ID, ID: "client", Name: "app"})
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for table, document := range map[string]string{
		"user_pools":  `{"Carried":{"LambdaConfig":{"PreSignUp":"arn:aws:lambda:us-east-1:123456789012:function:check"}}}`,
		"app_clients": `{"Carried":{"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid"]}}`,
	} {
		if _, err := db.ExecContext(t.Context(), "UPDATE "+table+" SET document = $1, version = version + 1", document); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := s.UserPool(t.Context(), "us-east-1_000000001")
	if err != nil || pool.Function(cognate.TriggerPreSignUp) == "" {
		t.Errorf("UserPool() = %+v, %v, want its trigger", pool, err)
	}
	client, err := s.AppClient(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	want := cognate.OAuthSettings{Enabled: true, Flows: []api.OAuthFlowType{api.OAuthFlowTypeCode}, Scopes: []string{"openid"}}
	if diff := cmp.Diff(want, client.OAuth); diff != "" {
		t.Errorf("OAuth (-want +got):\n%s", diff)
	}
}
