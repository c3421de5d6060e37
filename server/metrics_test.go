package server_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/server"
)

// readMetrics returns the metrics of a server as text.
func readMetrics(t *testing.T, s *cognatetest.Server) string {
	t.Helper()
	status, _, text := getFrom(t, s, "127.0.0.1", "/metrics")
	if status != 200 {
		t.Fatalf("GET /metrics = %d", status)
	}
	return text
}

// wantMetric checks the value of a metric with its labels.
func wantMetric(t *testing.T, text, metric, value string) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(metric) + ` (.*)$`).FindStringSubmatch(text)
	if found == nil || !regexp.MustCompile(`^`+value+`$`).MatchString(found[1]) {
		t.Errorf("%s = %v, want %s", metric, found, value)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
	p.MustUser("ann")
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	secret := p.MustEnrolWith(tokens.AccessToken)
	p.MustPrefer(tokens.AccessToken, true, true)
	session := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
	if _, err := p.AnswerCode("ann", session, p.WrongCode(secret)); err == nil {
		t.Fatal("a wrong code was accepted")
	}
	for range 6 {
		_, _ = p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "wrong"},
		})
	}
	text := readMetrics(t, p.Server)
	for metric, value := range map[string]string{
		`cognate_requests_total{operation="AdminCreateUser",outcome="ok"}`:             "1",
		`cognate_sign_in_starts_total{flow="USER_PASSWORD_AUTH",outcome="finished"}`:   "1",
		`cognate_sign_in_starts_total{flow="USER_PASSWORD_AUTH",outcome="challenged"}`: "1",
		`cognate_sign_in_starts_total{flow="USER_PASSWORD_AUTH",outcome="refused"}`:    "6",
		`cognate_sign_in_starts_total{flow="USER_PASSWORD_AUTH",outcome="failed"}`:     "0",
		`cognate_sign_in_answers_total{factor="SOFTWARE_TOKEN_MFA",outcome="refused"}`: "1",
		`cognate_lockouts_total`:                                                  "[1-9]",
		`cognate_internal_errors_total`:                                           "0",
		`cognate_cache_hits_total{cache="user_pools"}`:                            "[1-9].*",
		`cognate_cache_misses_total{cache="signing_keys"}`:                        "[1-9].*",
		`cognate_database_transactions_total`:                                     "[1-9].*",
		`cognate_database_retries_total`:                                          "0",
		`cognate_database_connections_max{pool="write"}`:                          "1",
		`cognate_database_writers_waiting`:                                        "[0-9]", // the periodic tasks can wait
		`cognate_password_hashes_waiting`:                                         "0",
		`cognate_password_hashes_max`:                                             "[1-9].*",
		`cognate_messages_total{medium="BACKCHANNEL_LOGOUT",outcome="postponed"}`: "0",
		`cognate_user_imports_running`:                                            "0",
		`cognate_limited_total{limit="connections"}`:                              "0",
	} {
		wantMetric(t, text, metric, value)
	}
}

// The metrics of the audit records say how far the chain is behind.
func TestAuditMetrics(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelAll, Node: "node"})
	wantMetric(t, readMetrics(t, s), "cognate_audit_lag_seconds", "0|[0-2][.].*") // the chain is linked each two seconds
	s.Pool(t)
	s.FlushAudit(t)
	if !strings.Contains(readMetrics(t, s), "cognate_audit_lag_seconds ") {
		t.Error("there is no cognate_audit_lag_seconds")
	}
}

// The periodic tasks are counted from 0.
func TestTaskMetrics(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	text := readMetrics(t, s)
	wantMetric(t, text, `cognate_task_seconds_count{outcome="failed",task="purge"}`, "0")
	wantMetric(t, text, `cognate_task_seconds_count{outcome="ok",task="purge"}`, ".*")
}

// docs/metrics.md names each metric of a server, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelAll, Node: "node"})
	names := regexp.MustCompile(`(?m)^# TYPE (cognate_\w+) (\w+)$`).FindAllStringSubmatch(readMetrics(t, s), -1)
	if len(names) < 30 {
		t.Fatalf("found %d metrics", len(names))
	}
	for _, m := range names {
		if !strings.Contains(string(page), fmt.Sprintf("| `%s` | %s |", m[1], m[2])) {
			t.Errorf("docs/metrics.md does not have %s, a %s: run go generate ./server", m[1], m[2])
		}
	}
}

// No metric has a name of a user, a password, or an ID of a pool, a client or a user.
func TestMetricsHaveNoNames(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	const name = "mark7user"
	p.MustUser(name)
	p.MustTrigger(cognate.TriggerPreAuthentication)
	_, _ = p.SignIn(name)
	_, _ = p.SignIn("mark7nobody")
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: name})
	text := readMetrics(t, p.Server)
	for _, secret := range []string{"mark7", cognatetest.Password, p.PoolID, p.ClientID, user.UserAttributes[0].Value} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics contain %q", secret)
		}
	}
}
