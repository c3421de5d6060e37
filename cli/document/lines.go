package document

import (
	"slices"
	"strconv"
	"strings"
)

// Lines are the lines of the values of a document, by their paths. The path of the whole document is "".
type Lines struct {
	of       map[string]int
	left     int      // bytes of further paths
	Repeated []string // paths of members that an object has more than once, without the members inside them
}

// Limits on the memory and the time that a document with long names can take.
const (
	maxPaths    = 32 << 20 // bytes
	maxRepeated = 1000
)

// NewLines returns an empty set of lines.
func NewLines() *Lines { return &Lines{of: map[string]int{}, left: maxPaths} }

// Member returns the part of a path that leads to a member of an object.
func Member(name string) string { return "." + name }

// Entry returns the part of a path that leads to an entry of an array. Its index starts at 0.
func Entry(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Add sets the line of the value at a path, starting at 1. It does nothing for more paths than a set stores.
func (l *Lines) Add(path string, line int) {
	_, known := l.of[path]
	if !known {
		if l.left -= len(path); l.left < 0 {
			return
		}
	}
	below := func(repeated string) bool { return strings.HasPrefix(path, repeated) }
	if known && len(l.Repeated) < maxRepeated && !strings.HasSuffix(path, "]") && !slices.ContainsFunc(l.Repeated, below) {
		l.Repeated = append(l.Repeated, path)
	}
	l.of[path] = line
}

// Of returns the line of the value at a path. If it is not known, it returns the line of the nearest value around it.
func (l *Lines) Of(path string) int {
	for path != "" {
		if line, ok := l.of[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return max(1, l.of[""])
}
