package trigger

import (
	"context"

	"cognate"
	"cognate/api"
)

// Sources of the event that asks for a user whom the pool does not know (docs/behaviour.md §6.2).
const (
	UserMigrationAuthentication = "UserMigration_Authentication"
	UserMigrationForgotPassword = "UserMigration_ForgotPassword"
)

// Migrated is a user whom a function knows. What the function says of an invitation is only checked: see
// docs/divergences/triggers.md.
type Migrated struct {
	Attributes map[string]string
	Status     api.UserStatusType // CONFIRMED or RESET_REQUIRED
	// TakeAliases lets contacts become this user's aliases although they are another's.
	TakeAliases bool
	SMSFactor   bool // switches SMS on as a second factor
}

type migrationRequest struct {
	Password       *string           `json:"password"`
	ValidationData map[string]string `json:"validationData"`
	UserAttributes map[string]string `json:"userAttributes"` // always null: nobody is there yet
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

// MigrateUser asks for the user of that name; the password is empty where it was forgotten. It returns nil when there is
// none. The answer is checked no further than that its members have values of their own: attributes are the caller's to check.
func (s *Service) MigrateUser(ctx context.Context, call Call, source, password string) (*Migrated, error) {
	if !call.Pool.HasTrigger(cognate.TriggerUserMigration) {
		return nil, nil
	}
	request := migrationRequest{Password: optional(password), ValidationData: call.ValidationData, ClientMetadata: call.ClientMetadata}
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
