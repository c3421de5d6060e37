package identityprovider

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// GetSigningCertificate returns the certificate with which a pool signs SAML requests now: DER, in base64. A pool gets its
// first key with the first request.
func (s *Service) GetSigningCertificate(ctx context.Context, in *api.GetSigningCertificateInput) (*api.GetSigningCertificateOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	certificate, err := s.Keys.Certificate(ctx, pool.ID, lockPool(ctx, pool.ID))
	if err != nil {
		return nil, err
	}
	return &api.GetSigningCertificateOutput{Certificate: certificate}, nil
}
