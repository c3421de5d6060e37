package testcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Disk is a file system that only its test and the processes that the test starts see. Root is required.
type Disk struct {
	f     *Folder
	Path  string
	image string // the file of the file system; empty if it is in memory
}

// MemoryDisk returns a small disk in memory. A test fills it in a short time.
func (f *Folder) MemoryDisk(megabytes int) *Disk {
	f.t.Helper()
	d := f.disk()
	if err := syscall.Mount("tmpfs", d.Path, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		f.t.Fatalf("mount a disk in memory: %v", err)
	}
	f.give(d.Path)
	return d
}

// FileDisk returns a disk with ext4 in a file. It can become read-only while files are open.
func (f *Folder) FileDisk(megabytes int) *Disk {
	f.t.Helper()
	d := f.disk()
	d.image = d.Path + ".img"
	if err := errors.Join(os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, int64(megabytes)<<20)); err != nil {
		f.t.Fatal(err)
	}
	f.asRoot("mkfs.ext4", "-q", "-F", d.image)
	d.mount()
	f.give(d.Path)
	return d
}

// disk makes a folder to mount a disk on, in a mount namespace of the thread of this test. Processes that the test starts are in the
// namespace too. It ends with the last of them, and the thread ends with the test, because it stays locked.
func (f *Folder) disk() *Disk {
	f.t.Helper()
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		f.t.Fatalf("make a mount namespace: %v; root is required", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		f.t.Fatalf("make the mounts private: %v", err)
	}
	path, err := os.MkdirTemp(f.path, "disk-")
	if err != nil {
		f.t.Fatal(err)
	}
	d := &Disk{f: f, Path: path}
	f.t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	return d
}

func (d *Disk) mount() {
	d.f.t.Helper()
	d.f.asRoot("mount", "-o", "loop,errors=remount-ro", d.image, d.Path)
}

// Fill writes a file until the disk has no space.
func (d *Disk) Fill() {
	d.f.t.Helper()
	file, err := os.Create(d.filler())
	if err != nil {
		d.f.t.Fatal(err)
	}
	defer file.Close()
	page := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.f.t.Fatalf("fill the disk: %v", err)
	}
}

// Free removes the file of Fill.
func (d *Disk) Free() {
	d.f.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.f.t.Fatal(err)
	}
}

func (d *Disk) filler() string { return filepath.Join(d.Path, "filler") }

// Break makes a FileDisk read-only, as Linux does after the disk has failed to write. No process syncs a file meanwhile: if ext4 becomes
// read-only during fdatasync, Linux may report success and lose the data, which no database can notice (seen with Linux 6.18).
func (d *Disk) Break() {
	d.f.t.Helper()
	resume := d.stopUsers()
	d.f.asRoot("mount", "-o", "remount,abort", d.Path)
	resume()
	err := os.WriteFile(d.filler(), []byte("x"), 0o600)
	if !errors.Is(err, syscall.EROFS) {
		d.f.t.Fatalf("write to the broken disk = %v, want %v", err, syscall.EROFS)
	}
}

// stopUsers stops the processes that see the disk, and waits until none of their threads is in a system call.
func (d *Disk) stopUsers() (resume func()) {
	d.f.t.Helper()
	users, err := sameNamespace()
	if err != nil {
		d.f.t.Fatal(err)
	}
	for _, pid := range users {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // it may have ended
	}
	const tries = 10_000
	for try := 0; slices.ContainsFunc(users, isRunning); try++ {
		if try == tries {
			d.f.t.Fatalf("processes %v do not stop", users)
		}
		<-time.After(time.Millisecond)
	}
	return func() {
		for _, pid := range users {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// sameNamespace returns the IDs of the processes in the mount namespace of the thread.
func sameNamespace() (pids []int, err error) {
	own, err := os.Readlink("/proc/thread-self/ns/mnt")
	if err != nil {
		return nil, err
	}
	namespaces, err := filepath.Glob("/proc/[0-9]*/ns/mnt")
	for _, path := range namespaces {
		if namespace, err := os.Readlink(path); err != nil || namespace != own {
			continue // it has ended, or belongs to others
		}
		pid, err := strconv.Atoi(strings.Split(path, "/")[2])
		if err != nil {
			return nil, err
		}
		if pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// isRunning reports whether a process has a thread that is not stopped.
func isRunning(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // the pattern is valid
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if state := after[:min(1, len(after))]; state != "T" && state != "Z" {
			return true
		}
	}
	return false
}

// Repair mounts a broken disk again. No process may use it.
func (d *Disk) Repair() {
	d.f.t.Helper()
	d.f.asRoot("umount", d.Path)
	d.mount()
}

// asRoot runs a program to its end, as the user of the test.
func (f *Folder) asRoot(name string, args ...string) {
	f.t.Helper()
	owner := f.cred
	defer func() { f.cred = owner }()
	f.cred = nil
	f.run(name, args...)
}
