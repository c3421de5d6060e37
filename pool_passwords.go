package cognate

// PasswordPolicy says what the pool requires of a password, and how long a temporary password is valid.
type PasswordPolicy struct {
	MinimumLength                                                      int
	RequireUppercase, RequireLowercase, RequireNumbers, RequireSymbols bool
	TemporaryPasswordValidityDays                                      int
	// TemporaryValiditySent says that a request set TemporaryPasswordValidityDays. The pool then rejects its predecessor,
	// UnusedAccountValidityDays.
	TemporaryValiditySent bool
	HistorySize           int
	HistorySent           bool
}

// StoresArgon2id reports whether the pool stores passwords as argon2id hashes only, and so rejects SRP.
func (p *UserPool) StoresArgon2id() bool { return p.Tags[TagPasswordStorage] == storeArgon2id }
