//go:build !linux

package main

import (
	"os"
	"time"
)

// residentMB works on Linux only.
func residentMB(int) float64 { return 0 }

// largestMB works on Linux only.
func largestMB(*os.ProcessState) float64 { return 0 }

// cpuTime works on Linux only.
func cpuTime(int) time.Duration { return 0 }

// inMemory works on Linux only.
func inMemory(string) bool { return false }
