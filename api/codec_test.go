package api_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"cognate/api"
)

func TestEpoch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		time time.Time
		wire string
	}{
		{time.Unix(1667864578, 0), "1667864578"},
		{time.Unix(1667864578, 676e6), "1667864578.676"},
		{time.Unix(1667864578, 670e6), "1667864578.67"},
		{time.Unix(1667864578, 6e6), "1667864578.006"},
		{time.Unix(1667864578, 999_999_999), "1667864578.999"},
		{time.Unix(0, 1e6), "0.001"},
		{time.Unix(-1, 500e6), "-0.5"},
		{time.Unix(-62135596800, 1e6), "-62135596799.999"},
	} {
		e := api.EpochOf(test.time)
		got, err := api.Marshal(e)
		if err != nil || string(got) != test.wire {
			t.Errorf("Marshal(%v) = %s, %v; want %s", test.time, got, err, test.wire)
		}
		var back api.Epoch
		if err := api.Unmarshal(got, &back); err != nil || back != e {
			t.Errorf("Unmarshal(%s) = %d, %v; want %d", got, back, err, e)
		}
		if want := test.time.UTC().Truncate(time.Millisecond); !back.Time().Equal(want) {
			t.Errorf("Time of %s = %v, want %v", got, back.Time(), want)
		}
	}
	if e := api.EpochOf(time.Time{}); !e.IsZero() || !e.Time().IsZero() {
		t.Errorf("the zero time is %d, back to %v", e, e.Time())
	}
}

func TestEpochRead(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]api.Epoch{
		"1.667864578676E9": 1667864578676, "1667864578.6764": 1667864578676, "0": 0, "-0": 0, "null": 0, "1e3": 1000000,
	} {
		var got api.Epoch
		if err := api.Unmarshal([]byte(wire), &got); err != nil || got != want {
			t.Errorf("Unmarshal(%s) = %d, %v; want %d", wire, got, err, want)
		}
	}
	for _, wire := range []string{`"1"`, "1e300", "1e999", "-1e12", "253402300800", "true", "{}", "[1]"} {
		got := api.Epoch(7)
		if err := api.Unmarshal([]byte(wire), &got); err == nil || got != 7 {
			t.Errorf("Unmarshal(%s) = %d, %v; want an error", wire, got, err)
		}
	}
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value any
		want  string
	}{
		{&api.SignUpOutput{}, `{}`},
		{&api.SignUpOutput{UserConfirmed: new(false), UserSub: "é<&>"}, `{"UserConfirmed":false,"UserSub":"é<&>"}`},
		{&api.ListUsersOutput{Users: []api.UserType{}}, `{"Users":[]}`},
		{
			&api.ListUsersOutput{Users: []api.UserType{{Username: "a", Enabled: new(true), UserCreateDate: 1500}}},
			`{"Users":[{"Username":"a","UserCreateDate":1.5,"Enabled":true}]}`,
		},
		{
			&api.InitiateAuthOutput{ChallengeName: api.ChallengeNameTypeSoftwareTokenMfa, ChallengeParameters: map[string]string{}},
			`{"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{}}`,
		},
		{&api.InitiateAuthInput{AuthParameters: map[string]string{"b": "2", "a": "1"}}, `{"AuthParameters":{"a":"1","b":"2"}}`},
		{&api.HttpHeader{HeaderName: "n", HeaderValue: "v"}, `{"headerName":"n","headerValue":"v"}`},
		{&api.CompleteWebAuthnRegistrationInput{Credential: jsontext.Value(`{"a":[1]}`)}, `{"Credential":{"a":[1]}}`},
		{&api.SetUICustomizationInput{ImageFile: []byte{0, 255}}, `{"ImageFile":"AP8="}`},
	} {
		got, err := api.Marshal(test.value)
		if err != nil || string(got) != test.want {
			t.Errorf("Marshal(%T) = %s, %v; want %s", test.value, got, err, test.want)
		}
	}
}

func TestUnmarshalIsStrict(t *testing.T) {
	t.Parallel()
	var in api.SignUpInput
	if err := api.Unmarshal([]byte(`{"username":"x","Unknown":1}`), &in); err != nil || in.Username != "" {
		t.Errorf("names of another case were taken: %+v, %v", in, err)
	}
	for _, body := range []string{`{"Username":"a","Username":"b"}`, "{\"Username\":\"\xff\"}", `{"Username":1}`} {
		if err := api.Unmarshal([]byte(body), &in); err == nil {
			t.Errorf("Unmarshal(%q) found nothing wrong", body)
		}
	}
}

// A null entry of a map is no entry, also if its key is invalid.
func TestNullEntries(t *testing.T) {
	t.Parallel()
	decode := api.Bind(decodeOnly{})["InitiateAuth"].Decode
	for body, want := range map[string]map[string]string{
		`{"ClientId":"a","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ann","DEVICE_KEY":null},"ClientMetadata":null}`: {"USERNAME": "ann"},
		`{"ClientId":"a","AuthFlow":"USER_AUTH","AuthParameters":{"` + strings.Repeat("x", 200_000) + `":null}}`:              {},
		`{"ClientId":"a","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"","PASSWORD":"null"}}`:                          {"USERNAME": "", "PASSWORD": "null"},
	} {
		input, err := decode([]byte(body))
		if err != nil {
			t.Errorf("Decode(%.100s) = %v", body, err)
			continue
		}
		in := input.(*api.InitiateAuthInput)
		if diff := cmp.Diff(want, in.AuthParameters); diff != "" || in.ClientMetadata != nil {
			t.Errorf("Decode(%.100s): ClientMetadata %v, AuthParameters (-want +got):\n%s", body, in.ClientMetadata, diff)
		}
	}
}

// TestRoundTrip sets every member of every input and output, writes it and reads it back.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for method := range reflect.TypeFor[api.Service]().Methods() {
		for _, typ := range []reflect.Type{method.Type.In(1).Elem(), method.Type.Out(0).Elem()} {
			n := 0
			want := reflect.New(typ)
			fill(t, want.Elem(), &n)
			wire, err := api.Marshal(want.Interface())
			if err != nil {
				t.Errorf("Marshal(%s): %v", typ, err)
				continue
			}
			got := reflect.New(typ)
			if err := api.Unmarshal(wire, got.Interface()); err != nil {
				t.Errorf("Unmarshal(%s): %v", typ, err)
			}
			if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
				t.Errorf("%s over the wire (-want +got):\n%s", typ, diff)
			}
		}
	}
}

// fill sets every field of v to a distinct value.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Interface().(type) {
	case api.Epoch:
		v.SetInt(int64(1_700_000_000_000 + *n))
		return
	case jsontext.Value:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, *n))
		return
	case []byte:
		v.SetBytes([]byte{byte(*n), 0})
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("é\n%d", *n))
	case reflect.Bool:
		v.SetBool(*n%2 == 0)
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Int64:
		v.SetInt(math.MaxInt64 - int64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		entry := reflect.New(v.Type().Elem()).Elem()
		fill(t, entry, n)
		v.SetMapIndex(reflect.ValueOf("key"), entry)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field, n)
		}
	default:
		t.Fatalf("a wire type has a %s", v.Type())
	}
}
