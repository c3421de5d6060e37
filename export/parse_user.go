package export

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/authn/argon2id"
	"cognate/authn/passwordhash"
	"cognate/authn/srp"
	"cognate/authn/totp"
	"cognate/authn/webauthn"
	"cognate/passwords"
	"cognate/store"
)

// Limits of what a user has.
const (
	maxDevices       = 1000
	maxEarlier       = 24
	maxIdentities    = 100
	maxTokenSecret   = 128     // bytes
	maxFriendlyName  = 131_072 // bytes; the maximum of StringType in the API description
	maxCredentialID  = 1023
	maxValue         = 2048 // characters of an attribute
	maxShortText     = 256
	maxTransports    = 16
	maxTransport     = 32 // bytes
	maxGroupsOfUsers = 10_000
)

// checkUUID returns an error if a text is not a UUID in its usual form.
func checkUUID(text string) error {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return fmt.Errorf("%.60q is not a UUID in lower case", text)
	}
	return nil
}

// takeUser reads a user. What is valid only once is not: a code of a software token from before the import, and a Session of this
// server from before, do not work.
func (p *parser) takeUser(text []byte) (*store.WholeUser, error) {
	var l user
	if err := read(text, &l); err != nil {
		return nil, err
	}
	u, err := p.userOf(&l)
	if err != nil {
		return nil, fmt.Errorf("user %.128s: %w", l.Username, err)
	}
	return u, nil
}

func (p *parser) userOf(l *user) (*store.WholeUser, error) {
	now := p.target.Now()
	u := &cognate.User{
		PoolID: p.pool.ID, Sub: l.Sub, Username: l.Username, Status: l.Status, Enabled: l.Enabled, Attributes: l.Attributes,
		TemporaryUntil: l.TemporaryUntil, Created: l.CreatedAt, Modified: l.ModifiedAt, Stamp: now.UnixMilli(),
	}
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	whole := &store.WholeUser{User: u}
	for _, step := range []func(*user, *store.WholeUser) error{
		p.takeIdentity, p.takeAttributes, p.takePasswords, takeFactors, p.takePasskeys, p.takeDevices, p.takeGroups, takeIdentities,
	} {
		if err := step(l, whole); err != nil {
			return nil, err
		}
	}
	if u.Tokens.Active != nil {
		u.Tokens.LastStep = totp.LastStep(now) // the last transaction of a long import raises it
	}
	if p.target.NewIDs {
		p.giveNewID(whole)
	}
	p.requireReset(l, whole)
	return whole, nil
}

// statuses are the states in which a user can be.
var statuses = []api.UserStatusType{
	api.UserStatusTypeUnconfirmed, api.UserStatusTypeConfirmed, api.UserStatusTypeResetRequired, api.UserStatusTypeForceChangePassword,
	api.UserStatusTypeExternalProvider, api.UserStatusTypeArchived, api.UserStatusTypeCompromised, api.UserStatusTypeUnknown,
}

func (p *parser) takeIdentity(l *user, _ *store.WholeUser) error {
	isExternal := l.Status == api.UserStatusTypeExternalProvider
	switch {
	case checkUUID(l.Sub) != nil:
		return fmt.Errorf("sub: %w", checkUUID(l.Sub))
	case !api.IsUsername(l.Username):
		return errors.New("the username is missing or not allowed")
	case p.pool.UsesUsernameAttributes() && !isExternal && l.Username != l.Sub:
		return errors.New("email addresses or phone numbers are usernames in this pool, so the username must be the sub")
	case !slices.Contains(statuses, l.Status):
		return fmt.Errorf("the status %.40q is unknown", l.Status)
	}
	return l.check()
}

func (p *parser) takeAttributes(l *user, _ *store.WholeUser) error {
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		value := l.Attributes[name]
		definition, known := p.pool.Attribute(name)
		switch {
		case !known, name == cognate.AttributeSub, name == cognate.AttributeIdentities:
			return fmt.Errorf("the pool has no attribute %.60q that a user line can set", name)
		case utf8.RuneCountInString(value) > maxValue:
			return fmt.Errorf("the attribute %s is longer than %d characters", name, maxValue)
		case definition.AttributeDataType == api.AttributeDataTypeBoolean && value != "true" && value != "false":
			return fmt.Errorf("the attribute %s is neither true nor false", name)
		}
	}
	return nil
}

func (p *parser) takePasswords(l *user, u *store.WholeUser) error {
	if l.Password != nil {
		if l.NoPassword {
			return errors.New("there is a password, but passwordDisabled is true")
		}
		current, err := toPassword(*l.Password)
		if err != nil {
			return fmt.Errorf("password: %w", err)
		}
		u.Password = current
	}
	u.Password.Disabled = l.NoPassword
	if len(l.Earlier) > maxEarlier {
		return fmt.Errorf("there are more than %d earlierPasswords", maxEarlier)
	}
	for _, one := range l.Earlier {
		earlier, err := toPassword(one)
		if err != nil {
			return fmt.Errorf("earlierPasswords: %w", err)
		}
		u.Password.Earlier = append(u.Password.Earlier, earlier)
	}
	return nil
}

