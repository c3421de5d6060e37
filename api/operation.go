package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// AuthClass is the kind of credential that an operation requires. It depends only on the operation, not on the
// credentials in the request.
// Source: API reference, "Authorizing requests".
type AuthClass int

const (
	// AuthNone requires nothing, or something that the operation itself checks.
	AuthNone AuthClass = iota
	// AuthToken requires an access token in member AccessToken.
	AuthToken
	// AuthTokenOrSession requires an access token, or the Session of a sign-in that is not finished.
	AuthTokenOrSession
	// AuthSigV4 requires a signed request.
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

// Resource is the kind of resource that the policy of an access key names for an operation with a signature.
// Source: service authorization reference, Amazon Cognito User Pools (docs/behaviour.md §8.2).
type Resource int

const (
	// ResourceUserPool is the user pool of member UserPoolId or ResourceArn.
	ResourceUserPool Resource = iota + 1
	// ResourceNone is no resource: only the Resource "*" of a policy matches.
	ResourceNone
)

// Operation is a row of the operation table. Callers must not change it.
type Operation struct {
	Name      string // "SignUp", as in X-Amz-Target after the dot
	CLI       string // "sign-up", the AWS CLI command
	Auth      AuthClass
	Resource  Resource // with AuthSigV4 only; otherwise zero
	Category  string   // of the rate limit: "UserRead" (docs/behaviour.md §8.4)
	Input     *Shape
	MaxBody   int64  // maximum of a request in bytes
	TooLarge  string // the service's message for a larger request; empty if it is unknown
	Output    *Shape // nil if the response has no body
	Errors    []string
	Paginator *Paginator // nil if the AWS CLI does not page the operation
	Arguments []Argument // in the order of the input's members
	Newer     bool       // only the newest SDK has it
}

// Argument is an argument of the AWS CLI command.
type Argument struct {
	Member string // member of the input
	Flag   string // "--user-pool-id"
}

// Paginator has the names of the members that control paging.
type Paginator struct {
	InputToken  string
	OutputToken string
	LimitKey    string
	ResultKey   string
}

// Operations returns every operation, sorted by name. The caller owns the slice. The operations are shared.
func Operations() []*Operation { return slices.Clone(operations[:]) }

// Lookup returns the operation with that exact name.
func Lookup(name string) (*Operation, bool) {
	i, ok := slices.BinarySearchFunc(operations[:], name, func(op *Operation, name string) int {
		return strings.Compare(op.Name, name)
	})
	if !ok {
		return nil, false
	}
	return operations[i], true
}

// LookupCommand returns the operation of that AWS CLI command.
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

// SessionBearer is an input with a Session.
type SessionBearer interface{ AuthSession() string }

// PoolScoped is an input with a UserPoolId.
type PoolScoped interface{ PoolID() string }

// ClientScoped is an input with a ClientId.
type ClientScoped interface{ AppClientID() string }

// ResourceScoped is an input with a ResourceArn.
type ResourceScoped interface{ ResourceARN() string }

// UserNamed is an input with a Username.
type UserNamed interface{ UserName() string }

// Endpoint connects an operation with the method that runs it.
type Endpoint struct {
	Operation *Operation

	// Decode checks a body against the operation's input shape and returns the input, an *XInput.
	// Errors: as Operation.Validate.
	Decode func(body []byte) (input any, err error)

	// Run calls the service with an input that Decode returned. It returns an *XOutput.
	Run func(ctx context.Context, input any) (output any, err error)
}

// Bind connects each operation with the family that has its method. The keys are the names of the operations. Bind panics
// if no family has an operation, or if two have it, so that a server without an operation does not start.
func Bind(families ...any) map[string]Endpoint {
	endpoints := make(map[string]Endpoint, len(operations))
	for _, family := range families {
		for _, e := range bind(family) {
			if _, ok := endpoints[e.Operation.Name]; ok {
				panic("two services have the operation " + e.Operation.Name)
			}
			endpoints[e.Operation.Name] = e
		}
	}
	for i := range operations {
		if name := operations[i].Name; endpoints[name].Operation == nil {
			panic("no service has the operation " + name)
		}
	}
	return endpoints
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
