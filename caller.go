package cognate

import "context"

// Caller identifies the sender of a signed request: the account of an access key, in the region of the credential scope.
type Caller struct {
	AccountID string // 12 digits
	Region    string
	KeyID     string // of the access key; empty for work without a request
	KeyName   string // of the access key: the name of an IAM user; empty for work without a request
}

// ARN returns the Amazon Resource Name of the caller: that of an IAM user with the name of the access key.
func (c Caller) ARN() string { return "arn:aws:iam::" + c.AccountID + ":user/" + c.KeyName }

// Owns reports whether the pool belongs to the caller's account. Operations answer that the pool of another account does not
// exist.
func (c Caller) Owns(p *UserPool) bool { return p.AccountID == c.AccountID }

type callerKey struct{}

// WithCaller returns a context that carries c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller of a signed request. For any other request it returns the zero Caller, which owns no pool.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
