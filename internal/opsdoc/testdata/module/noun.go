// Package example has the noun of the example.
package example

import (
	"errors"

	"example/api"
)

type Noun struct {
	Stored, Checked, Acting string
	Helped, HelpedToo       bool
	Kept                    *api.KeptType
	Mixed                   *api.MixedType
	Entries                 map[string]string
}

func (n *Noun) Check() error {
	if n.Checked == "bad" || n.Kept.Name == "bad" {
		return errors.New("bad")
	}
	return nil
}
