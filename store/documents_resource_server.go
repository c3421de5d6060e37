package store

import "cognate"

// resourceServerDocument is the stored form of a resource server, without what the columns of its row hold.
type resourceServerDocument struct {
	form
	Scopes []scopeDocument `json:"Scopes"`
}

type scopeDocument struct {
	Name        string `json:"Name"`
	Description string `json:"Description"`
}

func fromResourceServer(r *cognate.ResourceServer) *resourceServerDocument {
	d := new(resourceServerDocument)
	for _, s := range r.Scopes {
		d.Scopes = append(d.Scopes, scopeDocument{Name: s.Name, Description: s.Description})
	}
	return d
}

func (d *resourceServerDocument) toScopes() []cognate.Scope {
	var scopes []cognate.Scope
	for _, s := range d.Scopes {
		scopes = append(scopes, cognate.Scope{Name: s.Name, Description: s.Description})
	}
	return scopes
}
