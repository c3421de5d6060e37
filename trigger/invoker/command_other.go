//go:build !unix

package invoker

import "os/exec"

// killGroup leaves it at the program itself: there are no process groups here.
func killGroup(*exec.Cmd) {}
