package tokens

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A refresh token comes in two forms. The one of a sign-in is 384 random bits, of which only the hash is kept. One that
// replaces it in a rotation is the same bits with its generation, sealed: it can't be made without having held the family's
// first token, nor by whoever holds an older one. So a family needs one row however often it rotates, each of its tokens
// is known for what it is as long as the family lives, and a client that tries again gets a token as good as the first.
const (
	refreshSize = 48 // bytes of a sign-in's token
	// generationSize is what precedes those bytes in a sealed token.
	generationSize = 8
)

// RefreshToken is what a refresh token says.
type RefreshToken struct {
	// Hash is that of the sign-in's own token, by which the grant is found.
	Hash       []byte
	Generation int64 // 0 of the sign-in's own
	secret     []byte
}

// newRefreshToken returns what a token of a family says.
func newRefreshToken(secret []byte, generation int64) *RefreshToken {
	// The hash is of the text, as the token went out. 384 random bits need no more than a plain hash to be hidden.
	sum := sha256.Sum256([]byte(base64.RawURLEncoding.EncodeToString(secret)))
	return &RefreshToken{Hash: sum[:], Generation: generation, secret: secret}
}

// OpenRefreshToken reads a refresh token of a pool. Whether its grant is still there is not looked up. It returns false for
// anything that this server did not make for the pool; of a sign-in's own token only the hash can tell.
func (s *Service) OpenRefreshToken(poolID, text string) (*RefreshToken, bool) {
	if len(text) > maxTokenLength {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, false
	}
	if len(raw) == refreshSize {
		return newRefreshToken(raw, 0), true
	}
	plain, err := s.Store.Box().Open(raw, refreshPlace(poolID))
	if err != nil || len(plain) != generationSize+refreshSize {
		return nil, false
	}
	generation := int64(binary.BigEndian.Uint64(plain))
	return newRefreshToken(plain[generationSize:], generation), true
}

// RefreshTokenOf returns the token of a later generation of the family. Errors: none of the caller's.
func (s *Service) RefreshTokenOf(poolID string, family *RefreshToken, generation int64) (string, error) {
	plain := binary.BigEndian.AppendUint64(nil, uint64(generation))
	sealed, err := s.Store.Box().Seal(append(plain, family.secret...), refreshPlace(poolID))
	if err != nil {
		return "", fmt.Errorf("seal refresh token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// refreshPlace is the associated data of a pool's refresh tokens: no other sealed thing passes for one.
func refreshPlace(poolID string) string { return "refresh token/" + poolID }
