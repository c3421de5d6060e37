package trigger

import (
	"context"

	"cognate"
)

// Sources of the events around a sign-in (docs/behaviour.md §6.2).
const (
	preAuthentication  = "PreAuthentication_Authentication"
	postAuthentication = "PostAuthentication_Authentication"
)

type preAuthenticationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ValidationData map[string]string `json:"validationData"`
	UserNotFound   bool              `json:"userNotFound"`
}

// PreAuthentication asks whether somebody may try to sign in.
func (s *Service) PreAuthentication(ctx context.Context, call Call) error {
	if !call.Pool.HasTrigger(cognate.TriggerPreAuthentication) {
		return nil
	}
	request := preAuthenticationRequest{call.userAttributes(), call.ValidationData, call.User == nil}
	return s.invoke(ctx, &call, cognate.TriggerPreAuthentication, newEvent(&call, preAuthentication, request, nothing{}), &nothing{})
}

type postAuthenticationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	NewDeviceUsed  bool              `json:"newDeviceUsed"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PostAuthentication tells of a user who has proven everything, before there are tokens: its failure keeps them back.
func (s *Service) PostAuthentication(ctx context.Context, call Call, newDeviceUsed bool) error {
	if !call.Pool.HasTrigger(cognate.TriggerPostAuthentication) {
		return nil
	}
	request := postAuthenticationRequest{call.userAttributes(), newDeviceUsed, call.ClientMetadata}
	return s.invoke(ctx, &call, cognate.TriggerPostAuthentication, newEvent(&call, postAuthentication, request, nothing{}), &nothing{})
}
