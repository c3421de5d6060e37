package generator

// Translate and EnumValueName are exported for unit tests.
var (
	Translate     = translate
	EnumValueName = enumValueName
)
