package authsession

import "reflect"

// DocumentType is the form of what a Session string contains.
func DocumentType() reflect.Type { return reflect.TypeFor[sessionDocument]() }
