package api

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error is what a caller is told: a code of the API, a message, an HTTP status. Every other error is the server's own
// and must not reach a caller.
//
// Modelled errors have a generated constructor each (NotAuthorizedException and so on); the few that every AWS service
// may answer stand in this file.
type Error struct {
	Code    string // "NotAuthorizedException"
	Message string
	Status  int // HTTP

	ReasonCode string // of an InvalidParameterException, else empty
	RequestID  string // set by Client from the answer, else empty
}

// Error returns "Code: message".
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Is reports whether target is an *Error with the same code and the same message; a target without a message stands for
// every error of its code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
}

// errorBody is the body of an error answer, in the order in which the service writes it.
// Source: AWS JSON 1.1 protocol; recorded answers of the service.
type errorBody struct {
	Type       string `json:"__type"`
	Message    string `json:"message,omitzero"`
	ReasonCode string `json:"reasonCode,omitzero"`
}

// MarshalJSONTo writes the body of an error answer: {"__type":...,"message":...}.
func (e *Error) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, errorBody{Type: e.Code, Message: e.Message, ReasonCode: e.ReasonCode})
}

// newError makes a modelled error with the status of its code.
func newError(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: statusOf(code)}
}

// Codes of errors that the description doesn't list because any AWS service may answer them.
// Source: API reference, "Common Errors"; AWS JSON 1.1 protocol.
const (
	CodeIncompleteSignatureException        = "IncompleteSignatureException"
	CodeInvalidSignatureException           = "InvalidSignatureException"
	CodeMissingAuthenticationTokenException = "MissingAuthenticationTokenException"
	CodeRequestEntityTooLargeException      = "RequestEntityTooLargeException"
	CodeSerializationException              = "SerializationException"
	CodeServiceUnavailableException         = "ServiceUnavailableException"
	CodeUnknownOperationException           = "UnknownOperationException"
	CodeUnrecognizedClientException         = "UnrecognizedClientException"
)

// SerializationException says that a body can't be read at all: no JSON, or of the wrong JSON type. Status 400.
func SerializationException(message string) *Error {
	return &Error{Code: CodeSerializationException, Message: message, Status: http.StatusBadRequest}
}

// UnknownOperationException says that X-Amz-Target names no operation. Status 400.
func UnknownOperationException() *Error {
	return &Error{Code: CodeUnknownOperationException, Status: http.StatusBadRequest}
}

// MissingAuthenticationTokenException answers an unsigned call to an operation that wants a signature. Status 400.
func MissingAuthenticationTokenException() *Error {
	return &Error{
		Code: CodeMissingAuthenticationTokenException, Message: "Missing Authentication Token",
		Status: http.StatusBadRequest,
	}
}

// UnrecognizedClientException answers a signature by an access key that nobody knows. Status 400.
func UnrecognizedClientException() *Error {
	return &Error{
		Code: CodeUnrecognizedClientException, Message: "The security token included in the request is invalid.",
		Status: http.StatusBadRequest,
	}
}

// InvalidSignatureException answers a signature that is wrong or out of its time. Status 400. An empty message stands
// for the one about a signature that doesn't match.
func InvalidSignatureException(message string) *Error {
	const mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	return &Error{
		Code: CodeInvalidSignatureException, Message: cmp.Or(message, mismatch), Status: http.StatusBadRequest,
	}
}

// IncompleteSignatureException answers a signature that lacks a part or can't be read. Status 400.
func IncompleteSignatureException(message string) *Error {
	return &Error{Code: CodeIncompleteSignatureException, Message: message, Status: http.StatusBadRequest}
}

// RequestEntityTooLargeException answers a body beyond the server's limit. Status 413.
func RequestEntityTooLargeException(message string) *Error {
	return &Error{
		Code: CodeRequestEntityTooLargeException, Message: message, Status: http.StatusRequestEntityTooLarge,
	}
}

// ServiceUnavailableException says that the server can't answer now, as when it drains. Status 503.
func ServiceUnavailableException(message string) *Error {
	return &Error{Code: CodeServiceUnavailableException, Message: message, Status: http.StatusServiceUnavailable}
}

// NotBuiltError is what an operation of Unbuilt returns. On the wire it is an UnsupportedOperationException.
type NotBuiltError struct {
	Operation string
}

// Error names the operation.
func (e *NotBuiltError) Error() string {
	return "Operation " + e.Operation + " is not built in this version of Cognate."
}

// Unwrap returns the *Error for the caller.
func (e *NotBuiltError) Unwrap() error { return UnsupportedOperationException(e.Error()) }

// IsNotBuilt reports whether err says that an operation isn't built, seen from inside the server: an error that came
// over the network is an ordinary UnsupportedOperationException.
func IsNotBuilt(err error) bool {
	_, ok := errors.AsType[*NotBuiltError](err)
	return ok
}

func notBuilt(operation string) error { return &NotBuiltError{Operation: operation} }
