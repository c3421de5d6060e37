package help

import (
	"strconv"
	"strings"

	"cognate/api"
)

// examples returns example command lines: one with the required arguments, and one that reads the input from a file.
func examples(op *api.Operation) []string {
	command := "cognate cognito-idp " + op.CLI
	lines := []string{command}
	for _, a := range op.Arguments {
		m := op.Input.Member(a.Member)
		if !m.Required && (op.Auth != api.AuthTokenOrSession || m.Name != "AccessToken") {
			continue
		}
		word := " " + a.Flag
		if m.Shape.Kind != api.KindBoolean {
			word += " " + exampleWords(*m)
		}
		if len(lines[len(lines)-1])+len(word) > 68 {
			lines[len(lines)-1] += " \\"
			word = "   " + word
			lines = append(lines, "")
		}
		lines[len(lines)-1] += word
	}
	return append(lines, "", command+" --generate-cli-skeleton yaml-input > input.yaml", command+" --cli-input-yaml file://input.yaml")
}

// exampleWords returns a sample value of a member as words for a shell, quoted.
func exampleWords(m api.Member) string {
	switch m.Shape.Kind {
	case api.KindStructure, api.KindMap:
		return "'" + exampleFields(m.Shape, m.Name) + "'"
	case api.KindList:
		return exampleWords(api.Member{Name: m.Name, Shape: m.Shape.Element})
	case api.KindBlob, api.KindDocument:
		return "file://" + strings.ToLower(m.Name)
	}
	return exampleScalar(m)
}

// exampleFields returns a sample in shorthand syntax: the required members and the first member of a structure, and both
// members of a structure that has two.
func exampleFields(shape *api.Shape, name string) string {
	if shape.Kind == api.KindMap {
		return "name=value"
	}
	var fields []string
	for i, m := range shape.Members {
		if m.Required || i == 0 || len(shape.Members) == 2 {
			fields = append(fields, m.Name+"="+exampleField(m))
		}
	}
	if len(fields) == 0 {
		return name
	}
	return strings.Join(fields, ",")
}

func exampleField(m api.Member) string {
	switch m.Shape.Kind {
	case api.KindStructure, api.KindMap:
		return "{" + exampleFields(m.Shape, m.Name) + "}"
	case api.KindList:
		return "[" + exampleField(api.Member{Name: m.Name, Shape: m.Shape.Element}) + "]"
	}
	return exampleScalar(m)
}

// exampleScalar returns a sample value of a member.
func exampleScalar(m api.Member) string {
	shape := m.Shape
	switch {
	case len(shape.Enum) > 0:
		return shape.Enum[0]
	case shape.Kind == api.KindBoolean:
		return "true"
	case shape.Kind == api.KindInteger || shape.Kind == api.KindLong:
		return strconv.FormatInt(max(1, shape.Min), 10)
	}
	switch m.Name {
	case "UserPoolId":
		return "us-east-1_EXAMPLE"
	case "ClientId":
		return "1example23456789"
	case "Username":
		return "ines"
	case "UserCode", "ConfirmationCode", "Code":
		return "123456"
	case "ResourceArn":
		return "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_EXAMPLE"
	case "Name":
		return "name"
	}
	if shape.Sensitive {
		return `"$` + shellName(m.Name) + `"`
	}
	return "EXAMPLE"
}

// shellName converts a member's name to the name of a shell variable: AccessToken to ACCESS_TOKEN.
func shellName(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToUpper(string(r)))
	}
	return b.String()
}
