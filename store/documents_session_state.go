package store

import "cognate"

// customSignInDocument is the stored form of a custom sign-in, before it is sealed.
type customSignInDocument struct {
	form
	History  []challengeResultDocument `json:"History"` // never null
	SRPA     string                    `json:"SRPA,omitzero"`
	Private  map[string]string         `json:"Private,omitzero"`
	Metadata string                    `json:"Metadata,omitzero"`
}

// challengeResultDocument has the names that trigger events have.
type challengeResultDocument struct {
	ChallengeName     string `json:"challengeName"`
	ChallengeResult   bool   `json:"challengeResult"`
	ChallengeMetadata string `json:"challengeMetadata"`
}

func fromCustomSignIn(c *cognate.CustomSignIn) *customSignInDocument {
	d := &customSignInDocument{
		History: make([]challengeResultDocument, 0, len(c.History)), SRPA: c.SRPA, Private: c.Private, Metadata: c.Metadata,
	}
	for _, r := range c.History {
		d.History = append(d.History, challengeResultDocument{
			ChallengeName: r.ChallengeName, ChallengeResult: r.ChallengeResult, ChallengeMetadata: r.ChallengeMetadata,
		})
	}
	return d
}

func (d *customSignInDocument) toCustomSignIn() *cognate.CustomSignIn {
	c := &cognate.CustomSignIn{SRPA: d.SRPA, Private: d.Private, Metadata: d.Metadata}
	for _, r := range d.History {
		c.History = append(c.History, cognate.ChallengeResult{
			ChallengeName: r.ChallengeName, ChallengeResult: r.ChallengeResult, ChallengeMetadata: r.ChallengeMetadata,
		})
	}
	return c
}
