package authsession

import "reflect"

// DocumentType returns the type of a Session string's content.
func DocumentType() reflect.Type { return reflect.TypeFor[sessionDocument]() }
