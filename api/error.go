package api

import (
	"cmp"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error is an error that clients may see: a code of the API, a message and an HTTP status. Every other error is internal
// and must not reach a client.
//
// Each error in the API description has a generated constructor, for example NotAuthorizedException. This file has
// constructors for the few errors that every AWS service may return.
type Error struct {
	Code    string // "NotAuthorizedException"
	Message string
	Status  int // HTTP

	ReasonCode string // used by InvalidParameterException only
	RequestID  string // set by Client from the response, otherwise empty
}

// Error returns "Code: message".
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Is reports whether target is an *Error with the same code and message. A target without a message matches every error
// with its code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
}

// errorBody is the body of an error response, in the order of the service.
// Source: AWS JSON 1.1 protocol; recorded responses of the service.
type errorBody struct {
	Type       string `json:"__type"`
	Message    string `json:"message,omitzero"`
	ReasonCode string `json:"reasonCode,omitzero"`
}

// MarshalJSONTo writes the body of an error response: {"__type":...,"message":...}.
func (e *Error) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, errorBody{Type: e.Code, Message: e.Message, ReasonCode: e.ReasonCode})
}

// newError returns an error of the API description with the status of its code.
func newError(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: statusOf(code)}
}

// Codes of errors that the description does not list because any AWS service may return them.
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

// SerializationException means that the body is not JSON, or a value has the wrong JSON type. Status 400.
func SerializationException(message string) *Error {
	return &Error{Code: CodeSerializationException, Message: message, Status: http.StatusBadRequest}
}

// UnknownOperationException means that X-Amz-Target names no operation. Status 400.
func UnknownOperationException() *Error {
	return &Error{Code: CodeUnknownOperationException, Status: http.StatusBadRequest}
}

// MissingAuthenticationTokenException means that the operation requires a signature and the request has none. Status 400.
func MissingAuthenticationTokenException() *Error {
	return &Error{
		Code: CodeMissingAuthenticationTokenException, Message: "Missing Authentication Token",
		Status: http.StatusBadRequest,
	}
}

// UnrecognizedClientException means that the signature's access key is unknown. Status 400.
func UnrecognizedClientException() *Error {
	return &Error{
		Code: CodeUnrecognizedClientException, Message: "The security token included in the request is invalid.",
		Status: http.StatusBadRequest,
	}
}

// InvalidSignatureException means that the signature is wrong, expired or not yet valid. Status 400. If message is empty,
// the service's message about a mismatch is used.
func InvalidSignatureException(message string) *Error {
	const mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	return &Error{
		Code: CodeInvalidSignatureException, Message: cmp.Or(message, mismatch), Status: http.StatusBadRequest,
	}
}

// IncompleteSignatureException means that a part of the signature is missing or cannot be parsed. Status 400.
func IncompleteSignatureException(message string) *Error {
	return &Error{Code: CodeIncompleteSignatureException, Message: message, Status: http.StatusBadRequest}
}

// RequestEntityTooLargeException means that the body is larger than the server's limit. Status 413.
func RequestEntityTooLargeException(message string) *Error {
	return &Error{
		Code: CodeRequestEntityTooLargeException, Message: message, Status: http.StatusRequestEntityTooLarge,
	}
}

// ServiceUnavailableException means that the server cannot answer now, for example because it shuts down. Status 503.
func ServiceUnavailableException(message string) *Error {
	return &Error{Code: CodeServiceUnavailableException, Message: message, Status: http.StatusServiceUnavailable}
}
