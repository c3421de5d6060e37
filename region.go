package cognate

import (
	"errors"

	"cognate/internal/lazyregexp"
)

// Region is the name of an AWS region. Host names of AWS services contain it. Only ParseRegion makes one; the zero Region
// is no region.
type Region struct{ name string }

// regionName matches the regions of all partitions: us-east-1, us-gov-west-1, us-isob-east-1, eusc-de-east-1.
var regionName = lazyregexp.New(`^[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}$`)

var errNoRegion = errors.New("not the name of an AWS region")

// ParseRegion parses the name of a region, such as "us-east-1". It does not check that the region exists.
func ParseRegion(text string) (Region, error) {
	if !regionName.MatchString(text) {
		return Region{}, errNoRegion
	}
	return Region{text}, nil
}

// String returns the name; "" for the zero Region.
func (r Region) String() string { return r.name }
