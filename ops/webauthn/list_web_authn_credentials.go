package webauthn

import (
	"context"
	"regexp"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

var credentialID = regexp.MustCompile(`^[\w-]+$`)

// ListWebAuthnCredentials lists the passkeys of the signed-in user, in pages. Without MaxResults one page contains all.
func (s *Service) ListWebAuthnCredentials(ctx context.Context, in *api.ListWebAuthnCredentialsInput) (*api.ListWebAuthnCredentialsOutput, error) {
	after, err := ops.PageKey(in.NextToken, credentialID.MatchString)
	if err != nil {
		return nil, err
	}
	size := cognate.MaxPasskeys
	if in.MaxResults != nil && *in.MaxResults > 0 {
		size = *in.MaxResults
	}
	user := tokens.PrincipalFrom(ctx).User
	page, err := s.Store.Credentials(ctx, user.PoolID, user.Sub, cognate.CredentialID(after), size+1)
	if err != nil {
		return nil, err
	}
	out := &api.ListWebAuthnCredentialsOutput{Credentials: make([]api.WebAuthnCredentialDescription, 0, len(page))}
	if len(page) > size {
		page = page[:size]
		out.NextToken = ops.PageToken(string(page[size-1].ID))
	}
	for _, c := range page {
		out.Credentials = append(out.Credentials, toWire(c))
	}
	return out, nil
}

func toWire(c *cognate.Credential) api.WebAuthnCredentialDescription {
	transports := make([]string, 0, len(c.Transports)) // a required member, also if empty
	return api.WebAuthnCredentialDescription{
		CredentialId: string(c.ID), FriendlyCredentialName: c.Name, RelyingPartyId: c.RelyingPartyID,
		AuthenticatorAttachment: c.Attachment, AuthenticatorTransports: append(transports, c.Transports...),
		CreatedAt: api.EpochOf(c.Created),
	}
}
