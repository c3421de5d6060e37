package main

import "golang.org/x/sys/unix"

// clockIsSynchronized reports whether the kernel knows that a time service sets its clock.
func clockIsSynchronized() (bool, error) {
	state, err := unix.Adjtimex(new(unix.Timex)) // which changes nothing
	return state != unix.TIME_ERROR, err
}
