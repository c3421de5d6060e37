package server

import (
	"net/http"

	"cognate/api"
	"cognate/notify"
)

// mountDev adds what only `cognate dev` has: a look at what the server would have sent.
func mountDev(mux *http.ServeMux, mailbox *notify.Mailbox) {
	mux.HandleFunc("GET /_cognate/messages", func(w http.ResponseWriter, r *http.Request) {
		writeMessages(w, mailbox.Messages(r.URL.Query().Get("destination")))
	})
	mux.HandleFunc("DELETE /_cognate/messages", func(w http.ResponseWriter, _ *http.Request) {
		mailbox.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
}

// writeMessages answers with messages, the oldest first.
func writeMessages(w http.ResponseWriter, messages []notify.Message) {
	body, err := api.Marshal(map[string]any{"Messages": messages})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a caller who has gone can't be told
}
