package audit

import (
	"cmp"
	"crypto/tls"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Record is the record of an event, in the form of AWS CloudTrail, version 1.11, of management events.
// Source: docs/behaviour.md §8.5.
type Record struct {
	EventVersion        string         `json:"eventVersion"`
	UserIdentity        Identity       `json:"userIdentity"`
	EventTime           string         `json:"eventTime"`
	EventSource         string         `json:"eventSource"`
	EventName           string         `json:"eventName"`
	AWSRegion           string         `json:"awsRegion"`
	SourceIPAddress     string         `json:"sourceIPAddress"`
	UserAgent           string         `json:"userAgent"`
	ErrorCode           string         `json:"errorCode,omitzero"`
	ErrorMessage        string         `json:"errorMessage,omitzero"`
	RequestParameters   jsontext.Value `json:"requestParameters"`
	ResponseElements    jsontext.Value `json:"responseElements"`
	AdditionalEventData Additional     `json:"additionalEventData"`
	RequestID           string         `json:"requestID"`
	EventID             string         `json:"eventID"`
	ReadOnly            bool           `json:"readOnly"`
	Resources           []Resource     `json:"resources,omitzero"`
	EventType           string         `json:"eventType"`
	ManagementEvent     bool           `json:"managementEvent"`
	RecipientAccountID  string         `json:"recipientAccountId"`
	ServiceEventDetails *ServiceEvent  `json:"serviceEventDetails,omitzero"`
	EventCategory       string         `json:"eventCategory"`
	TLSDetails          *TLSDetails    `json:"tlsDetails,omitzero"`
}

// Identity is the caller.
type Identity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId,omitzero"`
	ARN         string `json:"arn,omitzero"`
	AccountID   string `json:"accountId,omitzero"`
	AccessKeyID string `json:"accessKeyId,omitzero"`
	UserName    string `json:"userName,omitzero"`
	InvokedBy   string `json:"invokedBy,omitzero"`
}

// Additional is the data that has no other member in the form of AWS. Parameters are those of pages and endpoints.
type Additional struct {
	ResponseParameters *ResponseParameters `json:"responseParameters,omitzero"`
	RequestParameters  jsontext.Value      `json:"requestParameters,omitzero"`
	UserPoolDomain     string              `json:"userPoolDomain,omitzero"`
	UserPoolID         string              `json:"userPoolId,omitzero"`
	Sub                string              `json:"sub,omitzero"`
	Cognate            Own                 `json:"cognate"`
}

// ResponseParameters is the answer of a page or an endpoint.
type ResponseParameters struct {
	Status int `json:"status"`
}

// Own has the members that only Cognate has. The username is in no other member.
type Own struct {
	Username string `json:"username,omitzero"`
	ClientID string `json:"clientId,omitzero"`
	Node     string `json:"node"`
	// Count is the number of equal events that one record stands for.
	Count   int      `json:"count,omitzero"`
	Changes []Change `json:"changes,omitzero"`
	Before  *State   `json:"before,omitzero"`
	After   *State   `json:"after,omitzero"`
	// Details are those of a command or a job.
	Details map[string]string `json:"details,omitempty"`
	// TookMilliseconds is how long the answer took.
	TookMilliseconds int64 `json:"tookMilliseconds,omitzero"`
	// IsIncomplete says that the outcome is unknown: the server was killed before it answered.
	IsIncomplete bool `json:"incomplete,omitzero"`
}

// State is the state of a user before or after a change. Attributes are the names of the attributes that changed.
type State struct {
	Status      string   `json:"status,omitzero"`
	Enabled     *bool    `json:"enabled,omitzero"`
	Factors     []string `json:"factors,omitzero"`
	LockedUntil string   `json:"lockedUntil,omitzero"`
	Attributes  []string `json:"changedAttributes,omitzero"`
}

