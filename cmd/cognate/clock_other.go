//go:build !linux

package main

import "errors"

// clockIsSynchronized returns an error, because the operating system does not tell whether a time service sets its clock.
func clockIsSynchronized() (bool, error) { return false, errors.ErrUnsupported }
