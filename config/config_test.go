package config_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/config"
)

const (
	masterKey = "cognate-master-1:not looked at here"
	arn       = "arn:aws:lambda:us-east-1:000000000000:function:f"
	keys      = "access_keys:\n  - {id: ADMIN, secret: correct-horse-battery}\n"
)

// serve returns the settings that Serve requires.
func serve(t *testing.T, yaml string) config.Source {
	t.Helper()
	return config.Source{
		Mode: config.Serve, File: mustWrite(t, "cognate.yaml", keys+yaml), Environ: []string{"COGNATE_MASTER_KEY=" + masterKey},
	}
}

func mustWrite(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustLoad(t *testing.T, s config.Source) *config.Config {
	t.Helper()
	c, err := config.Load(s)
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := &config.Config{
		Mode: config.Dev, Listen: "127.0.0.1:8229", Account: "000000000000", Region: "us-east-1", Issuer: "public",
		LogFormat: "", ResourceQuotas: config.QuotasAWS, AuthEventRetention: 17520 * time.Hour, AuthEventsPerUser: 10_000, LogLevel: slog.LevelInfo,
		AuditSettings: config.AuditSettings{Audit: config.AuditOff, AuditRetention: 90 * 24 * time.Hour},
		SQLiteCache:   16, DatabaseConnections: 32,
		LogSettings:   config.LogSettings{LogDeliveryQueue: 10_000},
		LimitSettings: limitSettings(config.LimitsOff),
	}
	if diff := cmp.Diff(want, mustLoad(t, config.Source{Mode: config.Dev})); diff != "" {
		t.Errorf("Load(dev) (-want +got):\n%s", diff)
	}
	want = &config.Config{
		Mode: config.Serve, Listen: "127.0.0.1:8229", MetricsListen: "127.0.0.1:8230", Account: "000000000000", Data: "cognate-data", Migrate: config.MigrateAuto, MasterKey: masterKey,
		Issuer:     "public",
		AccessKeys: []config.AccessKey{{ID: "ADMIN", Secret: "correct-horse-battery", Account: "000000000000", Name: "ADMIN"}},
		LogFormat:  "json", ResourceQuotas: config.QuotasAWS, AuthEventRetention: 17520 * time.Hour, AuthEventsPerUser: 10_000, LogLevel: slog.LevelInfo,
		AuditSettings: config.AuditSettings{Audit: config.AuditChanges, AuditRetention: 90 * 24 * time.Hour},
		SQLiteCache:   16, DatabaseConnections: 32,
		LogSettings:   config.LogSettings{LogDeliveryQueue: 10_000},
		LimitSettings: limitSettings(config.LimitsOn),
		ACMESettings:  config.ACMESettings{ACMEDirectory: "https://acme-v02.api.letsencrypt.org/directory"},
	}
	want.DeletedRetention = 7 * 24 * time.Hour
	if diff := cmp.Diff(want, mustLoad(t, serve(t, ""))); diff != "" {
		t.Errorf("Load(serve) (-want +got):\n%s", diff)
	}
}

// A later layer overrides an earlier one: file, environment, flags.
func TestLayers(t *testing.T) {
	t.Parallel()
	s := serve(t, "listen: 127.0.0.1:1\npublic_url: https://file.example/\nlog_level: debug\ndrain: 5s\naccount: '123456789012'\n")
	s.Environ = append(s.Environ, "COGNATE_LISTEN=127.0.0.1:2", "COGNATE_PUBLIC_URL=https://env.example", "PATH=/bin")
	s.Flags = map[string]any{"listen": "127.0.0.1:3"}
	c := mustLoad(t, s)
	got := []any{c.Listen, c.PublicURL, c.LogLevel, c.Drain, c.Account, c.AccessKeys[0].Account}
	want := []any{"127.0.0.1:3", "https://env.example", slog.LevelDebug, 5 * time.Second, "123456789012", "123456789012"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load() (-want +got):\n%s", diff)
	}
}

// Every layer can set the address of the metrics, and turn them off.
func TestMetricsListen(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"", "10.0.0.1:9000"} {
		fromFile := serve(t, fmt.Sprintf("metrics_listen: %q\n", want))
		fromEnvironment := serve(t, "metrics_listen: 127.0.0.1:1\n")
		fromEnvironment.Environ = append(fromEnvironment.Environ, "COGNATE_METRICS_LISTEN="+want)
		fromFlag := serve(t, "metrics_listen: 127.0.0.1:1\n")
		fromFlag.Flags = map[string]any{"metrics_listen": want}
		for layer, s := range map[string]config.Source{"file": fromFile, "environment": fromEnvironment, "flag": fromFlag} {
			if c := mustLoad(t, s); c.MetricsListen != want {
				t.Errorf("Load(%q from the %s) = %q", want, layer, c.MetricsListen)
			}
		}
	}
}

