package main

import "go/types"

// inert has the members of an operation that do nothing, as paths ("EmailConfiguration.ConfigurationSet"). A structure whose
// members all do nothing is one path.
type inert struct {
	recorded []string // stored, and nothing else
	ignored  []string
}

// inertMembers returns the members of an operation that do nothing.
func (f *flow) inertMembers(operation string) inert {
	var all inert
	input := f.packages[f.module+"/api"].Scope().Lookup(operation + "Input")
	if input != nil {
		f.members(structOf(input.Type()), "", false, &all)
	}
	return all
}

// members adds the members of a structure that do nothing, and reports whether any other one exists. stored says whether the
// structure itself is stored.
func (f *flow) members(s *types.Struct, prefix string, stored bool, all *inert) (active bool) {
	stored = stored || f.nouns[s]
	for field := range s.Fields() {
		path := prefix + field.Name()
		storedToo := stored || f.isStored(field)
		var below inert
		if inner := structOf(field.Type()); inner != nil && inner.NumFields() > 0 && (f.read[field] || f.used[field] || stored) {
			if f.members(inner, path+".", storedToo, &below) {
				active = true
				all.recorded = append(all.recorded, below.recorded...)
				all.ignored = append(all.ignored, below.ignored...)
				continue
			}
		}
		switch {
		case f.acts(field):
			active = true
		case storedToo || below.recorded != nil:
			all.recorded = append(all.recorded, path)
		default:
			all.ignored = append(all.ignored, path)
		}
	}
	return active
}

// isStored reports whether the value of a field becomes a part of a noun.
func (f *flow) isStored(field *types.Var) bool {
	return f.reaches(field, func(node any) bool {
		to, ok := node.(*types.Var)
		return ok && to.Pkg().Path() == f.module
	})
}
