package login

import "cognate/oauth"

// The pages. A name in a flow says what the page waits for.
const (
	pageLogin       pageName = "login"        // the username, with or without the password
	pageChoose      pageName = "choose"       // one of the challenges that begin a sign-in
	pagePassword    pageName = "password"     // of the user who was named before
	pagePasskey     pageName = "passkey"      // of the user who was named before
	pageSMSFirst    pageName = "sms-first"    // the code of a text message, as the first factor
	pageSMS         pageName = "sms"          // the code of a text message, as the second factor
	pageEmail       pageName = "email"        // the code of an email message
	pageToken       pageName = "token"        // a code of the software token
	pageFactor      pageName = "factor"       // one of the second factors
	pageSetup       pageName = "setup"        // one of the second factors to set up
	pageSetupToken  pageName = "setup-token"  // the first code of a new software token
	pageSetupEmail  pageName = "setup-email"  // an email address for codes
	pageSetupSMS    pageName = "setup-sms"    // a phone number for codes
	pageNewPassword pageName = "new-password" // with missing attributes
	pageSignUp      pageName = "signup"       // a new account
	pageConfirm     pageName = "confirm"      // the code that confirms an account
	pageResend      pageName = "resend"       // the name of an account to confirm
	pageForgot      pageName = "forgot"       // the name of an account to recover
	pageReset       pageName = "reset"        // the code of a recovery and a new password
	pageAccount     pageName = "account"      // the account of the session, or another one
	pageConsent     pageName = "consent"      // the user's consent
	pageStepUp      pageName = "step-up"      // more than the session has proven
	pageAddPasskey  pageName = "add-passkey"  // a new passkey

	pageDeviceConsent pageName = "device-consent" // the decision about a device
	pageDeviceAllowed pageName = "device-allowed" // it gets access
	pageDeviceDenied  pageName = "device-denied"  // it gets none

	// The account pages. They are of the signed-in user.
	pageMyAccount    pageName = "my-account"     // what the account has
	pageMyPassword   pageName = "my-password"    // another password
	pageMyEmail      pageName = "my-email"       // another email address
	pageMyEmailCode  pageName = "my-email-code"  // the code that confirms it
	pageMyPhone      pageName = "my-phone"       // another phone number
	pageMyPhoneCode  pageName = "my-phone-code"  // the code that confirms it
	pageMyToken      pageName = "my-token"       // a new software token
	pageMyTokenCode  pageName = "my-token-code"  // its first code
	pageMyFactors    pageName = "my-factors"     // which second factors are on
	pageMyPasskeys   pageName = "my-passkeys"    // the passkeys
	pageMyPasskeyAdd pageName = "my-passkey-add" // a new passkey
	pageMySessions   pageName = "my-sessions"    // the sessions
)

