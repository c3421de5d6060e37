package trigger

import (
	"context"

	"cognate"
)

// Sources of the events of a sign-in (docs/behaviour.md §6.2).
const (
	preAuthentication  = "PreAuthentication_Authentication"
	postAuthentication = "PostAuthentication_Authentication"
)

type preAuthenticationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ValidationData map[string]string `json:"validationData"`
	UserNotFound   bool              `json:"userNotFound"`
}

// PreAuthentication asks the function whether the user may try to sign in.
func (s *Service) PreAuthentication(ctx context.Context, call Call) error {
	if !call.Pool.HasTrigger(cognate.TriggerPreAuthentication) {
		return nil
	}
	request := preAuthenticationRequest{call.userAttributes(), call.ValidationData, call.User == nil}
	return s.invoke(ctx, &call, cognate.TriggerPreAuthentication, newEvent(&call, preAuthentication, request, emptyResponse{}), &emptyResponse{})
}

type postAuthenticationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	NewDeviceUsed  bool              `json:"newDeviceUsed"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PostAuthentication reports to the function that a user has passed all challenges. Call it before tokens are issued: if it
// fails, the sign-in fails.
func (s *Service) PostAuthentication(ctx context.Context, call Call, newDeviceUsed bool) error {
	if !call.Pool.HasTrigger(cognate.TriggerPostAuthentication) {
		return nil
	}
	request := postAuthenticationRequest{call.userAttributes(), newDeviceUsed, call.Metadata}
	return s.invoke(ctx, &call, cognate.TriggerPostAuthentication, newEvent(&call, postAuthentication, request, emptyResponse{}), &emptyResponse{})
}
