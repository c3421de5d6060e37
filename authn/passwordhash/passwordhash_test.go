package passwordhash_test

import (
	"errors"
	"strings"
	"testing"

	"cognate/authn/passwordhash"
)

// Vectors: bcrypt of crypt_blowfish 1.3; RFC 7914 section 12; PBKDF2 of the tests of passlib; argon2id of its command line tool.
func TestVerify(t *testing.T) {
	t.Parallel()
	for hash, tt := range map[string]struct {
		algorithm passwordhash.Algorithm
		password  string
	}{
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW": {passwordhash.Bcrypt, "U*U"},
		"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW": {passwordhash.Bcrypt, "U*U"},
		"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK": {passwordhash.Bcrypt, "U*U*"},
		"16384$8$1$536f6469756d43686c6f72696465$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887": {passwordhash.Scrypt, "pleaseletmein"},
		"$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ":                                                                                  {passwordhash.PBKDF2, "password"},
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4":                                                                                    {passwordhash.Argon2id, "password"},
	} {
		if err := passwordhash.Check(tt.algorithm, hash); err != nil {
			t.Errorf("Check(%s) = %v", hash, err)
		}
		if right, err := passwordhash.Verify(hash, tt.password); !right || err != nil {
			t.Errorf("Verify(%s) = %t, %v, want true", hash, right, err)
		}
		if right, err := passwordhash.Verify(hash, tt.password+"x"); right || err != nil {
			t.Errorf("Verify(%s, wrong password) = %t, %v, want false", hash, right, err)
		}
		for _, other := range []passwordhash.Algorithm{passwordhash.Bcrypt, passwordhash.Scrypt, passwordhash.PBKDF2, passwordhash.Argon2id, ""} {
			if err := passwordhash.Check(other, hash); other != tt.algorithm && !errors.Is(err, passwordhash.ErrForm) {
				t.Errorf("Check(%s, %s) = %v, want ErrForm", other, hash, err)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const bcrypt, hex16 = ".E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "000102030405060708090a0b0c0d0e0f"
	salt := strings.Repeat("C", 21)
	const key = "Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M"
	form, limit := passwordhash.ErrForm, passwordhash.ErrLimit
	for hash, tt := range map[string]struct {
		algorithm passwordhash.Algorithm
		want      error
	}{
		"$2b$12$" + salt + bcrypt:                             {passwordhash.Bcrypt, nil},
		"$2b$13$" + salt + bcrypt:                             {passwordhash.Bcrypt, limit},
		"$2b$31$" + salt + bcrypt:                             {passwordhash.Bcrypt, limit},
		"$2b$03$" + salt + bcrypt:                             {passwordhash.Bcrypt, form},
		"$2c$12$" + salt + bcrypt:                             {passwordhash.Bcrypt, form},
		"$2b$12$" + salt + bcrypt + "x":                       {passwordhash.Bcrypt, form},
		"$2b$12$" + salt:                                      {passwordhash.Bcrypt, form},
		"65536$8$1$00$" + hex16:                               {passwordhash.Scrypt, nil},
		"131072$8$1$00$" + hex16:                              {passwordhash.Scrypt, limit},
		"65536$9$1$00$" + hex16:                               {passwordhash.Scrypt, limit},
		"65536$8$2$00$" + hex16:                               {passwordhash.Scrypt, limit},
		"65535$8$1$00$" + hex16:                               {passwordhash.Scrypt, form},
		"1$8$1$00$" + hex16:                                   {passwordhash.Scrypt, form},
		"65536$8$0$00$" + hex16:                               {passwordhash.Scrypt, form},
		"65536$8$1$00$00":                                     {passwordhash.Scrypt, form},
		"65536$8$1$0$" + hex16:                                {passwordhash.Scrypt, form},
		"65536$8$1$00$" + strings.Repeat(hex16, 5):            {passwordhash.Scrypt, form},
		"99999999999999999999$8$1$00$" + hex16:                {passwordhash.Scrypt, form},
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$" + key:        {passwordhash.Argon2id, nil},
		"$argon2id$v=19$m=19457,t=2,p=1$c2FsdA$" + key:        {passwordhash.Argon2id, limit},
		"$argon2id$v=19$m=999999999,t=2,p=1$c2FsdA$" + key:    {passwordhash.Argon2id, limit},
		"$argon2id$v=19$m=19456,t=3,p=1$c2FsdA$" + key:        {passwordhash.Argon2id, limit},
		"$argon2id$v=19$m=19456,t=2,p=2$c2FsdA$" + key:        {passwordhash.Argon2id, limit},
		"$argon2id$v=19$m=7,t=2,p=1$c2FsdA$" + key:            {passwordhash.Argon2id, form},
		"$argon2id$v=19$m=19456,t=0,p=1$c2FsdA$" + key:        {passwordhash.Argon2id, form},
		"$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$" + key:        {passwordhash.Argon2id, form},
		"$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$" + key:         {passwordhash.Argon2id, form},
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$":              {passwordhash.Argon2id, form},
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$" + key + "=":  {passwordhash.Argon2id, form},
		"$pbkdf2-sha256$600000$0ZrzXitFSGltTQnBWOsdeg$" + key: {passwordhash.PBKDF2, nil},
		"$pbkdf2-sha256$600000$0Zrz.itFSGltTQnBWOsdeg$" + key: {passwordhash.PBKDF2, nil},
		"$pbkdf2-sha256$600001$0ZrzXitFSGltTQnBWOsdeg$" + key: {passwordhash.PBKDF2, limit},
		"$pbkdf2-sha256$0$0ZrzXitFSGltTQnBWOsdeg$" + key:      {passwordhash.PBKDF2, form},
		"$pbkdf2-sha512$1000$0ZrzXitFSGltTQnBWOsdeg$" + key:   {passwordhash.PBKDF2, form},
		"$pbkdf2-sha256$1000$0ZrzXitFSGltTQnBWOsdeg$AAAA":     {passwordhash.PBKDF2, form},
		"": {passwordhash.Scrypt, form},
	} {
		if err := passwordhash.Check(tt.algorithm, hash); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("Check(%s, %s) = %v, want %v", tt.algorithm, hash, err, tt.want)
		}
		if _, err := passwordhash.Verify(hash, "password"); tt.want != nil && err == nil {
			t.Errorf("Verify(%s) accepts a hash that Check rejects", hash)
		}
	}
}

// A text is a hash of one algorithm at most, and Verify takes only what Check takes.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "2$8$1$00$000102030405060708090a0b0c0d0e0f",
		"$pbkdf2-sha256$1$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ",
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "",
	} {
		f.Add(seed)
	}
	algorithms := []passwordhash.Algorithm{passwordhash.Bcrypt, passwordhash.Scrypt, passwordhash.PBKDF2, passwordhash.Argon2id}
	f.Fuzz(func(t *testing.T, text string) {
		accepted := 0
		for _, a := range algorithms {
			switch err := passwordhash.Check(a, text); {
			case err == nil:
				accepted++
			case !errors.Is(err, passwordhash.ErrForm) && !errors.Is(err, passwordhash.ErrLimit):
				t.Errorf("Check(%s, %q) = %v", a, text, err)
			}
		}
		if accepted > 1 {
			t.Errorf("%d algorithms accept %q", accepted, text)
		}
		if accepted > 0 {
			return // a hash at the limit takes a second to verify
		}
		if right, err := passwordhash.Verify(text, "password"); right || err == nil {
			t.Errorf("Verify(%q) = %v, %v, want an error", text, right, err)
		}
	})
}
