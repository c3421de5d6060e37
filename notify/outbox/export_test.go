package outbox

import "reflect"

// DocumentType returns the type of a stored message.
func DocumentType() reflect.Type { return reflect.TypeFor[messageDocument]() }

// For the tests of the stored form.
var (
	EncodeMessage = encodeMessage
	DecodeMessage = decodeMessage
)
