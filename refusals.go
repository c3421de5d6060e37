package cognate

import (
	"fmt"

	"cognate/api"
)

// The service's own refusals that more than one rule answers with; the wording is part of compatibility, so it stands
// here once. Source of the texts: docs/behaviour.md §1.1 to §1.8, §2.3.
//
// Assumed: a locked user gets "Password attempts exceeded" for codes too.
//
// Assumed: an answer that names another user, client or user pool than its Session gets "Invalid session for the user."
var (
	ErrIncorrectPassword  = api.NotAuthorizedException("Incorrect username or password.")
	ErrAttemptsExceeded   = api.NotAuthorizedException("Password attempts exceeded")
	ErrUserDisabled       = api.NotAuthorizedException("User is disabled.")
	ErrUserDoesNotExist   = api.UserNotFoundException("User does not exist.")
	ErrUserNotConfirmed   = api.UserNotConfirmedException("User is not confirmed.")
	ErrPasswordMustReset  = api.PasswordResetRequiredException("Password reset required for the user")
	ErrTemporaryExpired   = api.NotAuthorizedException("Temporary password has expired and must be reset by an administrator.")
	ErrInvalidSession     = api.NotAuthorizedException("Invalid session for the user.")
	ErrSessionExpired     = api.NotAuthorizedException("Invalid session for the user, session is expired.")
	ErrSessionSpent       = api.NotAuthorizedException("Invalid session for the user, session can only be used once.")
	ErrInvalidAccessToken = api.NotAuthorizedException("Invalid Access Token")
	ErrTokenSignature     = api.NotAuthorizedException("Could not verify signature for Access Token")
	ErrTokenExpired       = api.NotAuthorizedException("Access Token has expired")
	ErrTokenRevoked       = api.NotAuthorizedException("Access Token has been revoked")
	ErrTokenScope         = api.NotAuthorizedException("Access Token does not have required scopes")
	ErrCodeMismatch       = api.CodeMismatchException("Invalid code received for user")
	ErrCodeOrAuthState    = api.CodeMismatchException("Invalid code or auth state for the user.")
	ErrCodeSpent          = api.ExpiredCodeException("Your software token has already been used once.")
	ErrNoSoftwareToken    = api.SoftwareTokenMFANotFoundException("Software Token MFA does not exist for the user.")
	ErrSoftwareTokenOff   = api.SoftwareTokenMFANotFoundException("Software Token MFA has not been enabled by the userPool")
	ErrEnrolMismatch      = api.EnableSoftwareTokenMFAException("Code mismatch and fail enable Software Token MFA")
	ErrNoDevice           = api.ResourceNotFoundException("Device does not exist.")
	ErrEnrolSpent         = api.EnableSoftwareTokenMFAException("Your software token has already been used once")
)

// ErrPoolNotFound says that there is no such pool for the caller.
func ErrPoolNotFound(id string) error {
	return api.ResourceNotFoundException(fmt.Sprintf("User pool %s does not exist.", id))
}

// ErrClientNotFound says that there is no such app client.
func ErrClientNotFound(id string) error {
	return api.ResourceNotFoundException(fmt.Sprintf("User pool client %s does not exist.", id))
}

// ErrMissingParameter says that an answer or a flow lacks one of its parameters.
func ErrMissingParameter(name string) error {
	return api.InvalidParameterException("Missing required parameter " + name)
}