// Resource is a user pool that an event is about.
type Resource struct {
	AccountID string `json:"accountId"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

// ServiceEvent is a part of events of pages and endpoints.
type ServiceEvent struct {
	ServiceAccountID string `json:"serviceAccountId"`
}

// TLSDetails describes the connection.
type TLSDetails struct {
	Version     string `json:"tlsVersion,omitzero"`
	CipherSuite string `json:"cipherSuite,omitzero"`
	Host        string `json:"clientProvidedHostHeader,omitzero"`
}

// TLSDetailsOf returns the details of a connection; nil for one without TLS, or with TLS to a proxy only.
func TLSDetailsOf(state *tls.ConnectionState, host string) *TLSDetails {
	if state == nil || state.Version == 0 {
		return nil
	}
	version := strings.ReplaceAll(tls.VersionName(state.Version), "TLS ", "TLSv")
	return &TLSDetails{Version: version, CipherSuite: tls.CipherSuiteName(state.CipherSuite), Host: host}
}

const (
	eventVersion = "1.11"
	eventSource  = "cognito-idp.amazonaws.com"
	// serviceName stands for the server in records of its jobs.
	serviceName  = "cognate"
	kindAPICall  = "AwsApiCall"
	kindService  = "AwsServiceEvent"
	categoryName = "Management"
)

// identity returns the caller of the request. The ARN is that of an IAM user with the name of the access key.
//
// Assumed: the principal of an access key in audit records is the ID of the key, and requests without a signature are of the
// type Unknown with the principal Anonymous.
func (e *Event) identity() Identity {
	switch {
	case e.kind == job:
		return Identity{Type: "AWSService", InvokedBy: serviceName}
	case e.kind == command:
		return Identity{Type: "Unknown", PrincipalID: "Operator", UserName: e.CallerName}
	case e.CallerAccountID == "":
		return Identity{Type: "Unknown", PrincipalID: "Anonymous", AccountID: e.AccountID, AccessKeyID: e.CallerKeyID}
	}
	name := cmp.Or(e.CallerName, e.CallerKeyID)
	return Identity{
		Type: "IAMUser", PrincipalID: e.CallerKeyID, ARN: "arn:aws:iam::" + e.CallerAccountID + ":user/" + name,
		AccountID: e.CallerAccountID, AccessKeyID: e.CallerKeyID, UserName: name,
	}
}

// record returns the record of the event. A complete one has the outcome.
func (e *Event) record(node string, seen seen, isComplete bool) *Record {
	null := jsontext.Value("null")
	account, region := cmp.Or(e.AccountID, e.CallerAccountID), e.region()
	r := &Record{
		EventVersion: eventVersion, UserIdentity: e.identity(), EventTime: e.Began.UTC().Format(time.RFC3339), EventSource: eventSource,
		EventName: e.name(), AWSRegion: region, SourceIPAddress: cmp.Or(e.Address, serviceName), UserAgent: cut(e.UserAgent),
		RequestParameters: null, ResponseElements: null, RequestID: e.RequestID, EventID: e.id, ReadOnly: e.class() == classRead,
		EventType: kindService, ManagementEvent: true, RecipientAccountID: account, EventCategory: categoryName, TLSDetails: e.TLS,
	}
	a := &r.AdditionalEventData
	a.Sub = cmp.Or(e.UserSub, seen.sub())
	a.Cognate = Own{
		Username: cmp.Or(seen.username(), e.Username), ClientID: e.ClientID, Node: node, Count: e.count, Details: e.details,
		TookMilliseconds: e.Took.Milliseconds(), IsIncomplete: !isComplete, Changes: e.Changes,
	}
	a.Cognate.Before, a.Cognate.After = seen.states()
	if e.PoolID != "" {
		r.Resources = []Resource{{account, "AWS::Cognito::UserPool", "arn:aws:cognito-idp:" + region + ":" + account + ":userpool/" + e.PoolID}}
	}
	switch e.kind {
	case operation:
		r.EventType = kindAPICall
		r.RequestParameters = e.requestParameters()
		if e.shape != nil && e.Outcome == OK && !r.ReadOnly {
			r.ResponseElements = elements(e.shape.Output, e.output)
		}
	case endpoint:
		a.UserPoolDomain, a.UserPoolID = e.Domain, e.PoolID
		a.RequestParameters = parameters(e.Form)
		r.ServiceEventDetails = &ServiceEvent{account}
		if e.Status != 0 {
			a.ResponseParameters = &ResponseParameters{e.Status}
		}
	case command, job, notice:
	}
	if isComplete && e.Outcome != OK {
		r.ErrorCode, r.ErrorMessage = e.Outcome, e.message()
	}
	return r
}

// message returns the message of the error.
func (e *Event) message() string {
	if e.shape == nil {
		return e.Message
	}
	return shownMessage(e.Message, e.shape.Input, e.input)
}

// requestParameters returns the parameters, which do not change after the first call.
func (e *Event) requestParameters() jsontext.Value {
	if e.parameters == nil {
		e.parameters = jsontext.Value("null")
		if e.shape != nil {
			e.parameters = elements(e.shape.Input, e.input)
		}
	}
	return e.parameters
}

// region returns the Region of the pool, or that of the signature.
func (e *Event) region() string {
	if region, _, ok := strings.Cut(e.PoolID, "_"); ok {
		return region
	}
	return e.CallerRegion
}

// maxUserAgent is the longest text of a User-Agent in a record, in bytes.
// Source: docs/behaviour.md §8.5.
const maxUserAgent = 1024

func cut(agent string) string {
	if len(agent) <= maxUserAgent {
		return agent
	}
	return strings.ToValidUTF8(agent[:maxUserAgent], "")
}

// encode returns the record as JSON.
func (r *Record) encode() (string, error) {
	text, err := json.Marshal(r, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return string(text), err
}

// Decode returns the record of its JSON.
func Decode(text string) (*Record, error) {
	r := new(Record)
	return r, json.Unmarshal([]byte(text), r)
}

// seen is what transactions did to users.
type seen struct {
	before, after *userState
	lockedUntil   time.Time
}

// userState is a copy of what a record shows of a user.
type userState struct {
	sub, username string
	status        api.UserStatusType
	enabled       bool
	factors       []string
	attributes    map[string]string
}

func stateOf(u *cognate.User) *userState {
	if u == nil {
		return nil
	}
	factors := slices.Clone(u.MFA.Names())
	switch isOn, hasToken := u.MFA.IsOn(cognate.FactorSoftwareToken), u.Tokens.Active != nil; {
	case hasToken && !isOn:
		factors = append(factors, "SOFTWARE_TOKEN")
	case isOn && !hasToken: // the factor has no effect
		factors = slices.DeleteFunc(factors, func(name string) bool { return name == string(cognate.FactorSoftwareToken) })
	}
	return &userState{u.Sub, u.Username, u.Status, u.Enabled, factors, maps.Clone(u.Attributes)}
}

// with adds changes. If there are changes to several users, as in the linking of accounts, only those to the first user count.
func (s seen) with(changes []store.UserChange) seen {
	for _, c := range changes {
		before, after := stateOf(c.Before), stateOf(c.After)
		known := cmp.Or(s.after, s.before)
		switch {
		case known == nil:
			s.before, s.after = before, after
		case cmp.Or(after, before).sub == known.sub:
			s.after = after
		}
	}
	return s
}

func (s seen) sub() string {
	if of := cmp.Or(s.after, s.before); of != nil {
		return of.sub
	}
	return ""
}

func (s seen) username() string {
	if of := cmp.Or(s.after, s.before); of != nil {
		return of.username
	}
	return ""
}

// isChange reports whether the user differs in more than what a sign-in changes.
func (s seen) isChange() bool {
	b, a := s.before, s.after
	if b == nil || a == nil {
		return b != a
	}
	return b.status != a.status || b.enabled != a.enabled || !slices.Equal(b.factors, a.factors) || !maps.Equal(b.attributes, a.attributes)
}

// states returns the states in a record; nil for a user that did not exist.
func (s seen) states() (before, after *State) {
	if s.before != nil && s.before.status != "" { // of a deleted user only the IDs are known
		before = s.before.shown()
	}
	if s.after != nil {
		after = s.after.shown()
		after.Attributes = s.changedAttributes()
	}
	if !s.lockedUntil.IsZero() {
		after = &State{LockedUntil: s.lockedUntil.UTC().Format(time.RFC3339)}
	}
	return before, after
}

func (u *userState) shown() *State {
	return &State{Status: string(u.status), Enabled: &u.enabled, Factors: u.factors}
}

func (s seen) changedAttributes() []string {
	var earlier map[string]string
	if s.before != nil {
		earlier = s.before.attributes
	}
	names := make(map[string]bool)
	for name, value := range s.after.attributes {
		if old, ok := earlier[name]; !ok || old != value {
			names[name] = true
		}
	}
	for name := range earlier {
		if _, ok := s.after.attributes[name]; !ok {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
