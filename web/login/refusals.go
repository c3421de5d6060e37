package login

import (
	"errors"

	"cognate/api"
	"cognate/audit"
	"cognate/oauth"
	"cognate/signin"
)

// maxReason is the longest text of a function of the pool that a page shows, in characters.
const maxReason = 300

// refuse shows the page of a flow again with the reason of a refusal, or the page that follows the error. An error that is not
// of the API is returned.
func (v *visit) refuse(f *flow, err error) error {
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	audit.SetOutcome(v.r.Context(), refusal.Code)
	if errors.Is(err, signin.ErrUnreachable) {
		return v.request.Refuse(oauth.CodeUnmetRequirements)
	}
	if to := v.detour(f, refusal); to != nil {
		return v.goTo(to)
	}
	to := f.at(f.Page)
	if endsSignIn(err) && f.Page != pageLogin {
		to = v.newFlow(pageLogin)
		to.Username, to.After = f.Username, f.After
	}
	to.Alert = alertOf(refusal)
	if f.Page == pageForgot && to.Alert == "alert.invalid" {
		to.Alert = "alert.contact"
	}
	to.Reason = reasonOf(refusal)
	return v.goTo(to)
}

// reasonOf returns the text of a function of the pool that has refused the request.
func reasonOf(refusal *api.Error) string {
	if refusal.Code != api.CodeUserLambdaValidationException {
		return ""
	}
	return cut(refusal.Message, maxReason)
}

// alertText returns the text about a refusal.
func (v *visit) alertText(refusal *api.Error) string {
	return v.text(alertOf(refusal), "Reason", reasonOf(refusal))
}

// detour returns the page on which the user can remove the cause of a refusal; nil if there is none.
func (v *visit) detour(f *flow, refusal *api.Error) *flow {
	to := v.newFlow(pageLogin)
	to.Username = f.Username
	switch {
	case refusal.Is(api.ErrUserNotConfirmed) && len(v.site.Pool.AutoVerified) == 0:
		to.Alert = "confirm.nothing"
	case refusal.Is(api.ErrUserNotConfirmed):
		to.Page, to.Notice = pageConfirm, "confirm.needed"
	case refusal.Is(api.ErrPasswordMustReset):
		to.Page, to.Notice = pageReset, "reset.needed"
	default:
		return nil
	}
	return to
}

// endsSignIn reports whether the sign-in cannot continue after the error.
func endsSignIn(err error) bool {
	for _, end := range []error{
		api.ErrInvalidSession, api.ErrSessionExpired, api.ErrSessionSpent, api.ErrAttemptsExceeded, api.ErrUserDisabled,
		api.ErrIncorrectPassword,
	} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// alertOf returns the key of the text about a refusal.
func alertOf(refusal *api.Error) string {
	for _, known := range alerts {
		if refusal.Code == known.code && (known.message == "" || known.message == refusal.Message) {
			return known.key
		}
	}
	return "alert.refused"
}

// alerts are the texts about the errors of the API, by code and message; an empty message stands for every other one.
var alerts = []struct{ code, message, key string }{
	{api.CodeNotAuthorizedException, api.ErrIncorrectPassword.Message, "alert.incorrect"},
	{api.CodeNotAuthorizedException, api.ErrAttemptsExceeded.Message, "alert.locked"},
	{api.CodeNotAuthorizedException, api.ErrUserDisabled.Message, "alert.disabled"},
	{api.CodeNotAuthorizedException, api.ErrTemporaryExpired.Message, "alert.temporary"},
	{api.CodeNotAuthorizedException, api.ErrInvalidSession.Message, "alert.late"},
	{api.CodeNotAuthorizedException, api.ErrSessionExpired.Message, "alert.late"},
	{api.CodeNotAuthorizedException, api.ErrSessionSpent.Message, "alert.spent"},
	{api.CodeNotAuthorizedException, signin.ErrWrongPasskey.Message, "alert.passkey"},
	{api.CodeNotAuthorizedException, "", "alert.state"},
	{api.CodeUserNotFoundException, "", "alert.unknown"},
	{api.CodeCodeMismatchException, "", "alert.wrong-code"},
	{api.CodeExpiredCodeException, api.ErrCodeSpent.Message, "alert.spent-code"},
	{api.CodeExpiredCodeException, "", "alert.expired-code"},
	{api.CodeEnableSoftwareTokenMFAException, api.ErrEnrolSpent.Message, "alert.spent-code"},
	{api.CodeEnableSoftwareTokenMFAException, "", "alert.wrong-code"},
	{api.CodeTooManyFailedAttemptsException, "", "alert.many-codes"},
	{api.CodeLimitExceededException, "", "alert.limit"},
	{api.CodeTooManyRequestsException, "", "alert.limit"},
	{api.CodeInvalidPasswordException, "", "alert.password"},
	{api.CodePasswordHistoryPolicyViolationException, "", "alert.history"},
	{api.CodeUsernameExistsException, "", "alert.taken"},
	{api.CodeAliasExistsException, "", "alert.taken"},
	{api.CodeCodeDeliveryFailureException, "", "alert.message"},
	{api.CodeInvalidParameterException, "", "alert.invalid"},
	{api.CodeUserLambdaValidationException, "", "alert.function"},
}

// cut returns the first n characters of text.
func cut(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}
