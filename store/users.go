package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/store/gen"
)

var userTables = []table{
	{name: "users", role: roleUser, inTrash: true, key: []string{"pool_id", "sub"}, sealed: []string{"password", "software_token", "imported_hash"}},
}

// User returns a user by sub. Errors: ErrNotFound.
func (s *Store) User(ctx context.Context, poolID, sub string) (*cognate.User, error) {
	return s.user(ctx, s.reader, poolID, sub)
}

// FindUser returns the user with that username, or else with that alias. It does not accept a sub, because a sub does not
// sign in (docs/behaviour.md §4.6). Errors: ErrNotFound.
func (s *Store) FindUser(ctx context.Context, p *cognate.UserPool, login string) (*cognate.User, error) {
	user, err := s.userByUsername(ctx, p, login)
	if errors.Is(err, ErrNotFound) {
		return s.userByAlias(ctx, p, login)
	}
	return user, err
}

// FindUserOrSub returns the user whom an administrator names: the user with that username, or else with that sub, or else with
// that alias. The sub is before the alias, because users choose their preferred usernames. Errors: ErrNotFound.
func (s *Store) FindUserOrSub(ctx context.Context, p *cognate.UserPool, name string) (*cognate.User, error) {
	user, err := s.userByUsername(ctx, p, name)
	if errors.Is(err, ErrNotFound) {
		user, err = s.User(ctx, p.ID, name)
	}
	if errors.Is(err, ErrNotFound) {
		return s.userByAlias(ctx, p, name)
	}
	return user, err
}

func (s *Store) userByUsername(ctx context.Context, p *cognate.UserPool, username string) (*cognate.User, error) {
	row, err := s.reader.FindUserByUsername(ctx, gen.FindUserByUsernameParams{PoolID: p.ID, UsernameKey: p.Normal(username)})
	if err != nil {
		return nil, found("find user", err)
	}
	return s.userFromRow(row.User)
}

func (s *Store) userByAlias(ctx context.Context, p *cognate.UserPool, alias string) (*cognate.User, error) {
	row, err := s.reader.FindUserByAlias(ctx, gen.FindUserByAliasParams{PoolID: p.ID, Alias: p.Normal(alias)})
	if err != nil {
		return nil, found("find user", err)
	}
	return s.userFromRow(row.User)
}

// UserQuery selects a page of a pool's users.
type UserQuery struct {
	PoolID string
	// If Attribute is set, the page contains only users whose username, sub or indexed attribute is Value, or begins with it.
	Attribute, Value string
	Prefix           bool
	After            UserPosition
	Limit            int
}

// UserPosition is the end of a page. The zero value is before the first page.
type UserPosition struct {
	Key     string // username, or the filtered attribute's value
	Created int64  // with a filter: when the user was created, in Unix milliseconds
	Sub     string // set with a filter
}

// Users returns a page of users without their secrets, and its end, or nil for the last page. Users are in order of username, or of the
// filtered value and then of creation.
func (s *Store) Users(ctx context.Context, q UserQuery) ([]*cognate.User, *UserPosition, error) {
	rows, err := s.userRows(ctx, q, q.Limit+1) // one more than the page, which shows whether there is a next page
	if err != nil {
		return nil, nil, fmt.Errorf("list users: %w", err)
	}
	var end *UserPosition
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		last := rows[len(rows)-1]
		end = &UserPosition{Key: last.Value}
		if q.Attribute != "" {
			end.Created, end.Sub = last.CreatedAt, last.Sub
		}
	}
	users := make([]*cognate.User, len(rows))
	for i, row := range rows {
		if users[i], err = listedUser(q.PoolID, row); err != nil {
			return nil, nil, err
		}
	}
	return users, end, nil
}

// listedUser returns a user without secrets from the columns that a list reads.
func listedUser(poolID string, row gen.ListUsersByIndexRow) (*cognate.User, error) {
	u := &cognate.User{
		PoolID: poolID, Sub: row.Sub, Username: row.Username, Status: api.UserStatusType(row.Status), Enabled: row.Enabled == 1,
		Stamp: row.Stamp, Created: fromMillis(row.CreatedAt), Modified: fromMillis(row.ModifiedAt),
	}
	return u, decodeUser(u, row.Document)
}

// listedRow has the columns of a user that a list reads, and the value by which it is ordered.
type listedRow = gen.ListUsersByIndexRow