// toPassword checks a password. A verifier of 0 or a hash with an empty key would let everyone in, and a hash with large parameters
// would use all memory.
func toPassword(l password) (cognate.Password, error) {
	p := cognate.Password{Salt: l.Salt, Verifier: l.Verifier, Argon2id: l.Hash, Imported: l.Imported}
	forms := 0
	for _, isSet := range []bool{len(l.Verifier) > 0 || len(l.Salt) > 0, l.Hash != "", l.Imported != ""} {
		if isSet {
			forms++
		}
	}
	switch {
	case forms != 1:
		return p, errors.New("it needs either salt and verifier, or hash, or importedHash")
	case l.Hash != "":
		if argon2id.Check(l.Hash) != nil {
			return p, errors.New("the hash is not one of argon2id within the limits")
		}
	case l.Imported != "":
		isVerifier, err := passwords.CheckFromOtherPool(l.Imported)
		if !isVerifier {
			err = passwordhash.CheckAny(l.Imported)
		}
		if err != nil {
			return p, errors.New("the importedHash is not a hash within the limits")
		}
	default:
		v, err := srp.ParseVerifier(l.Salt, l.Verifier)
		if err != nil || len(l.Verifier) > len(v.V) {
			return p, errors.New("the salt or the verifier is not valid")
		}
		p.Verifier = v.V
	}
	return p, nil
}

func takeFactors(l *user, u *store.WholeUser) error {
	if t := l.SoftwareToken; t != nil {
		secret, err := totp.Decode(t.Secret)
		if err != nil || len(secret) < totp.MinSecretSize || len(secret) > maxTokenSecret {
			return fmt.Errorf("the secret of the softwareToken is not base32 of %d to %d bytes", totp.MinSecretSize, maxTokenSecret)
		}
		if len(t.FriendlyName) > maxFriendlyName || len(t.ID) > maxShortText {
			return errors.New("the softwareToken has a text that is too long")
		}
		u.Tokens.Active = &cognate.SoftwareToken{ID: t.ID, Secret: secret, FriendlyName: t.FriendlyName}
		if t.ID == "" {
			u.Tokens.Active.ID = uuid.NewString()
		}
	}
	if l.MFA == nil {
		return nil
	}
	u.MFA = cognate.MFAPreference{Passkey: l.MFA.PasskeySuffices}
	for _, f := range l.MFA.Enabled {
		switch {
		case f != cognate.FactorSMS && f != cognate.FactorSoftwareToken && f != cognate.FactorEmail:
			return fmt.Errorf("mfa: the factor %.40q is unknown", f)
		case u.MFA.IsOn(f):
			return fmt.Errorf("mfa: the factor %s appears twice", f)
		case f == cognate.FactorSoftwareToken && !u.CanProve(f): // a forgotten token would switch the second factor off
			return errors.New("mfa: SOFTWARE_TOKEN_MFA is enabled, but there is no softwareToken")
		}
		u.MFA.Set(f, true, false)
	}
	if l.MFA.Preferred != "" && !u.MFA.IsOn(l.MFA.Preferred) {
		return errors.New("mfa: the preferred factor is not enabled")
	}
	u.MFA.Preferred = l.MFA.Preferred
	u.MFA.SMSBySettings = l.MFA.SMSBySettings && u.MFA.IsOn(cognate.FactorSMS)
	return nil
}

func (p *parser) takePasskeys(l *user, u *store.WholeUser) error {
	if len(l.Passkeys) > cognate.MaxPasskeys {
		return fmt.Errorf("there are more than %d passkeys", cognate.MaxPasskeys)
	}
	if p.target.NewIDs { // a passkey contains the sub of its user
		p.report.Passkeys += len(l.Passkeys)
		u.MFA.Passkey = false
		return nil
	}
	for _, k := range l.Passkeys {
		id := cognate.CredentialID(k.ID)
		raw := id.Raw()
		switch {
		case len(raw) == 0 || len(raw) > maxCredentialID || cognate.NewCredentialID(raw) != id:
			return errors.New("passkeys: an id is not base64url")
		case webauthn.CheckKey(k.PublicKey) != nil:
			return errors.New("passkeys: a publicKey is not a COSE key of an allowed algorithm")
		case !webauthn.IsRelyingPartyID(k.RelyingPartyID):
			return errors.New("passkeys: a relyingPartyId is not a domain")
		case k.Attachment != "" && k.Attachment != "platform" && k.Attachment != "cross-platform":
			return errors.New("passkeys: an attachment is neither platform nor cross-platform")
		case len(k.Name) > maxShortText:
			return errors.New("passkeys: a name is too long")
		case len(k.Transports) > maxTransports || slices.ContainsFunc(k.Transports, func(t string) bool { return len(t) > maxTransport }):
			return fmt.Errorf("passkeys: there are more than %d transports, or one is longer than %d bytes", maxTransports, maxTransport)
		}
		if err := checkTimes(k.CreatedAt); err != nil {
			return err
		}
		u.Passkeys = append(u.Passkeys, &cognate.Credential{
			PoolID: p.pool.ID, Sub: l.Sub, ID: id, Key: cognate.CredentialKey{Public: k.PublicKey, BackupEligible: k.BackupEligible},
			SignCount: k.SignCount, Created: k.CreatedAt, RelyingPartyID: k.RelyingPartyID, Name: k.Name, Attachment: k.Attachment,
			Transports: k.Transports,
		})
	}
	u.User.Passkeys = len(u.Passkeys)
	return nil
}

