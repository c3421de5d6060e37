// Package api has the requests of the example.
package api

type DoInput struct {
	Condition  string // a rule depends on it
	Unread     string
	Returned   string
	Logged     string
	Stored     string
	Checked    string
	Acting     string // stored, and read by another operation
	Helped     *bool  // passed through a helper, and stored
	HelpedToo  *bool  // passed through the same helper, and a rule depends on it
	Sent       *SentType
	Kept       *KeptType
	Mixed      *MixedType
	Untouched  *MixedType // no operation reads this one
	Entries    map[string]string
	Identified string // passed to the store
	Hashed     string
	Copied     string // copied to another request
}

type DoOutput struct{ Returned string }

type OtherInput struct{ Copied string }

type OtherOutput struct{}

type SentType struct{ Name, Text string }

type KeptType struct{ Name, Text string }

type MixedType struct {
	Read, Unread string
}

func IsTrue(b *bool) bool { return b != nil && *b }
