package ops

import "context"

type chosenIDKey struct{}

// WithChosenID returns a context in which the pool or app client that is created gets this id. It is for seed files of
// `cognate dev`: no request can say so.
func WithChosenID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, chosenIDKey{}, id)
}

// ChosenID returns the id that WithChosenID has chosen; empty without one.
func ChosenID(ctx context.Context) string {
	id, _ := ctx.Value(chosenIDKey{}).(string)
	return id
}

// CustomID begins the names of app clients, and is the pool tag, by which requests to `cognate dev` choose an id: the
// convention of other doubles of the service.
const CustomID = "_custom_id_"
