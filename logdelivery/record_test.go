package logdelivery_test

import (
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/logdelivery"
)

// The records have the shape of the developer guide. Source: docs/behaviour.md §5.10.
func TestRecords(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{ID: "eu-west-1_A", AccountID: "123456789012"}
	c := &cognate.LogConfiguration{Source: api.EventSourceNameUserAuthEvents, Level: api.LogLevelInfo, ARN: group}
	now := time.Date(2024, 7, 17, 19, 26, 1, 5e6, time.FixedZone("CEST", 2*3600))
	e := &cognate.AuthEvent{
		PoolID: pool.ID, Sub: "sub", ID: "event", ClientID: "client", Created: now.Add(-6 * time.Second), Type: api.EventTypeSignUp,
		Response: api.EventResponseTypeInProgress, IPAddress: "192.0.2.1", DeviceName: "Other, Other",
	}
	want := `{"eventTimestamp":"1721237161005","eventSource":"USER_AUTH_EVENTS","logLevel":"INFO","message":{"version":"1","eventId":"event",` +
		`"eventType":"SignUp","userSub":"sub","userName":"ann","userPoolId":"eu-west-1_A","clientId":"client","creationDate":"Wed Jul 17 17:25:55 UTC 2024",` +
		`"eventResponse":"InProgress","riskLevel":"","riskDecision":"PASS","challenges":[],"deviceName":"Other, Other","ipAddress":"192.0.2.1",` +
		`"requestId":"request","idpName":"","compromisedCredentialDetected":"false","city":"","country":"","eventFeedbackValue":"","eventFeedbackDate":"",` +
		`"eventFeedbackProvider":"","hasContextData":"true"},"logSourceId":{"userPoolId":"eu-west-1_A"}}`
	r, err := logdelivery.AuthEvent(pool, c, e, logdelivery.Request{ID: "request", Username: "ann", HasContextData: true}, now)
	if err != nil {
		t.Fatalf("AuthEvent() = %v", err)
	}
	wantSame(t, "a sign-up", want, r.Text)
	if r.Destination.String() != group || r.Stream != pool.ID || r.Account != pool.AccountID || r.Region.String() != "eu-west-1" || !r.Time.Equal(now) {
		t.Errorf("AuthEvent() = %+v, want the destination and the pool", r)
	}

	e.Type, e.Response, e.RiskLevel, e.RiskDecision = api.EventTypeSignIn, api.EventResponseTypePass, api.RiskLevelTypeHigh, api.RiskDecisionTypeAccountTakeover
	e.CompromisedPassword, e.Place = true, cognate.Place{City: "Seattle", Country: "United States"}
	e.Answered(api.ChallengeNamePassword, api.ChallengeResponseSuccess)
	e.Answered(api.ChallengeNameMfa, api.ChallengeResponseFailure)
	e.Feedback = &cognate.AuthEventFeedback{Value: api.FeedbackValueTypeValid, Provider: "Admin", Date: now}
	want = `{"eventTimestamp":"1721237161005","eventSource":"USER_AUTH_EVENTS","logLevel":"INFO","message":{"version":"1","eventId":"event",` +
		`"eventType":"SignIn","userSub":"sub","userName":"","userPoolId":"eu-west-1_A","clientId":"client","creationDate":"Wed Jul 17 17:25:55 UTC 2024",` +
		`"eventResponse":"Pass","riskLevel":"High","riskDecision":"AccountTakeover","challenges":["Password:Success","Mfa:Failure"],"deviceName":"Other, Other",` +
		`"ipAddress":"192.0.2.1","requestId":"","idpName":"","compromisedCredentialDetected":"true","city":"Seattle","country":"United States",` +
		`"eventFeedbackValue":"Valid","eventFeedbackDate":"Wed Jul 17 17:26:01 UTC 2024","eventFeedbackProvider":"Admin","hasContextData":"false"},` +
		`"logSourceId":{"userPoolId":"eu-west-1_A"}}`
	if r, err = logdelivery.AuthEvent(pool, c, e, logdelivery.Request{}, now); err != nil {
		t.Fatalf("AuthEvent() = %v", err)
	}
	wantSame(t, "a sign-in", want, r.Text)

	c = &cognate.LogConfiguration{Source: api.EventSourceNameUserNotification, Level: api.LogLevelError, ARN: group}
	if r, err = logdelivery.Notification(pool, c, now, "why"); err != nil {
		t.Fatalf("Notification() = %v", err)
	}
	wantSame(t, "a message", `{"eventTimestamp":"1721237161005","eventSource":"USER_NOTIFICATION","logLevel":"ERROR","message":{"details":"why"},`+
		`"logSourceId":{"userPoolId":"eu-west-1_A"}}`, r.Text)
}
