package server_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cognate/api"
	"cognate/api/apitest"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

// name is a kind of name in requests: the JSON of one that nothing has, and the answers about it. In the answers, "%s" is the name.
type name struct {
	unknown string
	answers []string
}

// notFound returns a name and the message of its ResourceNotFoundException.
func notFound(unknown, message string) name {
	return name{unknown, []string{api.ResourceNotFoundException(message).Error()}}
}

// names are the members of requests that name something in a pool.
var names = map[string]name{
	"ClientId":        notFound(`"2ttttttttttttttttttttttttt"`, "User pool client %s does not exist."),
	"ClientSecretId":  notFound(`"2ttttttttttttttttttttttttt--1"`, "Client secret does not exist."),
	"CredentialId":    notFound(`"nothing"`, "The passkey does not exist."),
	"DestinationUser": {`{"ProviderName":"Cognito","ProviderAttributeValue":"nothing"}`, []string{api.ErrUserDoesNotExist.Error()}},
	"DeviceKey": {`"us-east-1_00000000-0000-0000-0000-000000000000"`, []string{
		api.ErrNoDevice.Error(), "InvalidParameterException: Invalid device key given.", // of ConfirmDevice
		"NotAuthorizedException: Invalid Refresh Token.", // of a token of another device
	}},
	"Domain": {`"nothing"`, []string{"InvalidParameterException: No such domain or user pool exists."}},
	"EventId": {`"00000000-0000-4000-8000-000000000000"`, []string{
		"ResourceNotFoundException: Event not found.",
		"NotAuthorizedException: Invalid feedback token.", // UpdateAuthEventFeedback shows no names to a caller without a token
	}},
	"GroupName":              notFound(`"nothing"`, "Group not found."),
	"Identifier":             notFound(`"nothing"`, "Resource server %s does not exist."),
	"IdpIdentifier":          notFound(`"nothing"`, "No identity provider has the identifier %s."),
	"JobId":                  notFound(`"import-nothing"`, "User import job %s does not exist."),
	"ManagedLoginBrandingId": notFound(`"00000000-0000-4000-8000-000000000000"`, "Managed login branding does not exist."),
	"ProviderName":           notFound(`"nothing"`, "Identity provider %s does not exist."),
	"RefreshToken":           {`"aaa.bbb.ccc"`, []string{"NotAuthorizedException: Invalid Refresh Token."}},
	"RegionName":             notFound(`"eu-north-1"`, "User pool replica does not exist."),
	"SessionId":              notFound(`"00000000-0000-4000-8000-000000000000"`, "Session does not exist."),
	"SourceUser":             notFound(`{"ProviderName":"nothing","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"2"}`, "Identity provider %s does not exist."),
	"TermsId":                notFound(`"00000000-0000-4000-8000-000000000000"`, "Terms do not exist."),
	"User":                   notFound(`{"ProviderName":"nothing","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"1"}`, "Identity provider %s does not exist."),
	"Username": {`"nothing"`, []string{
		api.ErrUserDoesNotExist.Error(), "UserNotFoundException: Username/client id combination not found.",
		"ResourceNotFoundException: User does not exist.", // the operations of devices declare no other
		"NotAuthorizedException: Invalid feedback token.",
	}},
}

// For every operation, a client, group, user, provider, resource server, style, document, job, secret, event, device, session, passkey
// or domain of another pool does not exist. The answer is the one about a name that nothing has, and nothing changes.
func TestNamesOfAnotherPool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	ours, theirs := furnished(t, s, "ours"), furnished(t, s, "theirs")
	before := s.MustSnapshot(t)
	for _, op := range api.Operations() {
		for _, m := range op.Input.Members {
			n, ok := names[m.Name]
			if !ok || !namesExisting(op, m.Name) {
				continue
			}
			send := func(value string) string {
				members := maps.Clone(ours)
				if members[m.Name] = value; m.Name == "ClientSecretId" {
					members["ClientId"] = ours["a client with a secret"]
				}
				return strings.ReplaceAll(sendNames(t, s, op, members), shownName(value), "%s")
			}
			unknown := send(n.unknown)
			if !slices.Contains(n.answers, unknown) {
				t.Errorf("%s(unknown %s) = %s, want one of %q", op.Name, m.Name, unknown, n.answers)
			}
			if got := send(theirs[m.Name]); got != unknown {
				t.Errorf("%s(%s of another pool)\n got %.300s\nwant %s", op.Name, m.Name, got, unknown)
			}
			if !reflect.DeepEqual(before, s.MustSnapshot(t)) {
				t.Errorf("%s(%s of another pool) changed the store", op.Name, m.Name)
				before = s.MustSnapshot(t)
			}
		}
	}
}

// shownName returns the part of a JSON value that answers show.
func shownName(value string) string {
	value = strings.TrimPrefix(value, `{"ProviderName":`)
	value, _, _ = strings.Cut(strings.TrimPrefix(value, `"`), `"`)
	return value
}