// The file may have 0 without a unit for a duration.
func TestNoDuration(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, serve(t, "deleted_retention: 0\naudit_retention: 0\ndrain: 0\n"))
	if c.DeletedRetention != 0 || c.AuditRetention != 0 || c.Drain != 0 {
		t.Errorf("Load() = retention %v, audit %v, drain %v, want 0", c.DeletedRetention, c.AuditRetention, c.Drain)
	}
}

func TestFileFromEnvironment(t *testing.T) {
	t.Parallel()
	path := mustWrite(t, "dev.yaml", "listen: 127.0.0.1:1\n")
	s := config.Source{Mode: config.Dev, Environ: []string{"COGNATE_CONFIG=" + path}}
	if c := mustLoad(t, s); c.Listen != "127.0.0.1:1" {
		t.Errorf("Load(COGNATE_CONFIG) listens on %s, want what the file says", c.Listen)
	}
	s.File = mustWrite(t, "other.yaml", "listen: 127.0.0.1:2\n")
	if c := mustLoad(t, s); c.Listen != "127.0.0.1:2" {
		t.Errorf("Load(--config, COGNATE_CONFIG) listens on %s, want what the flag's file says", c.Listen)
	}
}

func TestTypesFromEnvironment(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, config.Source{Mode: config.Dev, Environ: []string{
		"COGNATE_EXPOSE=true", "COGNATE_LISTEN=:8229", "COGNATE_DRAIN=1m", "COGNATE_LOG_LEVEL=WARN",
		// Kubernetes sets these variables for a service of this name.
		"COGNATE_PORT=tcp://10.0.0.1:8229", "COGNATE_SERVICE_HOST=10.0.0.1",
	}})
	if !c.Expose || c.Drain != time.Minute || c.LogLevel != slog.LevelWarn {
		t.Errorf("Load() = expose %v, drain %v, level %v", c.Expose, c.Drain, c.LogLevel)
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, config.Source{
		Mode: config.Serve,
		File: mustWrite(t, "cognate.yaml", fmt.Sprintf("access_keys: [{id: ADMIN, secret_file: %q}]",
			mustWrite(t, "admin.secret", "correct-horse-battery\n"))),
		Flags: map[string]any{
			"master_key_file":      mustWrite(t, "master.key", " new\n"),
			"old_master_keys_file": mustWrite(t, "old.keys", "older\n\noldest\n"),
		},
	})
	if c.MasterKey != "new" || c.AccessKeys[0].Secret != "correct-horse-battery" {
		t.Error("Load() took other secrets than the files hold")
	}
	if diff := cmp.Diff([]config.Secret{"older", "oldest"}, c.OldMasterKeys); diff != "" {
		t.Errorf("OldMasterKeys (-want +got):\n%s", diff)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 32)
	s := serve(t, fmt.Sprintf("lambda_endpoint: http://127.0.0.1:3001\nfunctions:\n"+
		"  - {arn: %q, url: 'https://a.example/f?x=1', secret_file: %q}\n  - {arn: %q, command: [/bin/f, --strict]}\n"+
		"kms_endpoint: http://127.0.0.1:4566\ncode_keys:\n"+
		"  - {kms_key_id: codes, key_file: %q}\n  - {kms_key_id: old, key_file: %[4]q, format: cognate-1}\n"+
		"  - {kms_key_id: far, kms_endpoint: 'https://kms.eu-west-1.amazonaws.com'}\n",
		arn, mustWrite(t, "hooks.secret", "correct-horse-battery\n"), arn+":1",
		mustWrite(t, "codes.key", base64.StdEncoding.EncodeToString([]byte(key))+"\n")))
	s.Environ = append(s.Environ, "COGNATE_LAMBDA_ENDPOINT=https://lambda.example", "COGNATE_FUNCTIONS=x", "COGNATE_CODE_KEYS=x")
	c := mustLoad(t, s)
	if c.LambdaEndpoint != "https://lambda.example" || c.Functions[0].Secret != "correct-horse-battery" || string(c.CodeKeys[0].Key) != key {
		t.Errorf("Load() = endpoint %s, functions %v and other secrets than the files hold", c.LambdaEndpoint, c.Functions)
	}
	if c.KMSEndpoint != "http://127.0.0.1:4566" || c.CodeKeys[0].Format != config.EncryptionSDK || c.CodeKeys[1].Format != config.Cognate1 ||
		string(c.CodeKeys[1].Key) != key || c.CodeKeys[2].Key != "" {
		t.Errorf("Load() = KMS %s, code keys %v", c.KMSEndpoint, c.CodeKeys)
	}
	if diff := cmp.Diff([]string{"/bin/f", "--strict"}, c.Functions[1].Command); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

