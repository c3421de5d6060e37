package api_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"cognate/api"
)

// FuzzDecode sends bodies to every operation. An input that was read can be written. An error is an *api.Error of limited
// size without the JSON parser's text.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		``, ` `, `{}`, `null`, `[]`, `{"UserPoolId":"us-east-1_a","Username":"ann"}`,
		`{"ClientId":"abc","Username":"ann","Password":"Secret1!","UserAttributes":[{"Name":"email","Value":"a@b"}]}`,
		`{"AuthFlow":"USER_SRP_AUTH","ClientId":"abc","AuthParameters":{"USERNAME":"ann","SRP_A":"ff"}}`,
		`{"PoolName":"p","Schema":[{"Name":"n","AttributeDataType":"String"},null],"UserPoolTags":{"a":null}}`,
		`{"Credential":{"id":[1,2.5e3,true,null,{"x":"\ud83d\ude00"}]},"AccessToken":"a"}`,
		`{"Limit":-0,"MaxResults":1e1,"ImageFile":"AA=="}`, `{"ClientId":"\u0000","ClientId":""}`, "{\"ClientId\":\"\xff\"}",
		`{"a":{"b":[[[[[`, `{"ClientMetadata":{"\u0007":"x"},"AcrConfiguration":{"k":{"AcrValue":1}}}`,
	} {
		for i := range api.Operations() {
			if i%20 == 0 {
				f.Add(uint8(i), []byte(body))
			}
		}
	}
	operations := api.Operations()
	endpoints := api.Bind(decodeOnly{})
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		op := operations[int(which)%len(operations)]
		given := bytes.Clone(body)
		input, err := endpoints[op.Name].Decode(body)
		if !bytes.Equal(body, given) {
			t.Fatalf("Decode changed the body")
		}
		if err != nil {
			checkError(t, input, err)
			return
		}
		wire, err := api.Marshal(input)
		if err != nil {
			t.Fatalf("Marshal of what %s read from %q: %v", op.Name, body, err)
		}
		if bytes.IndexByte(wire, 0) >= 0 {
			t.Fatalf("NUL came through: %q", wire)
		}
	})
}

func checkError(t *testing.T, input any, err error) {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || input != nil {
		t.Fatalf("refused with %T (%v) and input %v", err, err, input)
	}
	if e.Code != api.CodeInvalidParameterException && e.Code != api.CodeSerializationException || e.Status != 400 {
		t.Errorf("refused with %v, status %d", e, e.Status)
	}
	if len(e.Message) > 64<<10 {
		t.Errorf("message of %d bytes", len(e.Message))
	}
	for _, internal := range []string{"json:", "jsontext", ".go:", "strconv"} {
		if e.Code == api.CodeSerializationException && strings.Contains(e.Message, internal) {
			t.Errorf("message contains internals: %s", e.Message)
		}
	}
}

// FuzzEpoch reads times. A time that was read is written as JSON that reads as the same time.
func FuzzEpoch(f *testing.F) {
	for _, wire := range []string{"0", "-0.0005", "1667864578.676", "1.667864578676E9", "1e400", `"x"`, "253402300799.999", "null", "[]"} {
		f.Add([]byte(wire))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		var e api.Epoch
		if err := api.Unmarshal(wire, &e); err != nil {
			return
		}
		written, err := api.Marshal(e)
		if err != nil {
			t.Fatalf("Marshal(%d): %v", e, err)
		}
		var back api.Epoch
		if err := api.Unmarshal(written, &back); err != nil || back != e {
			t.Fatalf("%q reads %d, written as %s, reads %d, %v", wire, e, written, back, err)
		}
	})
}

func BenchmarkDecodeInitiateAuth(b *testing.B) {
	srpA := strings.Repeat("0123456789abcdef", 48)
	body := []byte(`{"AuthFlow":"USER_SRP_AUTH","ClientId":"4h57kf8k7ho2f5l1r7q2n0abcd","AuthParameters":{"USERNAME":"ann@example.com",` +
		`"SRP_A":"` + srpA + `","SECRET_HASH":"qvOZJ1Zc2D5ZcJb7nqN1Lx3cVv0Kk9s3Yw6pQe8r0aM="},"ClientMetadata":{"app":"web"}}`)
	benchmarkDecode(b, "InitiateAuth", body)
}

func BenchmarkDecodeGetUser(b *testing.B) {
	benchmarkDecode(b, "GetUser", []byte(`{"AccessToken":"`+strings.Repeat("eyJhbGciOiJSUzI1NiIs.", 50)+`"}`))
}

func benchmarkDecode(b *testing.B, name string, body []byte) {
	decode := api.Bind(decodeOnly{})[name].Decode
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
