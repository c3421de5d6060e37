package api

// Validate checks a body.
func (op *Operation) Validate(body []byte) error { return nil }

func (op *Operation) decode(body []byte, input any) error { return Unmarshal(body, input) }
