package server

import "context"

// Cutoffs returns the times before which a purge deletes rows.
var Cutoffs = cutoffs

// RunDue runs the periodic tasks that are due.
func (s *Server) RunDue(ctx context.Context) { s.periodic().RunDue(ctx) }

// Families returns the services that implement the operations.
func Families() []any { return new(services).families() }