// userRows returns the rows of a page.
func (s *Store) userRows(ctx context.Context, q UserQuery, limit int) ([]listedRow, error) {
	switch {
	case q.Attribute == "":
		rows, err := s.reader.ListUsers(ctx, gen.ListUsersParams{PoolID: q.PoolID, AfterUsername: q.After.Key, PageSize: int32(limit)})
		return listedRows(rows, err, func(r gen.ListUsersRow) listedRow { return listedRow(r) })
	case q.Prefix:
		return s.userRowsByPrefix(ctx, q, int32(limit))
	default:
		return s.userRowsWithValue(ctx, q, int32(limit))
	}
}

// userRowsWithValue returns the rows of a page of the users with a value.
func (s *Store) userRowsWithValue(ctx context.Context, q UserQuery, limit int32) ([]listedRow, error) {
	isFirst, isKey := q.After == (UserPosition{}), q.Attribute == IndexUsername || q.Attribute == cognate.AttributeSub
	switch {
	case isKey && !isFirst: // one user has a username or a sub, so there is one page
		return nil, nil
	case q.Attribute == IndexUsername:
		rows, err := s.reader.ListUsersWithUsername(ctx, gen.ListUsersWithUsernameParams{PoolID: q.PoolID, Username: q.Value})
		return listedRows(rows, err, func(r gen.ListUsersWithUsernameRow) listedRow { return listedRow(r) })
	case q.Attribute == cognate.AttributeSub:
		rows, err := s.reader.ListUsersWithSub(ctx, gen.ListUsersWithSubParams{PoolID: q.PoolID, Sub: q.Value})
		return listedRows(rows, err, func(r gen.ListUsersWithSubRow) listedRow { return listedRow(r) })
	default:
		created := q.After.Created
		if isFirst {
			created = -1 // before all users
		}
		rows, err := s.reader.ListUsersWithValue(ctx, gen.ListUsersWithValueParams{
			PoolID: q.PoolID, Attribute: q.Attribute, Value: q.Value, AfterCreated: created, AfterSub: q.After.Sub, PageSize: limit,
		})
		return listedRows(rows, err, func(r gen.ListUsersWithValueRow) listedRow { return listedRow(r) })
	}
}

// userRowsByPrefix returns the rows of a page of the users whose value has a prefix.
func (s *Store) userRowsByPrefix(ctx context.Context, q UserQuery, limit int32) ([]listedRow, error) {
	after, end := q.After, q.Value+"\U0010FFFF" // more than every value with the prefix
	if after.Key == "" {
		after = UserPosition{Key: q.Value, Created: -1} // before all users with the prefix
	}
	switch q.Attribute {
	case IndexUsername:
		rows, err := s.reader.ListUsersByUsername(ctx, gen.ListUsersByUsernameParams{
			PoolID: q.PoolID, AfterUsername: after.Key, AfterSub: after.Sub, ToUsername: end, PageSize: limit,
		})
		return listedRows(rows, err, func(r gen.ListUsersByUsernameRow) listedRow { return listedRow(r) })
	case cognate.AttributeSub:
		var username string // less than every username
		if after.Sub != "" {
			username = "\U0010FFFF" // more than every username: the page begins after this sub
		}
		rows, err := s.reader.ListUsersBySub(ctx, gen.ListUsersBySubParams{
			PoolID: q.PoolID, AfterSub: after.Key, AfterUsername: username, ToSub: end, PageSize: limit,
		})
		return listedRows(rows, err, func(r gen.ListUsersBySubRow) listedRow { return listedRow(r) })
	default:
		return s.reader.ListUsersByIndex(ctx, gen.ListUsersByIndexParams{
			PoolID: q.PoolID, Attribute: q.Attribute, ToValue: end,
			AfterValue: after.Key, AfterCreated: after.Created, AfterSub: after.Sub, PageSize: limit,
		})
	}
}

// listedRows converts the result of a query whose rows have the fields of listedRow.
func listedRows[T any](rows []T, err error, row func(T) listedRow) ([]listedRow, error) {
	found := make([]listedRow, len(rows))
	for i, r := range rows {
		found[i] = row(r)
	}
	return found, err
}

// User returns a user as this transaction sees it, without locking. Errors: ErrNotFound.
func (t *Tx) User(ctx context.Context, poolID, sub string) (*cognate.User, error) {
	return t.s.user(ctx, t.q, poolID, sub)
}

// CreateUser adds a user. Errors: ErrExists, if the username is the username or an alias of another user; ErrAliasTaken.
func (t *Tx) CreateUser(ctx context.Context, p *cognate.UserPool, u *cognate.User) error {
	return t.createUser(ctx, p, u, false)
}

// CreateUserTakingAliases is CreateUser for a user whose aliases may belong to other users, who lose them
// (cognate.User.ReleaseAlias).
func (t *Tx) CreateUserTakingAliases(ctx context.Context, p *cognate.UserPool, u *cognate.User) error {
	return t.createUser(ctx, p, u, true)
}

