package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

// Node is a server on the database.
type Node struct {
	ID    string
	Beats int64     // number of its heartbeats
	Beat  time.Time // the last one, by the clock of the server
}

// Nodes returns the servers that have not stopped, and those that were killed and are not purged yet.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	rows, err := s.reader.ListNodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	nodes := make([]Node, len(rows))
	for i, row := range rows {
		nodes[i] = toNode(row)
	}
	return nodes, nil
}

// nodesTable is the table of the servers.
const nodesTable = "nodes"

func toNode(row gen.Node) Node { return Node{row.NodeID, row.Beats, fromMillis(row.BeatAt)} }

// SaveHeartbeat counts a heartbeat of a server.
func (t *Tx) SaveHeartbeat(ctx context.Context, id string, now time.Time) error {
	if err := t.q.SaveHeartbeat(ctx, gen.SaveHeartbeatParams{NodeID: id, BeatAt: millis(now)}); err != nil {
		return fmt.Errorf("save heartbeat: %w", err)
	}
	return nil
}

// DeleteNode deletes a server that stops.
func (t *Tx) DeleteNode(ctx context.Context, id string) error {
	if err := t.q.DeleteNode(ctx, id); err != nil {
		return fmt.Errorf("delete node: %w", err)
	}
	return nil
}
