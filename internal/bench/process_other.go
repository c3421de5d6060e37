//go:build !linux

package main

import "time"

// residentMB is known on Linux only.
func residentMB(int) float64 { return 0 }

// cpuTime is known on Linux only.
func cpuTime(int) time.Duration { return 0 }

// inMemory is known on Linux only.
func inMemory(string) bool { return false }
