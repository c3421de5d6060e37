package tokens

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A refresh token has two forms. The token of a sign-in is 384 random bits; the server stores only its hash. A token that
// replaces it in a rotation is the same bits with its generation, sealed. Only this server can make it, from the family's
// first token; a client with an older token cannot. So a family needs one row for any number of rotations, the server
// recognizes each of its tokens as long as the family exists, and a client that repeats a request gets an equivalent token.
const (
	refreshSize = 48 // bytes of a sign-in's token
	// generationSize is the length of the generation, which precedes those bytes in a sealed token.
	generationSize = 8
	// maxRefreshTokenLength limits what is parsed. A refresh token has about 100 bytes.
	maxRefreshTokenLength = 1 << 10
)

// RefreshToken is the content of a refresh token.
type RefreshToken struct {
	// Hash is the hash of the sign-in's own token. It identifies the grant.
	Hash       []byte
	Generation int64 // 0 for the sign-in's own token
	secret     []byte
}

// newRefreshToken returns the content of a token of a family.
func newRefreshToken(secret []byte, generation int64) *RefreshToken {
	// The hash is of the text that the client received. A plain hash is enough for 384 random bits.
	sum := sha256.Sum256([]byte(base64.RawURLEncoding.EncodeToString(secret)))
	return &RefreshToken{Hash: sum[:], Generation: generation, secret: secret}
}

// OpenRefreshToken parses a refresh token of a pool. It does not look up the grant. It returns false for a token that this
// server did not make for the pool; only the hash can show this for a sign-in's own token.
func (s *Service) OpenRefreshToken(poolID, text string) (*RefreshToken, bool) {
	if len(text) > maxRefreshTokenLength {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, false
	}
	if len(raw) == refreshSize {
		return newRefreshToken(raw, 0), true
	}
	plain, err := s.Store.Box().Open(raw, refreshAAD(poolID))
	if err != nil || len(plain) != generationSize+refreshSize {
		return nil, false
	}
	generation := int64(binary.BigEndian.Uint64(plain))
	return newRefreshToken(plain[generationSize:], generation), true
}

// SealRefreshToken returns the token of a later generation of the family. Errors are internal.
func (s *Service) SealRefreshToken(poolID string, family *RefreshToken, generation int64) (string, error) {
	plain := binary.BigEndian.AppendUint64(nil, uint64(generation))
	sealed, err := s.Store.Box().Seal(append(plain, family.secret...), refreshAAD(poolID))
	if err != nil {
		return "", fmt.Errorf("seal refresh token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// refreshAAD returns the associated data of a pool's refresh tokens, so other sealed values are not accepted as such.
func refreshAAD(poolID string) string { return "refresh token/" + poolID }
