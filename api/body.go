package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ReadBody reads the body of a request of at most limit bytes.
// Errors: RequestEntityTooLargeException; SerializationException if the client stops sending.
func ReadBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, RequestEntityTooLargeException(fmt.Sprintf("The request body is larger than %d bytes.", limit))
	}
	if err != nil {
		return nil, SerializationException("The request body could not be read.")
	}
	return body, nil
}
