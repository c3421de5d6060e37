package cognate

import (
	"time"

	"cognate/api"
)

// AuthEvent is a request of a user, or of a caller who gave the name of the user, with its address: a sign-in with all its steps,
// a sign-up, a request for a code or a new password. Only pools with threat protection record events.
type AuthEvent struct {
	PoolID, Sub string
	ID          string // a UUID; later events have greater ones
	ClientID    string // empty for a request of an administrator
	Created     time.Time
	Expires     time.Time // when it is deleted

	Type       api.EventType
	Response   api.EventResponseType
	Challenges []api.ChallengeResponseType // at most one entry for each name: the last answer
	FailedAt   time.Time                   // zero if it did not fail

	RiskDecision api.RiskDecisionType
	RiskLevel    api.RiskLevelType // empty for no risk
	IsCustom     bool              // the pool's functions defined the sign-in

	// CompromisedPassword says that the password of the request is in the list of compromised passwords.
	CompromisedPassword bool

	IPAddress, Timezone string
	Place               Place  // of the address
	DeviceName          string // "Chrome 125, Windows 10"
	// Device identifies the user's device, and Network the network of the address. DeviceKey is the key of the device that the
	// sign-in names, or after a good sign-in the key of its device; empty if there is none.
	Device, DeviceKey, Network string

	Feedback *AuthEventFeedback // nil if there is none
	// IsNotified says that an email about the event was sent to the user, with a token for feedback. IsTokenSpent says that the
	// user has given feedback with it.
	IsNotified, IsTokenSpent bool
}

// AuthEventFeedback says whether the user did what an event says. Valid means that a risk was wrongly seen.
type AuthEventFeedback struct {
	Value    api.FeedbackValueType
	Provider string
	Date     time.Time
}

// IsKnown reports whether later sign-ins from the same device and network are not new: the user signed in, and no feedback says
// that it was another person; or feedback says that it was the user.
func (e *AuthEvent) IsKnown() bool {
	if e.Feedback != nil {
		return e.Feedback.Value == api.FeedbackValueTypeValid
	}
	return e.Type == api.EventTypeSignIn && e.Response == api.EventResponseTypePass
}

// Answered records the answer to a challenge.
func (e *AuthEvent) Answered(name api.ChallengeName, answer api.ChallengeResponse) {
	for i := range e.Challenges {
		if e.Challenges[i].ChallengeName == name {
			e.Challenges[i].ChallengeResponse = answer
			return
		}
	}
	e.Challenges = append(e.Challenges, api.ChallengeResponseType{ChallengeName: name, ChallengeResponse: answer})
}
