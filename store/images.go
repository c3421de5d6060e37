package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var imageTables = []table{
	{
		name: "images", role: roleConfig, inTrash: true, key: []string{"pool_id", "image_id"}, plain: []string{"content"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientImages(ctx, gen.DeleteClientImagesParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// Image returns an image of a pool. Errors: ErrNotFound.
func (s *Store) Image(ctx context.Context, poolID, id string) (*cognate.Image, error) {
	return image(ctx, s.reader, poolID, id)
}

func image(ctx context.Context, q *gen.Queries, poolID, id string) (*cognate.Image, error) {
	row, err := q.GetImage(ctx, gen.GetImageParams{PoolID: poolID, ImageID: id})
	if err != nil {
		return nil, found("get image", err)
	}
	return &cognate.Image{
		PoolID: row.Image.PoolID, ID: row.Image.ImageID, ClientID: row.Image.ClientID, MediaType: row.Image.MediaType,
		Content: row.Image.Content, CreatedAt: fromMillis(row.Image.CreatedAt),
	}, nil
}

// CreateImage adds an image with a new ID.
func (t *Tx) CreateImage(ctx context.Context, i *cognate.Image) error {
	err := t.q.CreateImage(ctx, gen.CreateImageParams{
		PoolID: i.PoolID, ImageID: i.ID, ClientID: i.ClientID, MediaType: i.MediaType, Content: i.Content,
		CreatedAt: millis(i.CreatedAt),
	})
	if err != nil {
		return fmt.Errorf("create image: %w", err)
	}
	return nil
}

// DeleteImage deletes an image of a pool, if there is one.
func (t *Tx) DeleteImage(ctx context.Context, poolID, id string) error {
	if err := t.q.DeleteImage(ctx, gen.DeleteImageParams{PoolID: poolID, ImageID: id}); err != nil {
		return fmt.Errorf("delete image: %w", err)
	}
	return nil
}
