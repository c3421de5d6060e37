package argon2id

// Occupy takes one of h's slots until the caller calls release.
func Occupy(h *Hasher) (release func()) {
	h.slots <- struct{}{}
	return h.release
}