func TestRejects(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	tests := []struct {
		name string
		mode config.Mode
		yaml string
		want string // "|" separates problems
	}{
		{"unknown", config.Dev, "lambda: x\nlisten: 127.0.0.1:1", "lambda: unknown setting"},
		{"unknown inside", config.Serve, "access_keys: [{id: ADMIN, secret: correct-horse-battery, role: x}]", "access_keys[0].role: unknown setting"},
		{"other case", config.Dev, "Listen: 127.0.0.1:1", "Listen: unknown setting"},
		{"account without quotes", config.Dev, "account: 123456789012", "account: is of type int, want string"},
		{"not a duration", config.Dev, "drain: soon", "drain: must be a duration with its unit, such as 30s"},
		{"duration without a unit", config.Dev, "drain: 30", "drain: must be a duration with its unit"},
		{"not a level", config.Dev, "log_level: loud", "log_level: must be debug, info, warn or error"},
		{"not a boolean", config.Dev, "expose: 'yes'", "expose: must be true or false"},
		{
			"values and types", config.Dev, "log_level: loud\naccount: 1\nissuer: both\nlog_formt: text",
			"log_formt: unknown setting|account: is of type int|log_level: must be|issuer: ",
		},
		{"serve's in dev", config.Dev, keys, "access_keys: has no effect in cognate dev"},
		{
			"dev's in serve", config.Serve, keys + "expose: true\nexit_with_parent: true\nregion: us-east-1",
			"expose: has no effect in cognate serve|exit_with_parent: has no effect in cognate serve|region: has no effect in cognate serve",
		},
		{"master key in the file", config.Dev, "master_key: x", "master_key: put it"},

		{"no port", config.Dev, "listen: 127.0.0.1", "listen: "},
		{"named port", config.Dev, "listen: 127.0.0.1:http", "listen: "},
		{"every address", config.Dev, "listen: :8229", "listen: cognate dev"},
		{"beyond loopback", config.Dev, "listen: 10.0.0.1:8229", "listen: cognate dev"},
		{"by a name", config.Dev, "listen: localhost.example:8229", "listen: cognate dev"},
		{"metrics without a port", config.Serve, keys + "metrics_listen: 127.0.0.1", "metrics_listen: "},
		{"metrics on every address", config.Dev, "metrics_listen: :8230", "metrics_listen: cognate dev"},
		{"public URL", config.Dev, "public_url: example.com", "public_url: "},
		{"public URL with a query", config.Dev, "public_url: https://example.com?a=b", "public_url: "},
		{"public URL with a user", config.Dev, "public_url: https://a@example.com", "public_url: "},
		{"no public URL", config.Serve, keys + "listen: 0.0.0.0:8229", "public_url: required"},
		{"half of TLS", config.Dev, "tls_cert: a.pem", "tls_cert, tls_key: "},
		{"two databases", config.Serve, keys + "data: a\ndatabase_url: postgres://a@b/c", "data, database_url: "},
		{"another database", config.Serve, keys + "database_url: 'mysql://a:hunter2@b/c'", "database_url: "},
		{"several hosts", config.Serve, keys + "database_url: 'postgres://u@b:1,c:2/d?target_session_attrs=primary-ish'", "database_url: unknown target_session_attrs value: primary-ish"},
		{"no connections", config.Dev, "database_connections: 0", "database_connections: 0 is not between 2 and 1000"},
		{"pooler of sessions", config.Serve, keys + "database_url: postgres://a@b/c\ndatabase_pooler: session", `database_pooler: "session" is not transaction`},
		{"pooler without a database", config.Dev, "database_pooler: transaction", "database_pooler: has no effect without database_url"},
		{"migrate in dev", config.Dev, "migrate: manual", "migrate: has no effect in cognate dev"},
		{"migrate later", config.Serve, keys + "migrate: later", `migrate: "later" is neither auto nor manual`},
		{"account", config.Dev, "account: '12345'", `account: "12345" is not 12 digits`},
		{"region", config.Dev, "region: europe", `region: "europe"`},
		{"log format", config.Dev, "log_format: xml", "log_format: "},
		{"retention of events", config.Dev, "auth_event_retention: 1m", `auth_event_retention: 1m0s is not between 1h and 87600h0m0s`},
		{"small cache", config.Dev, "sqlite_cache: 7", `sqlite_cache: 7 is not between 8 and 65536`},
		{"large cache", config.Dev, "sqlite_cache: 65537", `sqlite_cache: 65537 is not between 8 and 65536`},
		{"events per user", config.Dev, "auth_events_per_user: 0", `auth_events_per_user: 0 is not between 1 and 1000000`},
		{"level of audit", config.Dev, "audit: reads", `audit: "reads" is not off, changes, sign-ins or all`},
		{"retention of audit", config.Dev, "audit_retention: 23h", `audit_retention: 23h0m0s is not between`},
		{"retention of the trash", config.Serve, "deleted_retention: 5m", `deleted_retention: 5m0s is not between`},
		{"retention in weeks", config.Dev, "audit_retention: 2w", `audit_retention: must be a duration`},
		{
			"audit copies without records", config.Dev, "audit: 'off'\naudit_file: a\naudit_webhook_url: http://127.0.0.1/\naudit_webhook_secret_file: b",
			`audit_file: has no effect|audit_webhook_url: has no effect|audit_webhook_secret_file: `,
		},
		{"no audit file", config.Dev, "audit_file_required: true", `audit_file_required: needs audit_file`},
		{
			"audit webhook", config.Dev, "audit: changes\naudit_webhook_url: http://example.com",
			`audit_webhook_url: not a URL|audit_webhook_secret_file: required`,
		},
		{"unused audit secret", config.Dev, "audit_webhook_secret_file: a", `audit_webhook_secret_file: has no effect|audit_webhook_secret_file: open a`},
		{"audit secret in the file", config.Dev, "audit_webhook_secret: x", "audit_webhook_secret: put it"},
		{"resource quotas", config.Dev, "resource_quotas: none", `resource_quotas: "none" is neither aws nor off`},
		{"drain", config.Dev, "drain: 1h", "drain: "},
		{
			"replica regions", config.Dev, "replica_regions: [eu-west-1, europe, us-west-2=, us-west-2=a b, eu-west-1=id.example.com]",
			`replica_regions: "europe" is neither|replica_regions: "us-west-2=" is neither|replica_regions: "us-west-2=a b" is neither|` +
				`replica_regions: "eu-west-1" appears twice`,
		},
		{"limit maximum", config.Dev, "limit_maximum: -1", "limit_maximum: -1 is not between 0 and 1000000"},
		{"limit maximum as text", config.Dev, "limit_maximum: high", "limit_maximum: must be a whole number"},
		{"signing key age", config.Dev, "signing_key_age: 47h", "signing_key_age: 47h0m0s is shorter than 48h"},
		{"negative signing key age", config.Dev, "signing_key_age: -1h", "signing_key_age: "},

		{
			"functions in a bad way", config.Dev, "functions:\n" +
				"  - {arn: pre-sign-up, command: [/f]}\n" +
				"  - {arn: '" + arn + "'}\n" +
				"  - {arn: '" + arn + "1', url: 'https://a.example/', command: [/f]}\n" +
				"  - {arn: '" + arn + "2', command: [f]}\n" +
				"  - {arn: '" + arn + "3', command: [/f], secret: correct-horse-battery}\n" +
				"  - {arn: '" + arn + "4', url: 'http://a.example/', secret: correct-horse-battery}\n" +
				"  - {arn: '" + arn + "5', url: 'https://u:p@a.example/', secret: correct-horse-battery}\n" +
				"  - {arn: '" + arn + "6', url: 'https://a.example/'}\n" +
				"  - {arn: '" + arn + "7', url: 'https://a.example/', secret: short}\n" +
				"  - {arn: '" + arn + "7', url: 'http://[::1]:80/', secret: correct-horse-battery}\n",
			"functions[0].arn: |functions[1]: set one|functions[2]: set one|functions[3].command: |functions[4]: secret|functions[5].url: events|" +
				"functions[6].url: not a URL|functions[7]: set one|functions[8].secret: |functions[9].arn: ",
		},
		{"Lambda behind a path with a query", config.Dev, "lambda_endpoint: http://a.example/?x=1", "lambda_endpoint: not a URL"},
		{"Lambda without encryption", config.Serve, keys + "lambda_endpoint: http://a.example", "lambda_endpoint: events contain secrets"},
		{
			"code keys", config.Dev, "code_keys: [{kms_key_id: a}, {kms_key_id: b, key_file: /dev/null}, {kms_key_id: b, key_file: " + missing + "}]",
			"code_keys[0]: set kms|code_keys[2].kms_key_id: |code_keys[1].key_file: |code_keys[2].key_file: ",
		},
		{
			"code keys in a KMS", config.Serve, keys + "kms_endpoint: kms\ncode_keys:\n" +
				"  - {kms_key_id: a, kms_endpoint: 'https://a.example', key_file: /dev/null}\n" +
				"  - {kms_key_id: b, kms_endpoint: 'http://a.example'}\n" +
				"  - {kms_key_id: c, kms_endpoint: 'https://a.example', format: cognate-1}\n" +
				"  - {kms_key_id: d, kms_endpoint: 'https://a.example', format: plain}\n",
			"kms_endpoint: not a URL|code_keys[0]: set kms|code_keys[1].kms_endpoint: answers contain secrets|" +
				"code_keys[2].format: a KMS|code_keys[3].format: \"plain\" is neither|code_keys[0].key_file: ",
		},
		{"KMS without encryption", config.Serve, keys + "kms_endpoint: http://a.example", "kms_endpoint: answers contain secrets"},

		{"name", config.Serve, "access_keys: [{id: ADMIN, secret: correct-horse-battery, name: a b}]", `access_keys[0].name: "a b" is not 1 to 64 letters`},
		{"a name twice", config.Serve, keys + "  - {id: OTHER, secret: correct-horse-battery, name: ADMIN}", `access_keys[1].name: "ADMIN" appears twice`},
		{
			"access key", config.Serve, "access_keys: [{id: 'A/B', secret: short, account: '1'}]",
			"access_keys[0].id: |access_keys[0].secret: shorter|access_keys[0].account: ",
		},
		{"two secrets", config.Serve, "access_keys: [{id: ABC, secret: correct-horse-battery, secret_file: x}]", "access_keys[0]: set one"},
		{"twice", config.Serve, keys + "  - {id: ADMIN, secret: correct-horse-battery}", `access_keys[1].id: "ADMIN" appears twice`},
		{"missing secret file", config.Serve, "access_keys: [{id: ABC, secret_file: " + missing + "}]", "secret_file of access key ABC: "},
		{"empty secret file", config.Serve, "access_keys: [{id: ABC, secret_file: /dev/null}]", "secret_file of access key ABC: "},
		{"missing old keys", config.Serve, keys + "old_master_keys_file: " + missing, "old_master_keys_file: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := config.Source{Mode: tt.mode, File: mustWrite(t, "cognate.yaml", tt.yaml)}
			if tt.mode == config.Serve {
				s.Environ = []string{"COGNATE_MASTER_KEY=" + masterKey}
			}
			wantProblems(t, s, strings.Split(tt.want, "|"))
		})
	}
}

