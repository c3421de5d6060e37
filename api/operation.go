package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// AuthClass is what a caller has to show for an operation.
// Source: API reference, "Authorizing requests"; the service decides by operation, not by what the request carries.
type AuthClass int

const (
	// AuthNone asks for nothing, or for something that the operation itself looks at.
	AuthNone AuthClass = iota
	// AuthToken asks for an access token in member AccessToken.
	AuthToken
	// AuthTokenOrSession asks for an access token, or for the Session of a sign-in under way.
	AuthTokenOrSession
	// AuthSigV4 asks for a signed request.
	AuthSigV4
)

// String returns "none", "token", "token-or-session" or "sigv4".
func (a AuthClass) String() string {
	switch a {
	case AuthNone:
		return "none"
	case AuthToken:
		return "token"
	case AuthTokenOrSession:
		return "token-or-session"
	case AuthSigV4:
		return "sigv4"
	}
	return fmt.Sprintf("AuthClass(%d)", int(a))
}

// Operation is a row of the operation table. Callers must not change it.
type Operation struct {
	Name      string // "SignUp", as in X-Amz-Target after the dot
	CLI       string // "sign-up", the AWS CLI command
	Auth      AuthClass
	Input     *Shape
	Output    *Shape // nil when it answers nothing
	Errors    []string
	Paginator *Paginator // nil when the AWS CLI doesn't page it
	Arguments []Argument // in the order of the input's members
	Newer     bool       // known to the newest SDK only
}

// Argument is an argument of the AWS CLI command.
type Argument struct {
	Member string // of the input
	Flag   string // "--user-pool-id"
}

// Paginator names the members by which a list is read in pages.
type Paginator struct {
	InputToken  string
	OutputToken string
	LimitKey    string
	ResultKey   string
}

// Operations returns every operation, sorted by name. The slice is the caller's, the operations are shared.
func Operations() []*Operation { return slices.Clone(operations[:]) }

// Lookup finds an operation by its exact name.
func Lookup(name string) (*Operation, bool) {
	i, ok := slices.BinarySearchFunc(operations[:], name, func(op *Operation, name string) int {
		return strings.Compare(op.Name, name)
	})
	if !ok {
		return nil, false
	}
	return operations[i], true
}

// LookupCommand finds an operation by the name of its AWS CLI command.
func LookupCommand(name string) (*Operation, bool) {
	for _, op := range &operations {
		if op.CLI == name {
			return op, true
		}
	}
	return nil, false
}

// TokenBearer is an input with an AccessToken.
type TokenBearer interface{ BearerToken() string }

// PoolScoped is an input with a UserPoolId.
type PoolScoped interface{ PoolID() string }

// ClientScoped is an input with a ClientId.
type ClientScoped interface{ AppClientID() string }

// Unbuilt answers every operation with a *NotBuiltError. A server that builds some of them embeds it.
type Unbuilt struct{}

var _ Service = Unbuilt{}

// Endpoint is an operation joined to what runs it.
type Endpoint struct {
	Operation *Operation

	// Decode checks a body against the operation's input shape and returns the input, an *XInput.
	// Errors: as Operation.Validate.
	Decode func(body []byte) (input any, err error)

	// Run calls the service with an input of Decode's and returns an *XOutput.
	Run func(ctx context.Context, input any) (output any, err error)
}

func endpoint[I, O any](op *Operation, run func(context.Context, *I) (*O, error)) Endpoint {
	return Endpoint{
		Operation: op,
		Decode: func(body []byte) (any, error) {
			input := new(I)
			if err := op.decode(body, input); err != nil {
				return nil, err
			}
			return input, nil
		},
		Run: func(ctx context.Context, input any) (any, error) {
			typed, ok := input.(*I)
			if !ok {
				return nil, fmt.Errorf("run %s: input is a %T", op.Name, input)
			}
			output, err := run(ctx, typed)
			if err != nil {
				return nil, err
			}
			return output, nil
		},
	}
}
