package federation

// Exports for the tests of this package.
var (
	ReadMetadata   = readMetadata
	FetchMetadata  = fetchMetadata
	CheckDiscovery = checkDiscovery
	CheckDetails   = checkDetails
	Fetch          = fetch
)
