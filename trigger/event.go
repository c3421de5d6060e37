package trigger

import (
	"fmt"
	"maps"

	"github.com/go-json-experiment/json"

	"cognate"
)

// event is the event that a function receives. Source: Cognito developer guide, Customizing user pool workflows with Lambda
// triggers; docs/behaviour.md §6.1.
type event struct {
	Version       string        `json:"version"`
	TriggerSource string        `json:"triggerSource"`
	Region        string        `json:"region"`
	UserPoolID    string        `json:"userPoolId"`
	UserName      string        `json:"userName"`
	CallerContext callerContext `json:"callerContext"`
	Request       any           `json:"request"`
	Response      any           `json:"response,omitzero"` // nil if the function's answer is not used
}

type callerContext struct {
	AWSSDKVersion string `json:"awsSdkVersion"`
	ClientID      string `json:"clientId"`
}

// NoClient is the client ID in events of operations without a client. Source: Cognito developer guide, Pre sign-up Lambda
// trigger, sample events; docs/behaviour.md §6.1.
const NoClient = "CLIENT_ID_NOT_APPLICABLE"

// unknownSDK is the service's value for callers whose SDK is unknown.
const unknownSDK = "aws-sdk-unknown-unknown"

// emptyResponse is the response of triggers that return nothing.
type emptyResponse struct{}

func newEvent(call *Call, source string, request, response any) *event {
	e := &event{
		Version: "1", TriggerSource: source, Region: call.Pool.Region(), UserPoolID: call.Pool.ID, UserName: call.Username,
		CallerContext: callerContext{AWSSDKVersion: unknownSDK, ClientID: call.clientID()}, Request: request, Response: response,
	}
	if call.User != nil {
		e.UserName = call.User.Username
	}
	return e
}

// encode returns an event as JSON. Absent values are null; metadata that was not sent is omitted.
func encode(e *event) ([]byte, error) {
	b, err := json.Marshal(e, json.Deterministic(true), json.FormatNilMapAsNull(true), json.FormatNilSliceAsNull(true))
	if err != nil {
		return nil, fmt.Errorf("write event %s: %w", e.TriggerSource, err)
	}
	return b, nil
}

// userAttributes returns the attributes of an event: the user's attributes, and those that the service adds. All are
// strings. The result is never null.
//
// Assumed: the events of a user with linked identities contain the attribute identities, in the form of AdminGetUser.
func (c *Call) userAttributes() map[string]string {
	out := make(map[string]string)
	if c.Attributes != nil {
		maps.Copy(out, c.Attributes)
		return out
	}
	if c.User == nil {
		return out
	}
	maps.Copy(out, c.User.Attributes)
	out[cognate.AttributeSub] = c.User.Sub
	if identities := c.User.IdentitiesText(); identities != "" {
		out[cognate.AttributeIdentities] = identities
	}
	out["cognito:user_status"] = string(c.User.Status)
	for _, contact := range []string{cognate.AttributeEmail, cognate.AttributePhone} {
		if value := c.User.Attributes[contact]; value != "" && c.Pool.HasAlias(contact) {
			out["cognito:"+contact+"_alias"] = value
		}
	}
	return out
}

// optional returns text, or nil if text is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
