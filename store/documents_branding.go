package store

// uiCustomizationDocument is the stored form of a UI customization, without what the columns of its row hold.
type uiCustomizationDocument struct {
	form
	CSS     string `json:"CSS"`
	ImageID string `json:"ImageId"`
}
