package store

import (
	"cognate"
	"cognate/api"
)

// logConfigurationDocument is the stored form of the destination of one source of records. The documents of user pools contain
// it.
type logConfigurationDocument struct {
	Source api.EventSourceName `json:"Source"`
	Level  api.LogLevel        `json:"Level"`
	ARN    string              `json:"ARN"`
}

func fromLogDelivery(configurations []cognate.LogConfiguration) []logConfigurationDocument {
	var documents []logConfigurationDocument
	for _, c := range configurations {
		documents = append(documents, logConfigurationDocument(c))
	}
	return documents
}

func toLogDelivery(documents []logConfigurationDocument) []cognate.LogConfiguration {
	var configurations []cognate.LogConfiguration
	for _, d := range documents {
		configurations = append(configurations, cognate.LogConfiguration(d))
	}
	return configurations
}
