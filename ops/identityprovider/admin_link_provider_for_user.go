package identityprovider

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/federation"
	"cognate/ops"
)

// AdminLinkProviderForUser links an account at an identity provider, the SourceUser, to a user, the DestinationUser.
func (s *Service) AdminLinkProviderForUser(ctx context.Context, in *api.AdminLinkProviderForUserInput) (*api.AdminLinkProviderForUserOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	user, err := s.destination(ctx, pool, in.DestinationUser)
	if err != nil {
		return nil, err
	}
	if err := s.Links.Link(ctx, pool, user.Sub, toIdentity(in.SourceUser)); err != nil {
		return nil, err
	}
	return &api.AdminLinkProviderForUserOutput{}, nil
}

// destination returns the user that a DestinationUser means: a user of the pool by name, or the user who has an account at an
// identity provider. Its ProviderAttributeName does not matter (docs/behaviour.md §4.8).
func (s *Service) destination(ctx context.Context, pool *cognate.UserPool, to *api.ProviderUserIdentifierType) (*cognate.User, error) {
	identity := toIdentity(to)
	identity.Attribute = cognate.SubjectAttribute
	if err := identity.Complete("DestinationUser"); err != nil {
		return nil, err
	}
	if identity.Provider == cognate.LocalProviderOfUser {
		return ops.PoolUser(ctx, s.Store, pool, identity.Value)
	}
	user, err := s.Links.Owner(ctx, pool.ID, identity)
	if err == nil {
		audit.SetUserOf(ctx, user)
	}
	return user, err
}

func toIdentity(u *api.ProviderUserIdentifierType) federation.Identity {
	return federation.Identity{Provider: u.ProviderName, Attribute: u.ProviderAttributeName, Value: u.ProviderAttributeValue}
}