// newPages returns all pages.
func newPages() map[pageName]page {
	return map[pageName]page{
		pageLogin:       {path: "/login", isEntry: true, show: (*visit).showLogin, submit: (*visit).submitLogin},
		pageChoose:      {path: "/login", show: (*visit).showChoose, submit: (*visit).submitChoose},
		pagePassword:    {path: "/login", show: (*visit).showPassword, submit: (*visit).submitPassword},
		pagePasskey:     {path: "/login", show: (*visit).showPasskey, submit: (*visit).submitPasskey},
		pageSMSFirst:    {path: "/mfa", show: (*visit).showCode, submit: (*visit).submitCode},
		pageSMS:         {path: "/mfa", show: (*visit).showCode, submit: (*visit).submitCode},
		pageEmail:       {path: "/mfa", show: (*visit).showCode, submit: (*visit).submitCode},
		pageToken:       {path: "/mfa", show: (*visit).showToken, submit: (*visit).submitToken},
		pageFactor:      {path: "/mfa", show: (*visit).showFactor, submit: (*visit).submitFactor},
		pageSetup:       {path: "/mfa/setup", show: (*visit).showSetup, submit: (*visit).submitSetup},
		pageSetupToken:  {path: "/mfa/setup", show: (*visit).showSetupToken, submit: (*visit).submitSetupToken},
		pageSetupEmail:  {path: "/mfa/setup", show: (*visit).showSetupContact, submit: (*visit).submitSetupContact},
		pageSetupSMS:    {path: "/mfa/setup", show: (*visit).showSetupContact, submit: (*visit).submitSetupContact},
		pageNewPassword: {path: "/newPassword", show: (*visit).showNewPassword, submit: (*visit).submitNewPassword},
		pageSignUp:      {path: "/signup", isEntry: true, show: (*visit).showSignUp, submit: (*visit).submitSignUp},
		pageConfirm:     {path: "/confirmUser", isEntry: true, show: (*visit).showConfirm, submit: (*visit).submitConfirm},
		pageResend:      {path: "/resendcode", isEntry: true, show: (*visit).showResend, submit: (*visit).submitResend},
		pageForgot:      {path: "/forgotPassword", isEntry: true, show: (*visit).showForgot, submit: (*visit).submitForgot},
		pageReset:       {path: "/confirmForgotPassword", isEntry: true, show: (*visit).showReset, submit: (*visit).submitReset},
		pageAccount:     {path: "/selectAccount", show: (*visit).showAccount, submit: (*visit).submitAccount},
		pageConsent:     {path: "/consent", show: (*visit).showConsent, submit: (*visit).submitConsent},
		pageStepUp:      {path: "/mfa", show: (*visit).showStepUp, submit: (*visit).submitStepUp},
		pageAddPasskey:  {path: "/passkeys/add", show: (*visit).showAddPasskey, submit: (*visit).submitAddPasskey},

		pageDeviceConsent: {path: oauth.DevicePath + "/consent", show: (*visit).showDeviceConsent, submit: (*visit).submitDeviceConsent},
		pageDeviceAllowed: {path: oauth.DevicePath + "/allowed", show: (*visit).showDeviceAllowed, submit: (*visit).noForm},
		pageDeviceDenied:  {path: oauth.DevicePath + "/denied", show: (*visit).showDeviceDenied, submit: (*visit).noForm},

		pageMyAccount: {
			path: accountPath, isEntry: true, show: shownTo((*visit).owner, (*visit).showMyAccount), submit: (*visit).noForm,
		},
		pageMyPassword:  changing(accountPath+"/password", (*visit).showMyPassword, (*visit).submitMyPassword),
		pageMyEmail:     changing(accountPath+"/email", (*visit).showMyContact, (*visit).submitMyContact),
		pageMyEmailCode: changing(accountPath+"/email/code", (*visit).showMyContactCode, (*visit).submitMyContactCode),
		pageMyPhone:     changing(accountPath+"/phone", (*visit).showMyContact, (*visit).submitMyContact),
		pageMyPhoneCode: changing(accountPath+"/phone/code", (*visit).showMyContactCode, (*visit).submitMyContactCode),
		pageMyToken:     changing(accountPath+"/token", (*visit).showMyToken, (*visit).submitMyToken),
		pageMyTokenCode: {
			path: accountPath + "/token", show: shownTo((*visit).recentOwner, (*visit).showMyTokenCode),
			submit: changedBy((*visit).submitMyTokenCode),
		},
		pageMyFactors:    changing(accountPath+"/mfa", (*visit).showMyFactors, (*visit).submitMyFactors),
		pageMyPasskeys:   changing(accountPath+"/passkeys", (*visit).showMyPasskeys, (*visit).submitMyPasskeys),
		pageMyPasskeyAdd: changing(accountPath+"/passkeys/add", (*visit).showMyPasskeyAdd, (*visit).submitMyPasskeyAdd),
		pageMySessions:   changing(accountPath+"/sessions", (*visit).showMySessions, (*visit).submitMySessions),
	}
}

// isSlow reports whether the short limit of a sign-in does not apply to the page: it waits for a message, is an account page, or is one
// for a device without a sign-in.
func (p pageName) isSlow() bool {
	switch p {
	case pageSignUp, pageConfirm, pageResend, pageForgot, pageReset, pageDevice, pageDeviceTicket, pageDeviceAllowed, pageDeviceDenied,
		pageMyAccount, pageMyPassword, pageMyEmail, pageMyEmailCode, pageMyPhone, pageMyPhoneCode, pageMyToken, pageMyTokenCode,
		pageMyFactors, pageMyPasskeys, pageMyPasskeyAdd, pageMySessions:
		return true
	default:
		return false
	}
}
