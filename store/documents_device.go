package store

import "cognate"

// deviceVerifierDocument is the stored form of a device's SRP verifier, before it is sealed.
type deviceVerifierDocument struct {
	form
	Salt []byte `json:"Salt"`
	V    []byte `json:"V"`
}

func fromDeviceVerifier(v cognate.DeviceVerifier) *deviceVerifierDocument {
	return &deviceVerifierDocument{Salt: v.Salt, V: v.V}
}

func (d *deviceVerifierDocument) toDeviceVerifier() cognate.DeviceVerifier {
	return cognate.DeviceVerifier{Salt: d.Salt, V: d.V}
}
