package appclient

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// Assumed: the text for a request with both ClientSecret and GenerateSecret.
var errTwoSecrets = api.InvalidParameterException("ClientSecret and GenerateSecret can't be given together.")

// CreateUserPoolClient adds an app client to a pool, with a secret if the request contains one or asks for one.
func (s *Service) CreateUserPoolClient(ctx context.Context, in *api.CreateUserPoolClientInput) (*api.CreateUserPoolClientOutput, error) {
	now := s.Now()
	client := &cognate.AppClient{
		PoolID: in.UserPoolId, ID: cognate.NewClientID(), Name: in.ClientName, CreatedAt: now, ModifiedAt: now,
	}
	if secret := secretOf(in); secret != "" {
		client.Secrets = []cognate.ClientSecret{{Value: secret, Created: now.Truncate(time.Millisecond)}}
	}
	var chosen string
	if s.ChooseID != nil {
		var err error
		if chosen, err = s.ChooseID(ctx, in); err != nil {
			return nil, err
		}
	}
	if chosen != "" {
		client.ID = chosen
	}
	configure(client, settingsOf(in))
	if err := s.add(ctx, in, client, chosen != ""); err != nil {
		return nil, err
	}
	return &api.CreateUserPoolClientOutput{UserPoolClient: toWire(client)}, nil
}

// secretOf returns the secret of the new client; "" if it has none.
func secretOf(in *api.CreateUserPoolClientInput) string {
	if api.IsTrue(in.GenerateSecret) {
		return cognate.NewClientSecret()
	}
	return in.ClientSecret
}

// add checks a new client and stores it. It replaces a random ID that is taken.
// Errors: those of AppClient.Check; InvalidParameterException if a chosen ID is taken; LimitExceededException.
func (s *Service) add(ctx context.Context, in *api.CreateUserPoolClientInput, client *cognate.AppClient, chosen bool) error {
	for {
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			pool, err := ops.LockPool(ctx, tx, client.PoolID)
			if err != nil {
				return err
			}
			if api.IsTrue(in.GenerateSecret) && in.ClientSecret != "" {
				return errTwoSecrets
			}
			if err := check(ctx, tx, client, pool); err != nil {
				return err
			}
			err = s.Quotas.Require(cognate.QuotaAppClients, func() (int, error) { return tx.CountAppClients(ctx, pool.ID) })
			if err != nil {
				return err
			}
			return tx.CreateAppClient(ctx, client)
		})
		if !errors.Is(err, store.ErrExists) {
			return err
		}
		if chosen {
			return api.InvalidParameterException("App client " + client.ID + " exists already.")
		}
		client.ID = cognate.NewClientID()
	}
}

// settingsOf returns the members that CreateUserPoolClient and UpdateUserPoolClient share.
func settingsOf(in *api.CreateUserPoolClientInput) *api.UpdateUserPoolClientInput {
	return &api.UpdateUserPoolClientInput{
		RefreshTokenValidity:                     in.RefreshTokenValidity,
		AccessTokenValidity:                      in.AccessTokenValidity,
		IdTokenValidity:                          in.IdTokenValidity,
		TokenValidityUnits:                       in.TokenValidityUnits,
		ReadAttributes:                           in.ReadAttributes,
		WriteAttributes:                          in.WriteAttributes,
		ExplicitAuthFlows:                        in.ExplicitAuthFlows,
		SupportedIdentityProviders:               in.SupportedIdentityProviders,
		CallbackURLs:                             in.CallbackURLs,
		LogoutURLs:                               in.LogoutURLs,
		DefaultRedirectURI:                       in.DefaultRedirectURI,
		AllowedOAuthFlows:                        in.AllowedOAuthFlows,
		AllowedOAuthScopes:                       in.AllowedOAuthScopes,
		AllowedOAuthFlowsUserPoolClient:          in.AllowedOAuthFlowsUserPoolClient,
		AnalyticsConfiguration:                   in.AnalyticsConfiguration,
		PreventUserExistenceErrors:               in.PreventUserExistenceErrors,
		EnableTokenRevocation:                    in.EnableTokenRevocation,
		EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
		AuthSessionValidity:                      in.AuthSessionValidity,
		RefreshTokenRotation:                     in.RefreshTokenRotation,
	}
}