func wantProblems(t *testing.T, s config.Source, want []string) {
	t.Helper()
	c, err := config.Load(s)
	problems, ok := errors.AsType[config.Problems](err)
	if !ok || c != nil {
		t.Fatalf("Load() = %v, %v, want Problems", c, err)
	}
	if len(problems) != len(want) {
		t.Fatalf("Load() = %v, want %q", err, want)
	}
	for i, problem := range problems {
		if !strings.HasPrefix(problem, want[i]) {
			t.Errorf("problem %d = %q, want %q", i, problem, want[i])
		}
		if strings.Contains(problem, "hunter2") {
			t.Errorf("problem %d quotes a password: %q", i, problem)
		}
	}
}

func TestMasterKeyRejections(t *testing.T) {
	t.Parallel()
	file := mustWrite(t, "master.key", masterKey)
	wantProblems(t, config.Source{Mode: config.Serve, File: mustWrite(t, "c.yaml", keys)}, []string{"master_key_file: a master key is required"})
	wantProblems(t, config.Source{Mode: config.Dev, Flags: map[string]any{"database_url": "postgres:///x"}},
		[]string{"master_key_file: a master key is required"})
	wantProblems(t, config.Source{Mode: config.Dev, Flags: map[string]any{"master_key_file": file}, Environ: []string{"COGNATE_MASTER_KEY=x"}},
		[]string{"master_key_file, COGNATE_MASTER_KEY: set only one"})
	wantProblems(t, config.Source{Mode: config.Dev, Flags: map[string]any{"old_master_keys_file": file}},
		[]string{"old_master_keys_file: needs the new master key"})
	wantProblems(t, config.Source{Mode: config.Dev, Flags: map[string]any{"master_key_file": filepath.Join(t.TempDir(), "none")}},
		[]string{"master_key_file: "})
}

