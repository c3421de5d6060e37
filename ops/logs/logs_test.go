package logs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

const (
	group  = "arn:aws:logs:us-east-1:123456789012:log-group:people"
	stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/people"
	bucket = "arn:aws:s3:::people-logs"
)

func toGroup(source api.EventSourceName, level api.LogLevel, arn string) api.LogConfigurationType {
	return api.LogConfigurationType{
		EventSource: source, LogLevel: level, CloudWatchLogsConfiguration: &api.CloudWatchLogsConfigurationType{LogGroupArn: arn},
	}
}

func events(arn string) api.LogConfigurationType {
	return toGroup(api.EventSourceNameUserAuthEvents, api.LogLevelInfo, arn)
}

func notifications(arn string) api.LogConfigurationType {
	return toGroup(api.EventSourceNameUserNotification, api.LogLevelError, arn)
}

func set(t *testing.T, p *cognatetest.UserPool, configurations ...api.LogConfigurationType) error {
	t.Helper()
	if configurations == nil {
		configurations = []api.LogConfigurationType{}
	}
	_, err := p.Client.SetLogDeliveryConfiguration(t.Context(), &api.SetLogDeliveryConfigurationInput{UserPoolId: p.PoolID, LogConfigurations: configurations})
	return err
}

func mustSet(t *testing.T, p *cognatetest.UserPool, configurations ...api.LogConfigurationType) {
	t.Helper()
	if err := set(t, p, configurations...); err != nil {
		t.Fatalf("SetLogDeliveryConfiguration() = %v", err)
	}
}

// wantConfigured compares the configuration of a pool. The list is never missing.
func wantConfigured(t *testing.T, p *cognatetest.UserPool, what string, want ...api.LogConfigurationType) {
	t.Helper()
	if want == nil {
		want = []api.LogConfigurationType{}
	}
	got := p.Must(t).GetLogDeliveryConfiguration(&api.GetLogDeliveryConfigurationInput{UserPoolId: p.PoolID}).LogDeliveryConfiguration
	if diff := cmp.Diff(&api.LogDeliveryConfigurationType{UserPoolId: p.PoolID, LogConfigurations: want}, got); diff != "" {
		t.Errorf("GetLogDeliveryConfiguration(%s) (-want +got):\n%s", what, diff)
	}
}

// Set replaces the list, and an update of the pool keeps it.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	wantConfigured(t, p, "never set")
	mustSet(t, p, events(group), notifications(group))
	wantConfigured(t, p, "both", events(group), notifications(group))
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypePlus})
	wantConfigured(t, p, "after UpdateUserPool", events(group), notifications(group))
	toStream := api.LogConfigurationType{
		EventSource: api.EventSourceNameUserAuthEvents, LogLevel: api.LogLevelInfo, FirehoseConfiguration: &api.FirehoseConfigurationType{StreamArn: stream},
	}
	mustSet(t, p, toStream)
	wantConfigured(t, p, "a stream", toStream)
	toBucket := api.LogConfigurationType{
		EventSource: api.EventSourceNameUserAuthEvents, LogLevel: api.LogLevelInfo, S3Configuration: &api.S3ConfigurationType{BucketArn: bucket},
	}
	mustSet(t, p, toBucket)
	wantConfigured(t, p, "a bucket", toBucket)
	other := p.Pool(t)
	mustSet(t, other, notifications(group)) // which the default plan has
	wantConfigured(t, other, "another plan", notifications(group))
	wantConfigured(t, p, "another pool", toBucket)
	mustSet(t, p)
	wantConfigured(t, p, "cleared")
}

