package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/internal/pgtest"
	"cognate/store"
)

// The migration creates the resource servers that the scopes of stored app clients name, also for clients in the earlier form.
func TestScopesOfStoredClients(t *testing.T) {
	t.Parallel()
	for engine, open := range map[string]func(t *testing.T) (driver, url string){
		"sqlite":   func(t *testing.T) (string, string) { return "sqlite", filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": func(t *testing.T) (string, string) { return "pgx", pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			driver, url := open(t)
			if err := store.MigrateTo(t.Context(), url, 7); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open(driver, url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for i, client := range []struct{ pool, document string }{
				{"us-east-1_A", `{"OAuth":{"Enabled":true,"Scopes":["openid","api/read","https://api.example.com/v1/write","api/","/read"]}}`},
				{"us-east-1_A", `{"OAuth":{"Enabled":false,"Scopes":["api/write","api/read"]}}`},
				{"us-east-1_B", `{"Carried":{"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthScopes":["api/read"]}}`},
				{"us-east-1_C", `{"OAuth":{"Scopes":null}}`},
			} {
				mustExec(t, db, `INSERT INTO app_clients (pool_id, client_id, name, document, sealed, created_at, modified_at)
					VALUES ($1, $2, 'app', $3, $4, $5, 0)`, client.pool, fmt.Sprint("client", i), client.document, []byte{}, 1795348800000+i)
			}
			s := mustOpen(t, url, storedKey(t))
			server := func(pool, identifier string, created int64, scopes ...string) *cognate.ResourceServer {
				at := time.UnixMilli(1795348800000 + created).UTC()
				r := &cognate.ResourceServer{PoolID: pool, Identifier: identifier, Name: "Scopes of app clients", CreatedAt: at, ModifiedAt: at}
				for _, name := range scopes {
					r.Scopes = append(r.Scopes, cognate.Scope{Name: name, Description: "Scope of an app client"})
				}
				return r
			}
			for pool, want := range map[string][]*cognate.ResourceServer{
				"us-east-1_A": {server("us-east-1_A", "api", 0, "read", "write"), server("us-east-1_A", "https://api.example.com/v1", 0, "write")},
				"us-east-1_B": {server("us-east-1_B", "api", 2, "read")},
				"us-east-1_C": {},
			} {
				got, err := s.ResourceServers(t.Context(), pool, "", 9)
				if err != nil {
					t.Fatalf("ResourceServers(%s) = %v", pool, err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("ResourceServers(%s) (-want +got):\n%s", pool, diff)
				}
			}
		})
	}
}