func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	for _, path := range []string{filepath.Join(t.TempDir(), "none.yaml"), mustWrite(t, "broken.yaml", "listen: [")} {
		if _, err := config.Load(config.Source{Mode: config.Dev, File: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Load(%s) = %v, want an error that names the file", path, err)
		}
	}
	_, err := config.Load(config.Source{Mode: config.Dev, File: mustWrite(t, "text.yaml", "listen 127.0.0.1:1\n")})
	if err == nil || !strings.Contains(err.Error(), "text.yaml: each line must be a setting") {
		t.Errorf("Load() = %v, want an error that shows the form of a setting", err)
	}
}

func TestStoreURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		config config.Config
		want   string
	}{
		{config.Config{}, ""},
		{config.Config{Data: "data"}, filepath.Join("data", "cognate.db")},
		{config.Config{DatabaseURL: "postgres://a@b/c"}, "postgres://a@b/c"},
		{config.Config{DatabaseURL: "postgres://a@b:1,c:2/d?target_session_attrs=read-write"}, "postgres://a@b:1,c:2/d?target_session_attrs=read-write"},
		{
			config.Config{DatabaseURL: "postgres://a:p%40@b/c?sslmode=require", DatabasePooler: config.PoolerTransaction},
			"postgres://a:p%40@b/c?default_query_exec_mode=exec&sslmode=require",
		},
	}
	for _, tt := range tests {
		if got := tt.config.StoreURL(); got != tt.want {
			t.Errorf("StoreURL() = %q, want %q", got, tt.want)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	const secret = config.Secret("hunter2")
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&shown, verb+"\n", secret)
		fmt.Fprintf(&shown, verb+"\n", config.Config{MasterKey: secret, AccessKeys: []config.AccessKey{{Secret: secret}}})
	}
	c := config.AccessKey{Secret: secret}
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "secret", secret, "key", c)
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "secret", secret, "key", c)
	if err := json.NewEncoder(&shown).Encode(c); err != nil {
		t.Fatal(err)
	}
	if text := shown.String(); strings.Contains(text, "hunter") || strings.Contains(text, "68756e74") {
		t.Errorf("the secret shows:\n%s", text)
	}
}