// A null entry is dropped. The client cannot send one.
func TestNullEntry(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{}
	if err := pool.SetLogDelivery([]api.LogConfigurationType{{}, notifications(group), {}}); err != nil {
		t.Fatalf("SetLogDelivery(null entries) = %v", err)
	}
	want := []cognate.LogConfiguration{{Source: api.EventSourceNameUserNotification, Level: api.LogLevelError, ARN: group}}
	if diff := cmp.Diff(want, pool.LogDelivery); diff != "" {
		t.Errorf("LogDelivery (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	mustSet(t, p, notifications(group))
	const noDestination = "The event source userAuthEvents must have one destination: a CloudWatch Logs log group, a Firehose stream or an S3 bucket."
	two := events(group)
	two.S3Configuration = &api.S3ConfigurationType{BucketArn: bucket}
	empty := events(group)
	empty.CloudWatchLogsConfiguration = new(api.CloudWatchLogsConfigurationType)
	inBucket := api.LogConfigurationType{
		EventSource: api.EventSourceNameUserNotification, LogLevel: api.LogLevelError, S3Configuration: &api.S3ConfigurationType{BucketArn: bucket},
	}
	wrongBucket := api.LogConfigurationType{
		EventSource: api.EventSourceNameUserAuthEvents, LogLevel: api.LogLevelInfo, S3Configuration: &api.S3ConfigurationType{BucketArn: "arn:aws:s3:::People"},
	}
	for what, tt := range map[string]struct {
		in   []api.LogConfigurationType
		want string
	}{
		"two of a source":         {[]api.LogConfigurationType{events(group), events(group)}, "The event source userAuthEvents appears more than once in LogConfigurations."},
		"no destination":          {[]api.LogConfigurationType{{EventSource: api.EventSourceNameUserAuthEvents, LogLevel: api.LogLevelInfo}}, noDestination},
		"an empty destination":    {[]api.LogConfigurationType{empty}, noDestination},
		"two destinations":        {[]api.LogConfigurationType{two}, noDestination},
		"events at ERROR":         {[]api.LogConfigurationType{toGroup(api.EventSourceNameUserAuthEvents, api.LogLevelError, group)}, "The log level of the event source userAuthEvents must be INFO."},
		"notifications at INFO":   {[]api.LogConfigurationType{toGroup(api.EventSourceNameUserNotification, api.LogLevelInfo, group)}, "The log level of the event source userNotification must be ERROR."},
		"notifications in S3":     {[]api.LogConfigurationType{inBucket}, "The destination of the event source userNotification must be a CloudWatch Logs log group."},
		"a stream as a log group": {[]api.LogConfigurationType{events(stream)}, "Invalid LogGroupArn: " + stream},
		"no name of a bucket":     {[]api.LogConfigurationType{wrongBucket}, "Invalid BucketArn: arn:aws:s3:::People"},
	} {
		cognatetest.WantError(t, what, set(t, p, tt.in...), api.InvalidParameterException(tt.want))
	}
	wantConfigured(t, p, "after refusals", notifications(group))

	essentials := p.Pool(t)
	cognatetest.WantError(t, "events in ESSENTIALS", set(t, essentials, events(group)), api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the ESSENTIALS pricing tier configured: Log Export"))
	wantConfigured(t, essentials, "after a refusal")
	p.PoolID = "us-east-1_none"
	cognatetest.WantCode(t, "Set(unknown pool, wrong level)", set(t, p, toGroup(api.EventSourceNameUserAuthEvents, api.LogLevelError, group)), api.CodeResourceNotFoundException)
	_, err := p.Client.GetLogDeliveryConfiguration(t.Context(), &api.GetLogDeliveryConfigurationInput{UserPoolId: p.PoolID})
	cognatetest.WantCode(t, "Get(unknown pool)", err, api.CodeResourceNotFoundException)
}

// One message has all errors of the shape, before the pool is looked for. An ARN that ends in ":*" is one of them.
func TestShapes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.PoolID = "us-east-1_none"
	err := set(t, p, events(group+":*"), api.LogConfigurationType{EventSource: "userAuth", LogLevel: "WARN"})
	for _, clause := range []string{
		"3 validation errors detected: ", "at 'logConfigurations.1.member.cloudWatchLogsConfiguration.logGroupArn' failed to satisfy constraint: Member must satisfy regular expression pattern",
		"'logConfigurations.2.member.logLevel' failed to satisfy constraint: Member must satisfy enum value set: [",
		"'logConfigurations.2.member.eventSource' failed to satisfy constraint",
	} {
		if err == nil || !strings.Contains(err.Error(), clause) {
			t.Errorf("SetLogDeliveryConfiguration() = %v, want %q", err, clause)
		}
	}
	cognatetest.WantCode(t, "three entries", set(t, p, events(group), events(group), events(group)), api.CodeInvalidParameterException)
}

// Snapshots and forks have the configuration.
func TestCopies(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	mustSet(t, p, notifications(group))
	fork, err := p.ForkPool(t.Context(), p.PoolID, "")
	if err != nil {
		t.Fatalf("ForkPool() = %v", err)
	}
	copied := *p
	copied.PoolID = fork.PoolID
	wantConfigured(t, &copied, "fork", notifications(group))
	id, err := p.Snapshot(t.Context())
	if err != nil {
		t.Fatalf("Snapshot() = %v", err)
	}
	mustSet(t, p)
	wantConfigured(t, &copied, "fork of a changed pool", notifications(group))
	if err := p.Restore(t.Context(), id); err != nil {
		t.Fatalf("Restore() = %v", err)
	}
	wantConfigured(t, p, "restored", notifications(group))
}

// records returns the records in the log of the server, decoded.
func records(t *testing.T, p *cognatetest.UserPool) []map[string]any {
	t.Helper()
	p.FlushLogs(t)
	var all []map[string]any
	for line := range strings.Lines(p.Log.String()) {
		var entry struct{ Msg, Destination, Record string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "log record" {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(entry.Record), &record); err != nil {
			t.Fatalf("record %q: %v", entry.Record, err)
		}
		if entry.Destination != group {
			t.Errorf("destination = %s, want %s", entry.Destination, group)
		}
		all = append(all, record)
	}
	return all
}

// message returns what the message of a record says, for the names.
func message(record map[string]any, names ...string) string {
	inside, _ := record["message"].(map[string]any)
	var values []string
	for _, name := range names {
		values = append(values, fmt.Sprint(inside[name]))
	}
	return strings.Join(values, " ")
}

// wantMessages compares the messages of all records of the server.
func wantMessages(t *testing.T, p *cognatetest.UserPool, what string, names []string, want ...string) {
	t.Helper()
	var got []string
	for _, r := range records(t, p) {
		got = append(got, message(r, names...))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records %s (-want +got):\n%s", what, diff)
	}
}

// Each step that stores an event delivers its record.
func TestEventRecords(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit), cognatetest.MFA(api.UserPoolMfaTypeOptional))
	p.MustUser("ann")
	p.MustSignIn("ann", "")
	names := []string{"userName", "eventType", "eventResponse", "challenges"}
	wantMessages(t, p, "without a configuration", names)
	mustSet(t, p, events(group), notifications(group))
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	want := []string{"ann SignIn Pass [Password:Success]"}
	wantMessages(t, p, "of a sign-in", names, want...)
	secret := p.MustEnrolWith(token)
	p.MustPrefer(token, true, true)
	p.Clock.Advance(time.Minute)
	out := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa)
	if _, err := p.AnswerCode("ann", out.Session, p.Code(secret)); err != nil {
		t.Fatalf("RespondToAuthChallenge() = %v", err)
	}
	want = append(want, "ann SignIn InProgress [Password:Success]", "ann SignIn Pass [Password:Success Mfa:Success]")
	wantMessages(t, p, "of two steps", names, want...)
	signIn := func(username string) {
		t.Helper()
		if _, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": "Wrong-horse-7"},
		}); err == nil {
			t.Errorf("InitiateAuth(%s) = nil, want an error", username)
		}
	}
	signIn("ann")
	signIn("nobody")
	p.Clock.Advance(time.Minute)
	p.Must(t).ChangePassword(&api.ChangePasswordInput{AccessToken: token, PreviousPassword: cognatetest.Password, ProposedPassword: "Another-horse-7"})
	want = append(want, "ann SignIn Fail [Password:Failure]", "ann PasswordChange Pass []")
	wantMessages(t, p, "of failures and changes", names, want...)

	last := records(t, p)[len(want)-1]
	inside := last["message"].(map[string]any)
	listed := p.Must(t).AdminListUserAuthEvents(&api.AdminListUserAuthEventsInput{UserPoolId: p.PoolID, Username: "ann"}).AuthEvents[0]
	for name, want := range map[string]any{
		"eventId": listed.EventId, "userPoolId": p.PoolID, "clientId": p.ClientID, "ipAddress": "127.0.0.1", "hasContextData": "false", "version": "1",
		"deviceName": listed.EventContextData.DeviceName,
	} {
		if inside[name] != want {
			t.Errorf("%s = %v, want %v", name, inside[name], want)
		}
	}
	if id, _ := inside["requestId"].(string); !strings.Contains(p.Log.String(), `"request":"`+id+`"`) || id == "" {
		t.Errorf("requestId = %q, want that of the request", id)
	}
	p.Must(t).AdminUpdateAuthEventFeedback(&api.AdminUpdateAuthEventFeedbackInput{
		UserPoolId: p.PoolID, Username: "ann", EventId: listed.EventId, FeedbackValue: api.FeedbackValueTypeInvalid,
	})
	all := records(t, p)
	if got := message(all[len(all)-1], "userName", "eventId", "eventFeedbackValue", "eventFeedbackProvider"); got != "ann "+listed.EventId+" Invalid Admin" {
		t.Errorf("record of feedback = %q, want the event with it", got)
	}
	if inside["userSub"] == "" || last["eventSource"] != "USER_AUTH_EVENTS" || last["logLevel"] != "INFO" {
		t.Errorf("record = %v, want a sub, USER_AUTH_EVENTS at INFO", last)
	}
}