func (t *Tx) createUser(ctx context.Context, p *cognate.UserPool, u *cognate.User, takeAliases bool) error {
	key := p.Normal(u.Username)
	if err := t.requireNoAlias(ctx, p, key); err != nil {
		return err
	}
	c, err := t.s.userColumns(u)
	if err != nil {
		return err
	}
	n, err := t.q.CreateUser(ctx, gen.CreateUserParams{
		PoolID: u.PoolID, Sub: u.Sub, Username: u.Username, UsernameKey: key, Status: string(u.Status),
		Enabled: bit(u.Enabled), Document: c.document, Password: c.password, ImportedHash: c.imported, SoftwareToken: c.tokens,
		LastStep: u.Tokens.LastStep, Stamp: u.Stamp, CreatedAt: millis(u.Created), ModifiedAt: millis(u.Modified),
	})
	if err := changed("create user", ErrExists, n, err); err != nil {
		return err
	}
	t.count(u.PoolID, u.Sub, 1)
	t.users = append(t.users, UserChange{After: u})
	if err := t.writeAliases(ctx, p, u, takeAliases); err != nil {
		return err
	}
	return t.writeIndex(ctx, u)
}

// requireNoAlias returns an error if a new username is the alias of a user, and locks the name. Errors: ErrExists.
func (t *Tx) requireNoAlias(ctx context.Context, p *cognate.UserPool, key string) error {
	if err := t.lockName(ctx, p, key); err != nil {
		return err
	}
	_, err := t.aliasOwner(ctx, p.ID, key)
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNotFound):
		return nil
	default:
		return err
	}
}

// LockUser returns a user that the caller can change, and locks the user until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockUser(ctx context.Context, poolID, sub string) (*LockedUser, error) {
	row, err := t.q.LockUser(ctx, gen.LockUserParams{PoolID: poolID, Sub: sub})
	if err != nil {
		return nil, found("lock user", err)
	}
	u, err := t.s.userFromRow(row)
	if err != nil {
		return nil, err
	}
	before := *u
	before.MFA.Enabled = slices.Clone(u.MFA.Enabled)
	return &LockedUser{User: u, index: indexEntries(u), before: before, attributes: maps.Clone(u.Attributes)}, nil
}

// Before returns the user as it was locked.
func (u *LockedUser) Before() *cognate.User {
	before := u.before
	before.Attributes = maps.Clone(u.attributes)
	return &before
}

// LockedUser is a user that a transaction may change and save.
type LockedUser struct {
	*cognate.User
	before     cognate.User // to find changes
	attributes map[string]string
	index      []indexEntry
}

// SaveUser stores a user that the transaction has locked. Errors: ErrAliasTaken.
func (t *Tx) SaveUser(ctx context.Context, p *cognate.UserPool, u *LockedUser) error {
	return t.saveUser(ctx, p, u, false)
}

// SaveUserTakingAliases is SaveUser for a user whose aliases may belong to other users, who lose them
// (cognate.User.ReleaseAlias).
func (t *Tx) SaveUserTakingAliases(ctx context.Context, p *cognate.UserPool, u *LockedUser) error {
	return t.saveUser(ctx, p, u, true)
}

func (t *Tx) saveUser(ctx context.Context, p *cognate.UserPool, u *LockedUser, takeAliases bool) error {
	c, err := t.s.userColumns(u.User)
	if err != nil {
		return err
	}
	err = t.q.SaveUser(ctx, gen.SaveUserParams{
		Status: string(u.Status), Enabled: bit(u.Enabled), Document: c.document, Password: c.password,
		ImportedHash: c.imported, SoftwareToken: c.tokens, LastStep: u.Tokens.LastStep, Stamp: u.Stamp, ModifiedAt: millis(u.Modified),
		PoolID: u.PoolID, Sub: u.Sub,
	})
	if err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	u.before.Attributes = u.attributes
	t.users = append(t.users, UserChange{Before: &u.before, After: u.User})
	if !slices.Equal(u.before.Aliases(p), u.Aliases(p)) {
		if err := t.rewriteAliases(ctx, p, u.User, takeAliases); err != nil {
			return err
		}
	}
	if slices.Equal(u.index, indexEntries(u.User)) {
		return nil
	}
	return t.rewriteIndex(ctx, u.User)
}