// YAML reads off as a boolean in some versions; here it is a text like in the environment.
func TestResourceQuotas(t *testing.T) {
	t.Parallel()
	if c := mustLoad(t, config.Source{Mode: config.Dev}); c.ResourceQuotas != config.QuotasAWS {
		t.Errorf("Load() has resource quotas %q, want %q", c.ResourceQuotas, config.QuotasAWS)
	}
	for what, s := range map[string]config.Source{
		"file":        {Mode: config.Dev, File: mustWrite(t, "dev.yaml", "resource_quotas: off\n")},
		"environment": {Mode: config.Dev, Environ: []string{"COGNATE_RESOURCE_QUOTAS=off"}},
		"flag":        {Mode: config.Dev, Flags: map[string]any{"resource_quotas": "off"}},
	} {
		if c := mustLoad(t, s); c.ResourceQuotas != config.QuotasOff {
			t.Errorf("Load(%s: off) has resource quotas %q, want %q", what, c.ResourceQuotas, config.QuotasOff)
		}
	}
}

func TestHostNames(t *testing.T) {
	t.Parallel()
	want := []string{"cognate", "172.17.0.1", "fd00::1"}
	inFile := serve(t, "host_names: [Cognate, 172.17.0.1, 'fd00::1']\n")
	inEnvironment := serve(t, "")
	inEnvironment.Environ = append(inEnvironment.Environ, "COGNATE_HOST_NAMES=Cognate, 172.17.0.1,fd00::1")
	for name, s := range map[string]config.Source{"file": inFile, "environment": inEnvironment} {
		if diff := cmp.Diff(want, mustLoad(t, s).HostNames.Lower()); diff != "" {
			t.Errorf("%s: host_names (-want +got):\n%s", name, diff)
		}
	}
	wantProblems(t, serve(t, "host_names: ['cognate:8229', 'http://cognate', '10.0.0.0/8', '*.example.com', '']\n"), []string{
		`host_names: "cognate:8229" is neither a host name nor an address (without a port)`,
		`host_names: "http://cognate" is neither a host name nor an address (without a port)`,
		`host_names: "10.0.0.0/8" is neither a host name nor an address (without a port)`,
		`host_names: "*.example.com" is neither a host name nor an address (without a port)`,
		`host_names: "" is neither a host name nor an address (without a port)`,
	})
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	if c := mustLoad(t, serve(t, "issuer: aws\n")); c.Issuer != config.IssuerAWS {
		t.Errorf("issuer %q, want aws", c.Issuer)
	}
	wantProblems(t, serve(t, "issuer: AWS\n"), []string{`issuer: "AWS" is neither public nor aws`})
	wantProblems(t, serve(t, "issuer: ''\n"), []string{`issuer: "" is neither public nor aws`})
}

