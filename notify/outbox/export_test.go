package outbox

import "reflect"

// DocumentType is the form of a stored message.
func DocumentType() reflect.Type { return reflect.TypeFor[messageDocument]() }

// How a message is stored.
var (
	EncodeMessage = encodeMessage
	DecodeMessage = decodeMessage
)