// namesExisting reports whether a member names something that must be in the pool of the request before the operation.
func namesExisting(op *api.Operation, member string) bool {
	creates := strings.HasPrefix(op.Name, "Create") || op.Name == "SignUp" || op.Name == "AdminCreateUser"
	switch member {
	case "ClientId": // without a pool, a client says which pool the request means
		return op.Input.Member("UserPoolId") != nil
	case "Domain": // DescribeUserPoolDomain finds the domains of all pools of the account
		return op.Input.Member("UserPoolId") != nil && !creates
	}
	return !creates
}

// sendNames sends the minimal input of an operation with members that name things, whose values are JSON.
func sendNames(t *testing.T, s *cognatetest.Server, op *api.Operation, members map[string]string) string {
	t.Helper()
	values := map[string]string{}
	maps.Copy(values, valid[op.Name])
	for member, value := range members {
		if op.Input.Member(member) != nil {
			values[member] = value
		}
	}
	body, err := s.Client.Send(t.Context(), op, []byte(apitest.Object(op.Input, values)))
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// furnished creates a pool with one of everything that is named by a word where possible. It returns the members of requests that name
// them, as JSON.
func furnished(t *testing.T, s *cognatetest.Server, word string) map[string]string {
	t.Helper()
	p := s.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit), cognatetest.TrackDevices(false, false),
		cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn), cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
			in.KeyConfiguration = &api.KeyConfigurationType{
				KeyType: api.EncryptionKeyTypeCustomerManagedKey, KmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
			}
		}))
	m := s.Must(t)
	m.SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID},
	})
	m.SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
		UserPoolId: p.PoolID, UserSessionTracking: api.UserSessionTrackingTypeEnabled, TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(5)},
	})
	if word == "theirs" { // the other pool has no replica
		m.CreateUserPoolReplica(&api.CreateUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: cognatetest.ReplicaRegion})
	}
	p.MustUser(word)
	tokens := p.MustSignIn(word, "").AuthenticationResult
	device := p.MustConfirmDevice(tokens)
	p.MustRegister(tokens.AccessToken, &webauthntest.Authenticator{})
	m.CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: word})
	p.MustResourceServer(word)
	m.CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: word, ProviderType: api.IdentityProviderTypeTypeGoogle, IdpIdentifiers: []string{word},
		ProviderDetails: map[string]string{"client_id": "id", "client_secret": "the secret", "authorize_scopes": "openid email"},
	})
	m.CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: word})
	m.AdminLinkProviderForUser(&api.AdminLinkProviderForUserInput{
		UserPoolId: p.PoolID, DestinationUser: &api.ProviderUserIdentifierType{ProviderName: "Cognito", ProviderAttributeValue: word},
		SourceUser: &api.ProviderUserIdentifierType{ProviderName: word, ProviderAttributeName: "Cognito_Subject", ProviderAttributeValue: "1"},
	})
	confidential := p.MustClient(cognatetest.ClientSecret()).ClientId
	secret := m.AddUserPoolClientSecret(&api.AddUserPoolClientSecretInput{UserPoolId: p.PoolID, ClientId: confidential}).ClientSecretDescriptor
	terms := m.CreateTerms(&api.CreateTermsInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, TermsName: "terms-of-use", TermsSource: api.TermsSourceTypeLink,
		Enforcement: api.TermsEnforcementTypeNone, Links: map[string]string{"cognito:default": "https://example.com"},
	}).Terms.TermsId
	style := m.CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, UseCognitoProvidedValues: new(true),
	}).ManagedLoginBranding.ManagedLoginBrandingId
	job := m.CreateUserImportJob(&api.CreateUserImportJobInput{UserPoolId: p.PoolID, JobName: word, CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/import"})
	event := m.AdminListUserAuthEvents(&api.AdminListUserAuthEventsInput{UserPoolId: p.PoolID, Username: word}).AuthEvents[0].EventId
	session := m.AdminListUserSessions(&api.AdminListUserSessionsInput{UserPoolId: p.PoolID, Username: word}).Sessions[0].SessionId
	passkey := m.ListWebAuthnCredentials(&api.ListWebAuthnCredentialsInput{AccessToken: tokens.AccessToken}).Credentials[0].CredentialId
	members := map[string]string{}
	for member, value := range map[string]string{
		"UserPoolId": p.PoolID, "ClientId": p.ClientID, "AccessToken": tokens.AccessToken, "RefreshToken": tokens.RefreshToken, "Token": tokens.RefreshToken,
		"Username": word, "GroupName": word, "Identifier": word, "ProviderName": word, "IdpIdentifier": word, "Domain": word,
		"DeviceKey": device.Key, "TermsId": terms, "ManagedLoginBrandingId": style, "JobId": job.UserImportJob.JobId,
		"EventId": event, "SessionId": session, "CredentialId": passkey,
		"RegionName": cognatetest.ReplicaRegion, "ClientSecretId": secret.ClientSecretId, "a client with a secret": confidential,
	} {
		members[member] = apitest.Quote(value)
	}
	members["User"] = fmt.Sprintf(`{"ProviderName":%q,"ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"1"}`, word)
	members["SourceUser"] = fmt.Sprintf(`{"ProviderName":%q,"ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"2"}`, word)
	members["DestinationUser"] = fmt.Sprintf(`{"ProviderName":"Cognito","ProviderAttributeValue":%q}`, word)
	return members
}