func TestTLSSelfSigned(t *testing.T) {
	t.Parallel()
	wantProblems(t, serve(t, "tls_self_signed: true\n"), []string{"tls_self_signed: has no effect in cognate serve, only in cognate dev"})
	wantProblems(t, config.Source{Mode: config.Dev, Flags: map[string]any{"tls_self_signed": "true", "tls_cert": "a", "tls_key": "b"}},
		[]string{"tls_self_signed, tls_cert: set only one of them"})
}

func TestReplicaRegions(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Source{Mode: config.Dev, Flags: map[string]any{"replica_regions": "eu-west-1=ID-EU.example.com, us-west-2"}})
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	if diff := cmp.Diff(map[string]string{"eu-west-1": "id-eu.example.com", "us-west-2": ""}, c.ReplicaRegions.Hosts()); diff != "" {
		t.Errorf("Hosts() (-want +got):\n%s", diff)
	}
}

// limitSettings returns the default limits.
func limitSettings(addresses string) config.LimitSettings {
	return config.LimitSettings{
		RateLimits: config.RateLimits{config.LimitsOff}, AddressLimits: addresses,
		AddressRequests: 50, AddressBurst: 100, AddressSignUps: 20, AddressFailures: 100, AddressNames: 20, PoolLimit: 500, MaxConnections: 10_000,
	}
}
