package webauthn

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// ListWebAuthnCredentials lists the passkeys of the signed-in user, in pages. Without MaxResults one page contains all.
func (s *Service) ListWebAuthnCredentials(ctx context.Context, in *api.ListWebAuthnCredentialsInput) (*api.ListWebAuthnCredentialsOutput, error) {
	user := tokens.PrincipalFrom(ctx).User
	list := ops.PageList{Operation: "ListWebAuthnCredentials", Owner: user.PoolID, Filter: user.Sub}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.MaxResults, cognate.MaxPasskeys)
	page, err := s.Store.Credentials(ctx, user.PoolID, user.Sub, cognate.CredentialID(after[0]), size+1)
	if err != nil {
		return nil, err
	}
	out := &api.ListWebAuthnCredentialsOutput{Credentials: make([]api.WebAuthnCredentialDescription, 0, len(page))}
	page, out.NextToken = ops.Page(list, page, size, func(c *cognate.Credential) []string { return []string{string(c.ID)} })
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
