package server

import (
	"context"
	"maps"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/trigger"
)

// functions ask the triggers that have a say in messages.
type functions struct {
	triggers *trigger.Service
}

// CustomMessage asks for the texts of a letter.
func (f functions) CustomMessage(ctx context.Context, l *notify.Notification) (notify.Texts, error) {
	if !l.Pool.HasTrigger(cognate.TriggerCustomMessage) {
		return notify.Texts{}, nil
	}
	texts, err := f.triggers.CustomMessage(ctx, callOf(l), string(l.Kind))
	return notify.Texts(texts), err
}

// SendCustom hands a letter's code to a custom sender.
func (f functions) SendCustom(ctx context.Context, l *notify.Notification) (bool, error) {
	if !l.Pool.HasTrigger(cognate.TriggerCustomEmailSender) && !l.Pool.HasTrigger(cognate.TriggerCustomSMSSender) {
		return false, nil
	}
	return f.triggers.SendCustom(ctx, callOf(l), string(l.Kind), l.Medium, l.Code)
}

// callOf returns what functions are told of a letter. They see the user with the contact that the letter goes to: a custom
// sender has nothing else to go by, and it may be a value that is not the user's before it is verified.
func callOf(l *notify.Notification) trigger.Call {
	user := *l.User
	user.Attributes = make(map[string]string)
	maps.Copy(user.Attributes, l.User.Attributes)
	contact := cognate.AttributeEmail
	if l.Medium == api.DeliveryMediumTypeSms {
		contact = cognate.AttributePhone
	}
	user.Attributes[contact] = l.Destination
	return trigger.Call{Pool: l.Pool, ClientID: l.ClientID, User: &user, ClientMetadata: l.ClientMetadata}
}
