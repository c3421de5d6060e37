// Package account holds the rules about users that the API and the pages share: sign-up and its confirmation, invitations,
// attributes, passwords, enabling and disabling, and the enrolment of second factors.
//
// A user comes in as UNCONFIRMED by SignUp or as FORCE_CHANGE_PASSWORD by Invite; both lead to CONFIRMED, the former by a
// code or an administrator, the latter by a new password. What changes who may sign in moves the user's stamp, which ends
// the sign-ins that are on their way.
//
// It signs no user in: that is package signin. It expects that its callers have authenticated the request.
package account
