package cognatetest

// ChangeAt returns text with another character at the index: '1', or '0' where text has '1'. So a code stays a number, and a
// token stays base64 or hex.
func ChangeAt(text string, index int) string {
	other := "1"
	if text[index] == '1' {
		other = "0"
	}
	return text[:index] + other + text[index+1:]
}
