package server_test

import (
	"reflect"
	"testing"

	"cognate/api"
	"cognate/server"
)

// A method with the name of an operation has the operation's types, and only one family has it.
func TestFamilies(t *testing.T) {
	t.Parallel()
	service, families := reflect.TypeFor[api.Service](), make(map[string]reflect.Type)
	for _, f := range server.Families() {
		family := reflect.TypeOf(f)
		for method := range family.Methods() {
			want, ok := service.MethodByName(method.Name)
			if !ok {
				continue
			}
			if got := reflect.ValueOf(f).MethodByName(method.Name).Type(); got != want.Type {
				t.Errorf("%v.%s is a %v, want %v", family, method.Name, got, want.Type)
			}
			if other := families[method.Name]; other != nil {
				t.Errorf("%v and %v both have the operation %s", other, family, method.Name)
			}
			families[method.Name] = family
		}
	}
	for _, op := range api.Operations() {
		if families[op.Name] == nil {
			t.Errorf("no family has the operation %s", op.Name)
		}
	}
}
