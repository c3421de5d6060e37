package main

import (
	"fmt"
	"io"
	"strings"
)

// ANSI sequences of the demo's colours.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

// console writes lines for people, in colours if the terminal supports them.
type console struct {
	w        io.Writer
	coloured bool
}

func newConsole(w io.Writer) *console { return &console{w: w, coloured: coloured(w)} }

// in returns text in a colour.
func (c *console) in(colour, text string) string {
	if !c.coloured {
		return text
	}
	return colour + text + reset
}

// line writes a line.
func (c *console) line(format string, args ...any) { fmt.Fprintf(c.w, format+"\n", args...) }

// block writes a text of several lines, indented.
func (c *console) block(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprint(c.w, "    ", line)
	}
}
