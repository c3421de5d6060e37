package trigger

import (
	"context"

	"cognate"
)

// Sources of the events of sign-up (docs/behaviour.md §6.2).
const (
	PreSignUpSignUp                     = "PreSignUp_SignUp"
	PreSignUpAdminCreateUser            = "PreSignUp_AdminCreateUser"
	PostConfirmationConfirmSignUp       = "PostConfirmation_ConfirmSignUp"
	PostConfirmationConfirmForgotPasswd = "PostConfirmation_ConfirmForgotPassword"
)

// SignUpAnswer is a function's decision about a user who is not created yet.
type SignUpAnswer struct {
	AutoConfirm, AutoVerifyEmail, AutoVerifyPhone bool
}

type preSignUpRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ValidationData map[string]string `json:"validationData"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

type preSignUpResponse struct {
	AutoConfirmUser bool `json:"autoConfirmUser"`
	AutoVerifyEmail bool `json:"autoVerifyEmail"`
	AutoVerifyPhone bool `json:"autoVerifyPhone"`
}

// PreSignUp asks the function whether the user may be created. Call it before anything is stored. Errors, as for every
// method of Service: UserLambdaValidationException, InvalidLambdaResponseException, UnexpectedLambdaException.
func (s *Service) PreSignUp(ctx context.Context, call Call, source string) (SignUpAnswer, error) {
	if !call.Pool.HasTrigger(cognate.TriggerPreSignUp) {
		return SignUpAnswer{}, nil
	}
	request := preSignUpRequest{call.userAttributes(), call.ValidationData, call.Metadata}
	var response preSignUpResponse
	err := s.invoke(ctx, &call, cognate.TriggerPreSignUp, newEvent(&call, source, request, response), &response)
	if err != nil {
		return SignUpAnswer{}, err
	}
	return SignUpAnswer{
		AutoConfirm: response.AutoConfirmUser, AutoVerifyEmail: response.AutoVerifyEmail, AutoVerifyPhone: response.AutoVerifyPhone,
	}, nil
}

type postConfirmationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PostConfirmation reports to the function that a user was confirmed, or has reset the password with a code.
func (s *Service) PostConfirmation(ctx context.Context, call Call, source string) error {
	if !call.Pool.HasTrigger(cognate.TriggerPostConfirmation) {
		return nil
	}
	request := postConfirmationRequest{call.userAttributes(), call.Metadata}
	return s.invoke(ctx, &call, cognate.TriggerPostConfirmation, newEvent(&call, source, request, emptyResponse{}), &emptyResponse{})
}
