package generator

// Translate and EnumValueName are tested by themselves.
var (
	Translate     = translate
	EnumValueName = enumValueName
)
