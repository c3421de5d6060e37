// Command seedtypes writes the types of a seed file for the test packages in clients/: the keys of the file format, and the
// members of the API's operations that a seed can have. Its argument is the folder clients.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cognate/api"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: seedtypes CLIENTS")
		os.Exit(2)
	}
	for name, text := range files() {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "seedtypes:", err)
			os.Exit(1)
		}
	}
}

// files returns the generated files by their path in clients.
func files() map[string]string {
	types := declare()
	return map[string]string{
		"js/seed.d.ts":                 typeScript(types),
		"python/cognate_test/_seed.py": python(types),
	}
}

// declaration is a type of a seed: a structure, or a string with a fixed set of values.
type declaration struct {
	name, comment string
	values        []string // of a string
	fields        []field  // of a structure
}

type field struct {
	name, comment string
	required      bool
	of            typeOf
}

// typeOf is the type of a value. Exactly one field is set, besides list and dictionary, which say that it is a list or a
// dictionary of that type.
type typeOf struct {
	scalar           scalar
	named            string // a declaration
	list, dictionary bool
}

type scalar int

const (
	notScalar scalar = iota
	text
	number
	boolean
)

// own are the structures of the file format. Their other fields are members of an operation.
var own = []struct {
	declaration
	operation string
	without   []string // members that the file format sets
}{
	{declaration{name: "Seed", comment: "The content of a seed file.", fields: []field{
		{name: "pools", of: typeOf{named: "SeedPool", list: true}},
	}}, "", nil},
	{declaration{name: "SeedPool", comment: "A user pool. Capitalized members are those of CreateUserPool.", fields: []field{
		{name: "id", comment: "The ID of the pool, such as us-east-1_Example1.", required: true, of: typeOf{scalar: text}},
		{name: "mfa", of: typeOf{named: "SeedMfa"}},
		{name: "identityProviders", of: typeOf{named: "SeedIdentityProvider", list: true}},
		{name: "resourceServers", of: typeOf{named: "SeedResourceServer", list: true}},
		{name: "groups", of: typeOf{named: "SeedGroup", list: true}},
		{name: "clients", of: typeOf{named: "SeedClient", list: true}},
		{name: "users", of: typeOf{named: "SeedUser", list: true}},
	}}, "CreateUserPool", nil},
	{declaration{name: "SeedMfa", comment: "Members of SetUserPoolMfaConfig."}, "SetUserPoolMfaConfig", []string{"UserPoolId"}},
	{declaration{name: "SeedIdentityProvider", comment: "Members of CreateIdentityProvider."}, "CreateIdentityProvider", []string{"UserPoolId"}},
	{declaration{name: "SeedResourceServer", comment: "Members of CreateResourceServer."}, "CreateResourceServer", []string{"UserPoolId"}},
	{declaration{name: "SeedGroup", comment: "Members of CreateGroup."}, "CreateGroup", []string{"UserPoolId"}},
	{declaration{name: "SeedClient", comment: "An app client. Capitalized members are those of CreateUserPoolClient.", fields: []field{
		{name: "id", comment: "The ID of the client.", required: true, of: typeOf{scalar: text}},
	}}, "CreateUserPoolClient", []string{"UserPoolId"}},
	{declaration{name: "SeedUser", comment: "A user.", fields: []field{
		{name: "username", required: true, of: typeOf{scalar: text}},
		{name: "sub", comment: "A UUID. Default: a random one.", of: typeOf{scalar: text}},
		{name: "password", of: typeOf{scalar: text}},
		{name: "status", comment: "Default: CONFIRMED.", of: typeOf{named: "SeedUserStatus"}},
		{name: "enabled", comment: "Default: true.", of: typeOf{scalar: boolean}},
		{name: "attributes", comment: "Such as email and email_verified.", of: typeOf{named: "SeedAttribute", dictionary: true}},
		{name: "groups", comment: "The names of groups of the pool.", of: typeOf{scalar: text, list: true}},
		{name: "softwareToken", comment: "The secret of a verified software token, in base32.", of: typeOf{scalar: text}},
	}}, "", nil},
	{declaration{
		name: "SeedUserStatus", values: []string{"CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"},
	}, "", nil},
}

// declare returns all types of a seed, each after the types that it uses.
func declare() []declaration {
	d := new(declarer)
	var seed []declaration
	for _, o := range slices.Backward(own) {
		if o.operation != "" {
			operation, ok := api.Lookup(o.operation)
			if !ok {
				panic("unknown operation " + o.operation)
			}
			o.fields = append(o.fields, d.fields(operation.Input, o.without...)...)
		}
		seed = append(seed, o.declaration)
	}
	return append(d.done, seed...)
}

type declarer struct{ done []declaration }

func (d *declarer) fields(s *api.Shape, without ...string) []field {
	var all []field
	for _, m := range s.Members {
		if !slices.Contains(without, m.Name) {
			all = append(all, field{name: m.Name, required: m.Required, of: d.typeOf(m.Shape)})
		}
	}
	return all
}

func (d *declarer) typeOf(s *api.Shape) typeOf {
	switch s.Kind {
	case api.KindStructure:
		d.add(declaration{name: s.Name, fields: d.fields(s)})
		return typeOf{named: s.Name}
	case api.KindList:
		of := d.typeOf(s.Element)
		of.list = true
		return of
	case api.KindMap:
		of := d.typeOf(s.Element)
		of.dictionary = true
		return of
	case api.KindBoolean:
		return typeOf{scalar: boolean}
	case api.KindInteger, api.KindLong:
		return typeOf{scalar: number}
	case api.KindString:
		if len(s.Enum) > 0 {
			d.add(declaration{name: s.Name, values: s.Enum})
			return typeOf{named: s.Name}
		}
		return typeOf{scalar: text}
	}
	panic(fmt.Sprintf("shape %s: a seed has no values of kind %d", s.Name, s.Kind))
}

func (d *declarer) add(added declaration) {
	if !slices.ContainsFunc(d.done, func(known declaration) bool { return known.name == added.name }) {
		d.done = append(d.done, added)
	}
}
