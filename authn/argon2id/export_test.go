package argon2id

// Occupy takes one of h's turns until the returned function is called.
func Occupy(h *Hasher) (release func()) {
	h.slots <- struct{}{}
	return h.release
}
