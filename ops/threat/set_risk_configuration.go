package threat

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// SetRiskConfiguration replaces the risk configuration of a pool or of an app client. A part that is missing in the request has
// no settings then. Source: docs/behaviour.md §5.10.
func (s *Service) SetRiskConfiguration(ctx context.Context, in *api.SetRiskConfigurationInput) (*api.SetRiskConfigurationOutput, error) {
	risk := &cognate.RiskConfiguration{
		Compromised: withFilter(in.CompromisedCredentialsRiskConfiguration), Takeover: in.AccountTakeoverRiskConfiguration,
		Exceptions: in.RiskExceptionConfiguration, ModifiedAt: s.Now(),
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if in.ClientId == "" {
			pool.Risk = risk
			if err := risk.Check(); err != nil {
				return err
			}
			return tx.SaveUserPool(ctx, pool)
		}
		client, err := tx.LockAppClient(ctx, pool.ID, in.ClientId)
		if errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(in.ClientId)
		}
		if err != nil {
			return err
		}
		client.Risk = risk
		if err := risk.Check(); err != nil {
			return err
		}
		return tx.SaveAppClient(ctx, client)
	})
	if err != nil {
		return nil, err
	}
	return &api.SetRiskConfigurationOutput{RiskConfiguration: toWire(in.UserPoolId, in.ClientId, risk)}, nil
}

// withFilter returns the settings with an empty EventFilter if the request has none: that means all events.
func withFilter(c *api.CompromisedCredentialsRiskConfigurationType) *api.CompromisedCredentialsRiskConfigurationType {
	if c == nil || c.EventFilter != nil {
		return c
	}
	return &api.CompromisedCredentialsRiskConfigurationType{EventFilter: []api.EventFilterType{}, Actions: c.Actions}
}
