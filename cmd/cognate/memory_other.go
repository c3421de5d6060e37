//go:build !linux

package main

// unmapBinary works on Linux only.
func unmapBinary() {}
