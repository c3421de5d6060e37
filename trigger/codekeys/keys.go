package codekeys

import (
	"context"
	"encoding/base64"

	"cognate"
	"cognate/trigger"
)

// Key encrypts codes. Several goroutines may call it.
type Key interface {
	// Seal encrypts a code for the functions of a pool. Errors are logged and not shown to callers.
	Seal(ctx context.Context, pool *cognate.UserPool, code string) ([]byte, error)
}

// Keys are the keys of a server. They implement trigger.CodeSealer.
type Keys struct {
	ByID map[string]Key // by the KMSKeyID of pools
	// Else is the key of every other KMSKeyID. Nil means none.
	Else Key
	// SameAccountOnly rejects the use of Else if the KMSKeyID has another account than the pool. Without it, an
	// administrator of a pool could use any key that the server's credentials can use.
	SameAccountOnly bool
}

// SealCode encrypts a code with the key of the pool's KMSKeyID, and returns it in base64.
// Errors: trigger.ErrNoKey; any other error of the key.
func (k *Keys) SealCode(ctx context.Context, pool *cognate.UserPool, code string) (string, error) {
	key, err := k.key(pool)
	if err != nil {
		return "", err
	}
	sealed, err := key.Seal(ctx, pool, code)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// key returns the key of the pool's KMSKeyID. Errors: trigger.ErrNoKey.
func (k *Keys) key(pool *cognate.UserPool) (Key, error) {
	if key, ok := k.ByID[pool.LambdaConfig.KMSKeyID]; ok {
		return key, nil
	}
	arn, err := cognate.ParseARN(cognate.KMSKeyARN, pool.LambdaConfig.KMSKeyID)
	if k.Else == nil || err != nil || k.SameAccountOnly && arn.Account() != pool.AccountID {
		return nil, trigger.ErrNoKey
	}
	return k.Else, nil
}
