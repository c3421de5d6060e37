package store

import "cognate/api"

// termsDocument is the stored form of terms, without what the columns of its row hold.
type termsDocument struct {
	form
	Source      api.TermsSourceType      `json:"Source"`
	Enforcement api.TermsEnforcementType `json:"Enforcement"`
	Links       map[string]string        `json:"Links"`
}
