package iam

import (
	"embed"
	"path"
	"slices"
	"strings"
	"sync"
)

// Administrator is the ready policy that allows every operation.
const Administrator = "administrator"

//go:embed policies/*.json
var readyFiles embed.FS

// ready are the ready policies by their names.
var ready = sync.OnceValue(func() map[string]*Policy {
	files, err := readyFiles.ReadDir("policies")
	if err != nil {
		panic(err) // the files are part of the program
	}
	policies := make(map[string]*Policy)
	for _, file := range files {
		text, err := readyFiles.ReadFile(path.Join("policies", file.Name()))
		if err != nil {
			panic(err)
		}
		policy, err := ParsePolicy(string(text))
		if err != nil {
			panic(file.Name() + ": " + err.Error())
		}
		policies[strings.TrimSuffix(file.Name(), ".json")] = policy
	}
	return policies
})

// Ready returns the ready policy of that name.
func Ready(name string) (*Policy, bool) {
	p, ok := ready()[name]
	return p, ok
}

// Everything returns the policy that allows every operation.
func Everything() *Policy { return ready()[Administrator] }

// ReadyNames returns the names of the ready policies, in their order.
func ReadyNames() []string {
	var names []string
	for name := range ready() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
