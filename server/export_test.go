package server

import "context"

// Cutoffs says what a purge may remove at a time.
var Cutoffs = cutoffs

// RunDue runs the periodic tasks that are due.
func (s *Server) RunDue(ctx context.Context) { s.periodic().RunDue(ctx) }

// Families returns what answers the API.
func Families() []any { return new(services).families() }
