package store

import "cognate"

// clientSecretsDocument is the stored form of the secrets of an app client, before it is sealed.
type clientSecretsDocument struct {
	form
	Secrets []clientSecretDocument `json:"Secrets"`
}

type clientSecretDocument struct {
	Value   string `json:"Value"`
	Created int64  `json:"Created"` // unix milliseconds
	Private bool   `json:"Private"`
}

func fromClientSecrets(secrets []cognate.ClientSecret) *clientSecretsDocument {
	d := new(clientSecretsDocument)
	for _, s := range secrets {
		d.Secrets = append(d.Secrets, clientSecretDocument{Value: s.Value, Created: millis(s.Created), Private: s.Private})
	}
	return d
}

func (d *clientSecretsDocument) toClientSecrets() []cognate.ClientSecret {
	var secrets []cognate.ClientSecret
	for _, s := range d.Secrets {
		secrets = append(secrets, cognate.ClientSecret{Value: s.Value, Created: fromMillis(s.Created), Private: s.Private})
	}
	return secrets
}