func (p *parser) takeDevices(l *user, u *store.WholeUser) error {
	if len(l.Devices) > maxDevices {
		return fmt.Errorf("there are more than %d devices", maxDevices)
	}
	for _, d := range l.Devices {
		v, err := srp.ParseVerifier(d.Salt, d.Verifier)
		if err != nil {
			return errors.New("devices: a salt or a verifier is not valid")
		}
		in := &api.AdminGetDeviceInput{UserPoolId: p.pool.ID, Username: l.Username, DeviceKey: d.Key}
		if err := errors.Join(validate("AdminGetDevice", in), d.check()); err != nil {
			return fmt.Errorf("devices: %w", err)
		}
		if d.GroupKey == "" || len(d.GroupKey) > maxShortText || len(d.Name) > maxValue || len(d.LastIP) > maxShortText {
			return errors.New("devices: the groupKey is missing, or a text is too long")
		}
		u.Devices = append(u.Devices, &cognate.Device{
			PoolID: p.pool.ID, Sub: l.Sub, DeviceID: cognate.DeviceID{Key: d.Key, GroupKey: d.GroupKey}, Name: d.Name,
			Verifier: cognate.DeviceVerifier{Salt: v.Salt, V: v.V}, Remembered: d.Remembered, Trusted: d.Trusted, LastIP: d.LastIP,
			Created: d.CreatedAt, Modified: d.ModifiedAt, Authenticated: d.AuthenticatedAt,
		})
	}
	return nil
}

func (p *parser) takeGroups(l *user, u *store.WholeUser) error {
	if len(l.Groups) > maxGroupsOfUsers {
		return fmt.Errorf("there are more than %d groups", maxGroupsOfUsers)
	}
	isMember := make(map[string]bool)
	for _, m := range l.Groups {
		key := cognate.GroupKey(m.Name)
		switch {
		case !p.groups[key]:
			return fmt.Errorf("the file has no group %.128q", m.Name)
		case isMember[key]:
			return fmt.Errorf("the group %s appears twice", m.Name)
		}
		if err := checkTimes(m.AddedAt); err != nil {
			return err
		}
		isMember[key] = true
		u.Groups = append(u.Groups, store.Membership{GroupKey: key, Added: m.AddedAt})
	}
	return nil
}

func takeIdentities(l *user, u *store.WholeUser) error {
	if len(l.Identities) > maxIdentities {
		return fmt.Errorf("there are more than %d identities", maxIdentities)
	}
	for _, i := range l.Identities {
		for _, text := range []string{i.ProviderName, i.Attribute, i.Value} {
			if text == "" || len(text) > maxValue {
				return errors.New("identities: providerName, attribute or value is missing or too long")
			}
		}
		if len(i.ProviderType) > maxValue || len(i.Issuer) > maxValue {
			return errors.New("identities: providerType or issuer is too long")
		}
		if err := checkTimes(i.LinkedAt); err != nil {
			return err
		}
		u.Identities = append(u.Identities, cognate.LinkedIdentity(i))
	}
	return nil
}

// giveNewID gives a user a new sub. Where the sub is the username, it also changes the username. A verifier depends on the IDs of
// pool and user, so it stays as a verifier of the other pool.
func (p *parser) giveNewID(u *store.WholeUser) {
	old := u.Sub
	u.Sub = cognate.NewSub()
	u.Password = passwords.FromOtherPool(p.original, u.Username, u.Password)
	if u.Username == old {
		u.Username = u.Sub
	}
	for _, d := range u.Devices {
		d.Sub = u.Sub
	}
}

// requireReset makes a user without a password, who had one before a file without secrets was written, reset it.
func (p *parser) requireReset(l *user, u *store.WholeUser) {
	if p.header.HasSecrets || u.Password.IsSet() || l.NoPassword || l.Status != api.UserStatusTypeConfirmed {
		return
	}
	for _, challenge := range u.FirstChallenges(p.pool) {
		if challenge != api.ChallengeNameTypePassword && challenge != api.ChallengeNameTypePasswordSrp {
			return // the user can sign in without a password
		}
	}
	u.Status = api.UserStatusTypeResetRequired
	p.report.MustReset++
}
