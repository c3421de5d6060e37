package trigger

import (
	"fmt"
	"maps"

	"github.com/go-json-experiment/json"

	"cognate"
)

// event is what every function is sent. Source: Cognito developer guide, Customizing user pool workflows with Lambda
// triggers; docs/behaviour.md §6.1.
type event struct {
	Version       string        `json:"version"`
	TriggerSource string        `json:"triggerSource"`
	Region        string        `json:"region"`
	UserPoolID    string        `json:"userPoolId"`
	UserName      string        `json:"userName"`
	CallerContext callerContext `json:"callerContext"`
	Request       any           `json:"request"`
	Response      any           `json:"response,omitzero"` // nil where nobody waits for one
}

type callerContext struct {
	AWSSDKVersion string `json:"awsSdkVersion"`
	ClientID      string `json:"clientId"`
}

// NoClient is the client of events of operations that are for none. Source: Cognito developer guide, Pre sign-up Lambda
// trigger, sample events; docs/behaviour.md §6.1.
const NoClient = "CLIENT_ID_NOT_APPLICABLE"

// unknownSDK is what the service, too, says of callers whose SDK it does not know.
const unknownSDK = "aws-sdk-unknown-unknown"

// nothing is the response of triggers that answer nothing.
type nothing struct{}

func newEvent(call *Call, source string, request, response any) *event {
	e := &event{
		Version: "1", TriggerSource: source, Region: call.Pool.Region(), UserPoolID: call.Pool.ID, UserName: call.Username,
		CallerContext: callerContext{AWSSDKVersion: unknownSDK, ClientID: call.ClientID}, Request: request, Response: response,
	}
	if call.User != nil {
		e.UserName = call.User.Username
	}
	return e
}

// encode writes an event: what is absent in it is null, and metadata that was not sent is left out.
func encode(e *event) ([]byte, error) {
	b, err := json.Marshal(e, json.Deterministic(true), json.FormatNilMapAsNull(true), json.FormatNilSliceAsNull(true))
	if err != nil {
		return nil, fmt.Errorf("write event %s: %w", e.TriggerSource, err)
	}
	return b, nil
}

// userAttributes returns the attributes of an event: those of the user with what the service says of one besides, all of
// them texts. They are never null.
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
	out["cognito:user_status"] = string(c.User.Status)
	for _, contact := range []string{cognate.AttributeEmail, cognate.AttributePhone} {
		if value := c.User.Attributes[contact]; value != "" && c.Pool.HasAlias(contact) {
			out["cognito:"+contact+"_alias"] = value
		}
	}
	return out
}

// optional is a text that is null when it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
