// Package account has the rules about users that the API and the pages share: sign-up and its confirmation, invitations,
// recovery, attributes, passwords, enabling and disabling, devices, and the enrolment of second factors and passkeys.
//
// SignUp creates a user as UNCONFIRMED; a code or an administrator makes the user CONFIRMED. Invite creates a user as
// FORCE_CHANGE_PASSWORD; a new password makes the user CONFIRMED. A change that affects who may sign in raises the user's
// stamp, which ends unfinished sign-ins.
//
// The package does not sign users in; package signin does. Its callers have authenticated the request.
package account