// A transaction that is rolled back delivers nothing; a pool that changes its plan delivers nothing any more.
func TestNoEventRecords(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	mustSet(t, p, events(group))
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeEssentials})
	p.MustSignIn("ann", "")
	wantMessages(t, p, "of another plan", []string{"eventType"})
	wantConfigured(t, p, "in another plan", events(group))
}

// A message that the sender refuses is a record without its destination.
func TestNotificationRecords(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	signUp := func(username string) {
		t.Helper()
		p.FailMessages(notify.Failure{})
		if _, err := p.Client.SignUp(t.Context(), &api.SignUpInput{
			ClientId: p.ClientID, Username: username, Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", username+"@example.com"),
		}); err == nil {
			t.Error("SignUp(no delivery) = nil, want an error")
		}
	}
	signUp("eve")
	mustSet(t, p, notifications(group))
	signUp("ann")
	all := records(t, p)
	if len(all) != 1 {
		t.Fatalf("records = %v, want one", all)
	}
	sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
	details := message(all[0], "details")
	if want := "The EMAIL message to the user " + sub + " was not delivered: "; !strings.HasPrefix(details, want) || strings.Contains(details, "@example.com") {
		t.Errorf("details = %q, want %q and no address", details, want)
	}
	if all[0]["eventSource"] != "USER_NOTIFICATION" || all[0]["logLevel"] != "ERROR" {
		t.Errorf("record = %v, want USER_NOTIFICATION at ERROR", all[0])
	}
}
