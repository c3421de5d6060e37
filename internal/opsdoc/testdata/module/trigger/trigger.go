// Package trigger sends JSON.
package trigger

import (
	"encoding/json"
	"os"

	"example/api"
)

type event struct{ Sent *api.SentType }

func Send(sent *api.SentType) { send(event{sent}) }

func send(event any) {
	text, _ := json.Marshal(event)
	_, _ = os.Stdout.Write(text)
}
