package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Limits of a request to a provider.
const (
	fetchTimeout = 5 * time.Second
	maxFetched   = 1 << 20 // bytes
	maxRedirects = 5
)

// errTooLarge means that a document is larger than maxFetched.
var errTooLarge = errors.New("the document is too large")

// statusError is the HTTP status of an answer without a document.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// fetch returns the document at an address. It follows redirects. The client checks the address of each connection, so a
// redirect cannot lead where the first address could not.
func fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	following := *client
	following.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := following.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFetched+1))
	if err == nil && len(body) > maxFetched {
		err = errTooLarge
	}
	return body, err
}