// SpendStep marks a time step as used by a user. It returns false if the step or a later one is already used, or if the
// user's stamp has changed. Of two concurrent requests with one code, one gets true.
func (t *Tx) SpendStep(ctx context.Context, u *cognate.User, step int64) (bool, error) {
	n, err := t.q.SpendStep(ctx, gen.SpendStepParams{LastStep: step, PoolID: u.PoolID, Sub: u.Sub, Stamp: u.Stamp})
	if err != nil {
		return false, fmt.Errorf("spend step: %w", err)
	}
	return n == 1, nil
}

// DeleteUser deletes a user with all rows of the user, except the counts of package throttle, which throttle.DeleteUser
// deletes. Errors: ErrNotFound.
func (t *Tx) DeleteUser(ctx context.Context, poolID, sub string) error {
	n, err := t.q.DeleteUser(ctx, gen.DeleteUserParams{PoolID: poolID, Sub: sub})
	if err := changed("delete user", ErrNotFound, n, err); err != nil {
		return err
	}
	t.count(poolID, sub, -1)
	t.users = append(t.users, UserChange{Before: &cognate.User{PoolID: poolID, Sub: sub}})
	for i := range poolTables {
		if poolTables[i].deleteOfUser == nil {
			continue
		}
		if err := poolTables[i].deleteOfUser(ctx, t.q, poolID, sub); err != nil {
			return fmt.Errorf("delete user: %s: %w", poolTables[i].name, err)
		}
	}
	return nil
}

func (s *Store) user(ctx context.Context, q *gen.Queries, poolID, sub string) (*cognate.User, error) {
	row, err := q.GetUser(ctx, gen.GetUserParams{PoolID: poolID, Sub: sub})
	if err != nil {
		return nil, found("get user", err)
	}
	return s.userFromRow(row.User)
}

type userColumns struct {
	document                   string
	password, imported, tokens []byte
}

func (s *Store) userColumns(u *cognate.User) (userColumns, error) {
	document, err := encode("user", fromUser(u))
	if err != nil {
		return userColumns{}, err
	}
	own := u.Password // an imported hash has its own column, which releases that do not know it keep
	own.Imported = ""
	password, err := s.sealDocument(fromPassword(own), own.IsSet() || own.Disabled, passwordAAD(u.PoolID, u.Sub))
	if err != nil {
		return userColumns{}, err
	}
	imported, err := s.sealOptional([]byte(u.Password.Imported), importedHashAAD(u.PoolID, u.Sub))
	if err != nil {
		return userColumns{}, err
	}
	hasToken := u.Tokens.Active != nil || u.Tokens.Pending != nil
	tokens, err := s.sealDocument(fromSoftwareTokens(u.Tokens), hasToken, softwareTokenAAD(u.PoolID, u.Sub))
	return userColumns{document, password, imported, tokens}, err
}

// userWithoutSecrets returns a user without passwords and software tokens.
func userWithoutSecrets(row gen.User) (*cognate.User, error) {
	return listedUser(row.PoolID, gen.ListUsersByIndexRow{
		Sub: row.Sub, Username: row.Username, Status: row.Status, Enabled: row.Enabled, Document: row.Document, Stamp: row.Stamp,
		CreatedAt: row.CreatedAt, ModifiedAt: row.ModifiedAt,
	})
}

// decodeUser sets what the document of a user has.
func decodeUser(u *cognate.User, document string) error {
	var d userDocument
	if err := decode("user "+u.Sub, document, &d); err != nil {
		return err
	}
	d.toUser(u)
	return nil
}

func (s *Store) userFromRow(row gen.User) (*cognate.User, error) {
	u, err := userWithoutSecrets(row)
	if err != nil {
		return nil, err
	}
	var (
		password passwordDocument
		tokens   softwareTokensDocument
	)
	if err := s.unsealDocument(row.Password, passwordAAD(row.PoolID, row.Sub), &password); err != nil {
		return nil, err
	}
	if err := s.unsealDocument(row.SoftwareToken, softwareTokenAAD(row.PoolID, row.Sub), &tokens); err != nil {
		return nil, err
	}
	u.Password, u.Tokens = password.toPassword(), tokens.toSoftwareTokens()
	u.Tokens.LastStep = row.LastStep
	if u.Password.IsSet() || u.Password.Disabled { // a release that does not know imported hashes may have replaced one
		return u, nil
	}
	imported, err := s.unsealOptional(row.ImportedHash, importedHashAAD(row.PoolID, row.Sub))
	u.Password.Imported = string(imported)
	return u, err
}

func passwordAAD(poolID, sub string) string { return aadOf("users", poolID, sub, "password") }
func importedHashAAD(poolID, sub string) string {
	return aadOf("users", poolID, sub, "imported_hash")
}

func softwareTokenAAD(poolID, sub string) string {
	return aadOf("users", poolID, sub, "software_token")
}
