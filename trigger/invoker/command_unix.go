//go:build unix

package invoker

import (
	"os/exec"
	"syscall"
)

// killGroup puts a program in its own process group, which is killed when the program's context ends.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
