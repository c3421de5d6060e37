//go:build !unix

package invoker

import "os/exec"

// killGroup does nothing: this system has no process groups, so only the program itself is killed.
func killGroup(*exec.Cmd) {}
