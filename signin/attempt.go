package signin

import (
	"slices"

	"cognate"
	"cognate/api"
)

// Attempt is what every request of a sign-in has: the client, the user, and the device that the user is on.
type Attempt struct {
	// ClientRequest has the pool and its client, both required. Metadata goes to the triggers after the start of a sign-in.
	// Source: docs/behaviour.md §6.1.
	cognate.ClientRequest
	// ValidationData goes to the triggers at the start of a sign-in. It may be nil.
	ValidationData map[string]string
	// Admin reports that an administrator calls (AdminInitiateAuth, AdminRespondToAuthChallenge).
	Admin bool
	// Page reports that the user is on a page of the server. All flows are allowed there but those with functions or with a
	// refresh token, and the sign-in ends in an SSO session (Outcome.SSO).
	Page bool
	// Username is the name that the user typed. In the answer to a challenge it may be any name of the user whose sign-in
	// continues. Required, except by RefreshStart and Engine.Refresh.
	Username string
	// Device is the key of the device that the request names (DEVICE_KEY); empty if it names none. It counts only for this
	// request: a later one of the same sign-in names the device again.
	Device string
	// Authenticate authenticates the client (SECRET_HASH). The engine calls it with Username and no user, or for a refresh
	// token with an empty login and the token's user. Nil if the client needs no proof here, as on a page of the server.
	Authenticate func(login string, user *cognate.User) error
	// Incomplete is the error for the first required parameter that the request lacks, or for a parameter that is not supported;
	// nil if there is none. The engine returns it where it would use the parameters, because some checks come before and clients
	// see the order.
	Incomplete error
}

// errIncomplete refuses an empty required field if the caller has not set Attempt.Incomplete.
var errIncomplete = api.InvalidParameterException("Missing required parameter")

// require returns an error if a required field is empty: an empty value never proves anything, whatever the caller checks.
func (a *Attempt) require(fields ...string) error {
	if !slices.Contains(fields, "") {
		return nil
	}
	if a.Incomplete != nil {
		return a.Incomplete
	}
	return errIncomplete
}

// complete is require, and returns Incomplete even if the fields are set. Each flow and each answer calls it once, with the
// last of its required fields.
func (a *Attempt) complete(fields ...string) error {
	if a.Incomplete != nil {
		return a.Incomplete
	}
	return a.require(fields...)
}

// authenticate calls Authenticate, if there is one.
func (a *Attempt) authenticate(login string, user *cognate.User) error {
	if a.Authenticate == nil {
		return nil
	}
	return a.Authenticate(login, user)
}

// call is an attempt, before or after the functions of a custom sign-in.
type call struct {
	Attempt
	// isSpent reports that the functions have decided, so the AuthSession is spent. A device that the user does not have is
	// ignored then, because an error would end the sign-in.
	isSpent bool
	// proven are the methods that the sign-in has proven before this request, levels those that a step-up asks for, grant the
	// grant whose access token counts, and sso the SSO session that counts. See cognate.AuthSession.
	proven     cognate.Methods
	levels     []cognate.Level
	grant, sso string
}
