package logdelivery

import (
	"cmp"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
)

// Record is one record for a destination.
type Record struct {
	Destination cognate.ARN
	// PoolID and Account are of the user pool, and Region is where it is.
	PoolID, Account string
	Region          cognate.Region
	Source          api.EventSourceName // empty for a line of an import
	Level           api.LogLevel
	Time            time.Time
	// Stream is the stream of the log group.
	Stream string
	// Role is the IAM role that may write to the log group; zero for records that need none.
	Role cognate.ARN
	// Text is a JSON object, or a line of the log of an import.
	Text string
}

// isLine reports whether the record is a line of the log of an import.
func (r *Record) isLine() bool { return r.Source == "" }

// The sources as records name them. Source: docs/behaviour.md §5.10.
var sources = map[api.EventSourceName]string{
	api.EventSourceNameUserAuthEvents: "USER_AUTH_EVENTS", api.EventSourceNameUserNotification: "USER_NOTIFICATION",
}

// envelope is what all records have. Source: docs/behaviour.md §5.10.
type envelope struct {
	EventTimestamp string       `json:"eventTimestamp"` // unix milliseconds
	EventSource    string       `json:"eventSource"`
	LogLevel       api.LogLevel `json:"logLevel"`
	Message        any          `json:"message"`
	LogSourceID    logSource    `json:"logSourceId"`
}

type logSource struct {
	UserPoolID string `json:"userPoolId"`
}

// newRecord returns a record with a message for the destination that the pool has for its source.
// Assumed: the stream of a pool's records in a log group has the ID of the pool as its name.
func newRecord(pool *cognate.UserPool, c *cognate.LogConfiguration, now time.Time, message any) (Record, error) {
	to, err := c.Destination()
	if err != nil {
		return Record{}, err
	}
	region, err := cognate.ParseRegion(pool.Region())
	if err != nil {
		return Record{}, err
	}
	text, err := json.Marshal(envelope{
		EventTimestamp: strconv.FormatInt(now.UnixMilli(), 10), EventSource: sources[c.Source], LogLevel: c.Level, Message: message,
		LogSourceID: logSource{pool.ID},
	})
	return Record{
		Destination: to, PoolID: pool.ID, Account: pool.AccountID, Region: region, Source: c.Source, Level: c.Level, Time: now,
		Stream: pool.ID, Text: string(text),
	}, err
}

// notification is the message of a record of userNotification. Source: docs/behaviour.md §5.10.
type notification struct {
	Details string `json:"details"`
}

// Notification returns the record of a message that was not delivered.
func Notification(pool *cognate.UserPool, c *cognate.LogConfiguration, now time.Time, details string) (Record, error) {
	return newRecord(pool, c, now, notification{details})
}

// authEvent is the message of a record of userAuthEvents. Source: docs/behaviour.md §5.10.
type authEvent struct {
	Version          string   `json:"version"`
	EventID          string   `json:"eventId"`
	EventType        string   `json:"eventType"`
	UserSub          string   `json:"userSub"`
	UserName         string   `json:"userName"`
	UserPoolID       string   `json:"userPoolId"`
	ClientID         string   `json:"clientId"`
	CreationDate     string   `json:"creationDate"`
	EventResponse    string   `json:"eventResponse"`
	RiskLevel        string   `json:"riskLevel"`
	RiskDecision     string   `json:"riskDecision"`
	Challenges       []string `json:"challenges"`
	DeviceName       string   `json:"deviceName"`
	IPAddress        string   `json:"ipAddress"`
	RequestID        string   `json:"requestId"`
	IDPName          string   `json:"idpName"`
	Compromised      string   `json:"compromisedCredentialDetected"`
	City             string   `json:"city"`
	Country          string   `json:"country"`
	FeedbackValue    string   `json:"eventFeedbackValue"`
	FeedbackDate     string   `json:"eventFeedbackDate"`
	FeedbackProvider string   `json:"eventFeedbackProvider"`
	HasContextData   string   `json:"hasContextData"`
}

// dateLayout is the form of the dates in a record: "Wed Jul 17 17:25:55 UTC 2024". Source: docs/behaviour.md §5.10.
const dateLayout = "Mon Jan 02 15:04:05 MST 2006"

// Request describes the request that stored an event.
type Request struct {
	ID             string
	Username       string // of the user whom the event is about
	HasContextData bool   // the request has an IpAddress or EncodedData
}

// AuthEvent returns the record of an event as it is stored now.
// Assumed: an entry of challenges is the name and the answer with a colon between them, such as "Password:Success". A
// riskDecision other than PASS has the form of the API. eventFeedbackDate has the form of creationDate.
func AuthEvent(pool *cognate.UserPool, c *cognate.LogConfiguration, e *cognate.AuthEvent, r Request, now time.Time) (Record, error) {
	m := authEvent{
		Version: "1", EventID: e.ID, EventType: string(e.Type), UserSub: e.Sub, UserName: r.Username, UserPoolID: e.PoolID,
		ClientID: e.ClientID, CreationDate: e.Created.UTC().Format(dateLayout), EventResponse: string(e.Response),
		RiskLevel: string(e.RiskLevel), RiskDecision: "PASS", Challenges: []string{}, DeviceName: e.DeviceName, IPAddress: e.IPAddress,
		RequestID: r.ID, Compromised: strconv.FormatBool(e.CompromisedPassword), City: e.Place.ShownCity(), Country: e.Place.Country,
		HasContextData: strconv.FormatBool(r.HasContextData),
	}
	if d := cmp.Or(e.RiskDecision, api.RiskDecisionTypeNoRisk); d != api.RiskDecisionTypeNoRisk {
		m.RiskDecision = string(d)
	}
	for _, answer := range e.Challenges {
		m.Challenges = append(m.Challenges, string(answer.ChallengeName)+":"+string(answer.ChallengeResponse))
	}
	if f := e.Feedback; f != nil {
		m.FeedbackValue, m.FeedbackProvider = string(f.Value), f.Provider
		m.FeedbackDate = f.Date.UTC().Format(dateLayout)
	}
	return newRecord(pool, c, now, m)
}
