package trigger

import (
	"context"

	"cognate"
	"cognate/api"
)

// Sources of the events about a user that the pool does not have (docs/behaviour.md §6.2).
const (
	UserMigrationAuthentication = "UserMigration_Authentication"
	UserMigrationForgotPassword = "UserMigration_ForgotPassword"
)

// Migrated is a user from the function. The members about an invitation are checked but not used: see
// docs/divergences/triggers.md.
type Migrated struct {
	Attributes map[string]string
	Status     api.UserStatusType // CONFIRMED or RESET_REQUIRED
	// TakeAliases moves aliases from another user to this one.
	TakeAliases bool
	SMSFactor   bool // enables SMS as a second factor
}

type migrationRequest struct {
	Password       *string           `json:"password"`
	ValidationData map[string]string `json:"validationData"`
	UserAttributes map[string]string `json:"userAttributes"` // always null: the user does not exist yet
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

type migrationResponse struct {
	UserAttributes         map[string]string        `json:"userAttributes"`
	FinalUserStatus        *api.UserStatusType      `json:"finalUserStatus"`
	MessageAction          *api.MessageActionType   `json:"messageAction"`
	DesiredDeliveryMediums []api.DeliveryMediumType `json:"desiredDeliveryMediums"`
	ForceAliasCreation     *bool                    `json:"forceAliasCreation"`
	EnableSMSMFA           *bool                    `json:"enableSMSMFA"`
}

// MigrateUser asks the function for the user with that name. The password is empty if the user forgot it. It returns nil if
// the function returns no user. It checks only members with a fixed set of values; the caller checks the attributes.
func (s *Service) MigrateUser(ctx context.Context, call Call, source, password string) (*Migrated, error) {
	if !call.Pool.HasTrigger(cognate.TriggerUserMigration) {
		return nil, nil
	}
	request := migrationRequest{Password: optional(password), ValidationData: call.ValidationData, ClientMetadata: call.Metadata}
	var response migrationResponse
	err := s.invoke(ctx, &call, cognate.TriggerUserMigration, newEvent(&call, source, request, response), &response)
	if err != nil || response.UserAttributes == nil {
		return nil, err
	}
	return response.toNoun()
}

func (r *migrationResponse) toNoun() (*Migrated, error) {
	m := &Migrated{
		Attributes: r.UserAttributes, Status: api.UserStatusTypeResetRequired,
		TakeAliases: isTrue(r.ForceAliasCreation), SMSFactor: isTrue(r.EnableSMSMFA),
	}
	if r.FinalUserStatus != nil && *r.FinalUserStatus != "" {
		m.Status = *r.FinalUserStatus
	}
	for _, medium := range r.DesiredDeliveryMediums {
		if medium != api.DeliveryMediumTypeEmail && medium != api.DeliveryMediumTypeSms {
			return nil, errUnrecognizable
		}
	}
	if m.Status != api.UserStatusTypeConfirmed && m.Status != api.UserStatusTypeResetRequired ||
		r.MessageAction != nil && *r.MessageAction != "" && *r.MessageAction != api.MessageActionTypeSuppress {
		return nil, errUnrecognizable
	}
	return m, nil
}
