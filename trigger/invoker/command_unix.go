//go:build unix

package invoker

import (
	"os/exec"
	"syscall"
)

// killGroup gives a program a process group of its own, which ends with it when its time is over.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
