package api

import "fmt"

// The errors that several rules return. Clients compare the texts, so they are written once.
// Source of the texts: docs/behaviour.md §1.1 to §1.8, §2.3, §8.4.
//
// Assumed: a locked user gets "Password attempts exceeded" for codes too.
//
// Assumed: an answer that names another user, client or user pool than its Session gets "Invalid session for the user."
var (
	ErrIncorrectPassword  = NotAuthorizedException("Incorrect username or password.")
	ErrAttemptsExceeded   = NotAuthorizedException("Password attempts exceeded")
	ErrUserDisabled       = NotAuthorizedException("User is disabled.")
	ErrUserDoesNotExist   = UserNotFoundException("User does not exist.")
	ErrUserNotConfirmed   = UserNotConfirmedException("User is not confirmed.")
	ErrPasswordMustReset  = PasswordResetRequiredException("Password reset required for the user")
	ErrTemporaryExpired   = NotAuthorizedException("Temporary password has expired and must be reset by an administrator.")
	ErrInvalidSession     = NotAuthorizedException("Invalid session for the user.")
	ErrSessionExpired     = NotAuthorizedException("Invalid session for the user, session is expired.")
	ErrSessionSpent       = NotAuthorizedException("Invalid session for the user, session can only be used once.")
	ErrInvalidAccessToken = NotAuthorizedException("Invalid Access Token")
	ErrTokenSignature     = NotAuthorizedException("Could not verify signature for Access Token")
	ErrTokenExpired       = NotAuthorizedException("Access Token has expired")
	ErrTokenRevoked       = NotAuthorizedException("Access Token has been revoked")
	ErrTokenScope         = NotAuthorizedException("Access Token does not have required scopes")
	ErrCodeMismatch       = CodeMismatchException("Invalid code received for user")
	ErrCodeOrAuthState    = CodeMismatchException("Invalid code or auth state for the user.")
	ErrCodeSpent          = ExpiredCodeException("Your software token has already been used once.")
	ErrNoSoftwareToken    = SoftwareTokenMFANotFoundException("Software Token MFA does not exist for the user.")
	ErrSoftwareTokenOff   = SoftwareTokenMFANotFoundException("Software Token MFA has not been enabled by the userPool")
	ErrEnrolMismatch      = EnableSoftwareTokenMFAException("Code mismatch and fail enable Software Token MFA")
	ErrEnrolSpent         = EnableSoftwareTokenMFAException("Your software token has already been used once")
	ErrNoDevice           = ResourceNotFoundException("Device does not exist.")
	ErrRateExceeded       = TooManyRequestsException("Rate exceeded")
)

// ErrCredentialService says that a request is signed for another service. The text ends with a space.
// Source: docs/behaviour.md §8.2.
var ErrCredentialService = InvalidSignatureException("Credential should be scoped to correct service: '" + SigningName + "'. ")

// ErrCredentialRegion says that a request is signed for a region that has no valid name.
// Assumed: the text for a signature whose region is not the name of a region.
var ErrCredentialRegion = InvalidSignatureException("Credential should be scoped to a valid region.")

// ErrPoolNotFound says that the caller has no user pool with this ID.
func ErrPoolNotFound(id string) error {
	return ResourceNotFoundException(fmt.Sprintf("User pool %s does not exist.", id))
}

// ErrClientNotFound says that the app client does not exist.
func ErrClientNotFound(id string) error {
	return ResourceNotFoundException(fmt.Sprintf("User pool client %s does not exist.", id))
}

// ErrMissingParameter says that a required parameter of a flow or of a challenge response is missing.
func ErrMissingParameter(name string) error {
	return InvalidParameterException("Missing required parameter " + name)
}
