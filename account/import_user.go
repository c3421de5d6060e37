package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/passwords"
	"cognate/store"
)

// Columns of a CSV file that are not attributes.
const (
	ColumnUsername     = "cognito:username"
	ColumnMFA          = "cognito:mfa_enabled"
	ColumnPasswordHash = "password_hash"
)

// attributeBirthdate is the attribute that has another form in CSV files than in the API.
const attributeBirthdate = "birthdate"

// ErrImportExists is the reason why a row is skipped. Source of the texts of both errors: docs/behaviour.md §5.7.
var ErrImportExists = errors.New("The user already exists.") //nolint:staticcheck // a sentence of the service's log

var errNoneVerified = errors.New( //nolint:staticcheck // a sentence of the service's log
	"The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).")

// ImportRow is a row of a CSV file.
type ImportRow struct {
	Pool   *cognate.UserPool
	Values map[string]string // by column, without empty ones
	// Hashing is the algorithm of the hash in the column password_hash; empty if the job has none.
	Hashing api.PasswordHashingAlgorithmType
}

// NewImportedUser returns the user that a row describes. It does not store the user. The rules are those of SignUp, for an
// administrator. Messages and triggers do not belong to imports. Errors: InvalidParameterException and others whose text is
// the reason why the row fails.
//
// Assumed: the texts for wrong values in a CSV file, except those of SignUp. A birthdate has the form mm/dd/yyyy and is stored
// as it is in the file. A row needs a contact for its verified flag.
func (u *Service) NewImportedUser(r *ImportRow) (*cognate.User, error) {
	username := r.Values[ColumnUsername]
	if !api.IsUsername(username) {
		return nil, api.InvalidParameterException("The value of " + ColumnUsername + " is missing or invalid.")
	}
	attributes := make(map[string]string)
	for column, value := range r.Values {
		if column != ColumnUsername && column != ColumnMFA && column != ColumnPasswordHash {
			attributes[column] = value
		}
	}
	if birthdate := attributes[attributeBirthdate]; birthdate != "" {
		if _, err := time.Parse("01/02/2006", birthdate); err != nil {
			return nil, notConforming("birthdate: The value must have the form mm/dd/yyyy.")
		}
	}
	attributes, err := ReadAttributes(r.Pool, nil, toList(attributes))
	if err != nil {
		return nil, err
	}
	user, err := u.newUser(r.Pool, username, attributes)
	if err != nil {
		return nil, err
	}
	if missing := r.Pool.MissingAttributes(user.Attributes); len(missing) > 0 {
		return nil, errRequired(missing...)
	}
	if !hasAutoVerified(r.Pool, user) {
		return nil, errNoneVerified
	}
	if err := importMFA(r.Pool, user, r.Values[ColumnMFA]); err != nil {
		return nil, err
	}
	if err := importHash(r, user); err != nil {
		return nil, err
	}
	user.Status = api.UserStatusTypeResetRequired
	if user.Password.IsSet() || canStartWithoutPassword(r.Pool, user) {
		user.Status = api.UserStatusTypeConfirmed
	}
	return user, nil
}

// hasAutoVerified reports whether one of the contacts that the pool verifies is verified.
func hasAutoVerified(pool *cognate.UserPool, user *cognate.User) bool {
	for _, contact := range contacts {
		if pool.AutoVerifies(contact) && user.Attributes[contact] != "" && user.IsVerified(contact) {
			return true
		}
	}
	return false
}

// importMFA applies the column cognito:mfa_enabled. It must be true or blank if the pool requires MFA, and false or blank if the
// pool has no MFA.
// Assumed: the column cognito:mfa_enabled switches SMS on for a user with a phone number.
func importMFA(pool *cognate.UserPool, user *cognate.User, value string) error {
	value = strings.ToLower(value)
	mode := pool.MFA.Mode
	switch {
	case value != "" && value != "true" && value != "false":
		return api.InvalidParameterException("The value of " + ColumnMFA + " must be true or false.")
	case value == "false" && mode == api.UserPoolMfaTypeOn:
		return api.InvalidParameterException("The value of " + ColumnMFA + " must be true, because the user pool requires MFA.")
	case value == "true" && mode == api.UserPoolMfaTypeOff:
		return api.InvalidParameterException("The value of " + ColumnMFA + " must be false, because the user pool has no MFA.")
	case value == "true" && user.Attributes[cognate.AttributePhone] != "":
		user.MFA.Set(cognate.FactorSMS, true, false)
	}
	return nil
}

// importHash sets the password of a row with a hash. The hash is checked, not computed.
// Assumed: a row with a password hash fails if its job has no algorithm.
func importHash(r *ImportRow, user *cognate.User) error {
	hash := r.Values[ColumnPasswordHash]
	switch {
	case hash == "":
		return nil
	case r.Hashing == "":
		return api.InvalidParameterException("The job has no PasswordHashingAlgorithm, so " + ColumnPasswordHash + " must be empty.")
	}
	if err := passwords.CheckImported(r.Hashing, hash); err != nil {
		return err
	}
	user.Password.Imported = hash
	return nil
}

// canStartWithoutPassword reports whether the user can sign in with a first factor that is not a password.
func canStartWithoutPassword(pool *cognate.UserPool, user *cognate.User) bool {
	for _, challenge := range user.FirstChallenges(pool) {
		if challenge != api.ChallengeNameTypePassword && challenge != api.ChallengeNameTypePasswordSrp {
			return true
		}
	}
	return false
}

// CreateImported stores users in the transaction of an import. It returns the reasons for the users that it did not store, by
// index: ErrImportExists, or an error whose text is the reason why the row fails.
//
// Assumed: a row whose alias belongs to another user fails. If contacts are usernames in the pool, the row is skipped.
func (u *Service) CreateImported(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, users []*cognate.User) (map[int]error, error) {
	refused, err := tx.CreateUsers(ctx, pool, users)
	if err != nil {
		return nil, err
	}
	reasons := make(map[int]error)
	for i, r := range refused {
		reasons[i] = ErrImportExists
		if errors.Is(r.Err, store.ErrAliasTaken) && !pool.UsesUsernameAttributes() {
			reasons[i] = AliasExists(aliasNamed(pool, users[i], r.Alias))
		}
	}
	return reasons, nil
}

// aliasNamed returns the name of the attribute that makes a text an alias of the user.
func aliasNamed(pool *cognate.UserPool, user *cognate.User, alias string) string {
	for _, name := range []string{cognate.AttributePhone, cognate.AttributePreferredUsername} {
		if pool.HasAlias(name) && pool.Normal(user.Attributes[name]) == alias {
			return name
		}
	}
	return cognate.AttributeEmail
}
