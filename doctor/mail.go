package doctor

import "context"

// Senders are the senders of messages. A name is empty without a sender.
type Senders struct {
	Email, SMS string
	// Connect connects to the mail server and logs in, without sending anything; nil if the sender of emails cannot do so.
	Connect func(context.Context) error
	// SendTo is the address or phone number that Send sends a message to; empty for none.
	SendTo string
	Send   func(context.Context) error
}

// Mail checks whether messages can be sent.
func (r *Report) Mail(ctx context.Context, s Senders) {
	o := r.on("mail")
	if s.Email == "" {
		o.warn("set email_sender, unless no user gets emails", "there is no sender of emails, so requests that need one fail")
	}
	if s.Connect != nil {
		if err := s.Connect(ctx); err != nil {
			o.fail("check the settings that begin with smtp_", "%v", err)
		} else {
			o.ok("the mail server accepts connections and the login")
		}
	} else if s.Email != "" {
		o.skip("the sender %s is tested only with --send-to ADDRESS", s.Email)
	}
	if s.SendTo == "" {
		return
	}
	if err := s.Send(ctx); err != nil {
		o.fail("", "the message to %s was not sent: %v", s.SendTo, err)
		return
	}
	o.ok("a message to %s was sent; check that it arrives", s.SendTo)
}
