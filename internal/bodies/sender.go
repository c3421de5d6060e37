package bodies

import (
	"net/http"
	"time"
)

// Sender sends large answers within a fixed amount of memory. Create it with NewSender.
type Sender struct {
	memory *memory
}

// NewSender returns a sender with that amount of memory, in bytes.
func NewSender(size int64) *Sender { return &Sender{newMemory(size)} }

// Send reserves size bytes of memory for an answer, and then calls send, which loads the answer and writes it to the writer
// that it gets. While other answers wait for memory, the connection or stream of a client that takes the answer too slowly is
// cut. Errors: ErrBusy if there is no memory in time; then it does not call send.
func (s *Sender) Send(w http.ResponseWriter, r *http.Request, size int64, send func(http.ResponseWriter)) error {
	h := &hold{size: size, client: clientOf(r), cut: func() error { return http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) }}
	if err := s.memory.reserve(r.Context(), h); err != nil {
		return err
	}
	defer s.memory.release(h)
	defer s.memory.arrived(h) // before the release
	send(&progressWriter{w, h})
	return nil
}

// progressWriter adds what the client takes to the progress of its answer.
type progressWriter struct {
	http.ResponseWriter
	h *hold
}

func (w *progressWriter) Write(text []byte) (int, error) {
	n, err := w.ResponseWriter.Write(text)
	w.h.progress(n)
	return n, err
}
