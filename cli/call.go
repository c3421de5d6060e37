package cli

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"

	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/document"
	"cognate/cli/help"
	"cognate/cli/input"
	"cognate/cli/output"
	"cognate/cli/paging"
	"cognate/cli/profile"
	"cognate/cli/skeleton"
)

// call is one command with its arguments.
type call struct {
	*Command
	op      *api.Operation
	values  *arguments.Values
	options *options

	label label // the names in the QR code of a software token
}

func (c *call) run(ctx context.Context) error {
	if err := c.applyPagingArguments(); err != nil {
		return err
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	if kind, ok := c.values.First(argSkeleton); ok && kind != skeletonOutput {
		return c.writeSkeleton(kind)
	}
	c.label = c.labelOf(params)
	settings, err := c.options.profile()
	if err != nil {
		return err
	}
	format, err := c.options.format(settings)
	if err != nil {
		return err
	}
	if format == output.QR && !help.HasQR(c.op) {
		return &usageError{"--output qr prints the secret of a software token as a QR code; only associate-software-token returns one"}
	}
	if c.values.Is(argSkeleton, skeletonOutput) {
		return c.writeSample(params, format, settings)
	}
	return c.send(ctx, params, format, settings)
}

// applyPagingArguments turns automatic paging off if the user sets the operation's own paging arguments.
func (c *call) applyPagingArguments() error {
	p := c.op.Paginator
	if p == nil {
		return nil
	}
	for _, a := range c.op.Arguments {
		if _, given := c.values.Given[a.Flag]; given && (a.Member == p.InputToken || a.Member == p.LimitKey) {
			c.options.paginate = false
		}
	}
	return c.pagingConflict()
}

func (c *call) pagingConflict() error {
	if c.options.paginate {
		return nil
	}
	var used []string
	for _, name := range []string{argStartingToken, argPageSize, argMaxItems} {
		if value, _ := c.values.First(name); value != "" && value != "0" {
			used = append(used, name)
		}
	}
	if len(used) == 0 {
		return nil
	}
	return &usageError{"Cannot specify --no-paginate along with pagination arguments: " + strings.Join(used, ", ")}
}

// params returns the input of the operation: the arguments, and the members of the input document that are not arguments.
func (c *call) params() (*document.Object, error) {
	params := &document.Object{}
	for _, a := range c.op.Arguments {
		words, given := c.values.Given[a.Flag]
		if !given {
			continue
		}
		shape := c.op.Input.Member(a.Member).Shape
		if shape.Kind == api.KindBoolean {
			params.Set(a.Member, words[0] == yes)
			continue
		}
		value, err := input.Argument(a.Flag, shape, words)
		if err != nil {
			return nil, err
		}
		params.Set(a.Member, value)
	}
	document, err := c.inputDocument()
	if err != nil || document == nil {
		return params, err
	}
	for name, value := range document.All() {
		if _, given := params.Get(name); !given {
			params.Set(name, value)
		}
		if p := c.op.Paginator; p != nil && (name == p.InputToken || name == p.LimitKey) {
			c.options.paginate = false
		}
	}
	return params, c.pagingConflict()
}

// inputDocument reads the value of --cli-input-json or --cli-input-yaml. It returns nil if neither is set.
func (c *call) inputDocument() (*document.Object, error) {
	text, isJSON := c.values.First(argInputJSON)
	yamlText, isYAML := c.values.First(argInputYAML)
	switch {
	case isJSON && isYAML:
		return nil, &usageError{"Only one --cli-input- parameter may be specified."}
	case isJSON:
		return input.Document(argInputJSON, text, input.ParseJSON)
	case isYAML:
		return input.Document(argInputYAML, yamlText, input.ParseYAML)
	}
	return nil, nil
}

func (c *call) writeSkeleton(kind string) error {
	text := skeleton.YAML(c.op)
	if kind == skeletonInput {
		text = string(document.AppendJSON(nil, skeleton.Input(c.op), "    ")) + "\n"
	}
	_, err := io.WriteString(c.Stdout, text)
	return err
}

// prepare decodes the blobs in params and validates params.
func (c *call) prepare(params *document.Object, settings *profile.Settings) error {
	if err := c.decodeBlobs(params, settings); err != nil {
		return err
	}
	return input.Check(params, c.op.Input)
}

func (c *call) decodeBlobs(params *document.Object, settings *profile.Settings) error {
	_, err := input.DecodeBlobs(params, c.op.Input, c.options.rawBlobs(settings))
	return err
}

// writeSample validates the input and prints a sample response.
func (c *call) writeSample(params *document.Object, format output.Format, settings *profile.Settings) error {
	if err := c.prepare(params, settings); err != nil {
		return err
	}
	return c.write(skeleton.Output(c.op), format, settings)
}

// write prints one response, or the result of the query.
func (c *call) write(response any, format output.Format, settings *profile.Settings) error {
	p := c.newPrinter(format, settings)
	return errors.Join(p.print(response), p.close())
}

// printer prints the responses of a call.
type printer struct {
	*call
	format output.Format
	style  output.Style
	out    io.Writer
	close  func() error
	pages  bool // true if each print is one page of a list
}

func (c *call) newPrinter(format output.Format, settings *profile.Settings) *printer {
	p := &printer{call: c, format: format}
	p.style = output.Style{Terminal: c.Terminal, Color: c.Terminal, Width: output.DefaultWidth}
	if c.TerminalWidth > 0 {
		p.style.Width = c.TerminalWidth
	}
	switch color, _ := c.options.values.First(optColor); color {
	case "on":
		p.style.Color = true
	case "off":
		p.style.Color = false
	}
	p.out, p.close = c.pager(c.options, settings)
	return p
}

func (p *printer) print(response any) error {
	if p.options.query != nil {
		var err error
		if response, err = p.options.query.Search(response); err != nil {
			return err
		}
	}
	if p.format == output.QR {
		return p.printSecret(response)
	}
	write := output.Write
	if p.pages {
		write = output.WritePage
	}
	return ignoreClosed(write(p.out, p.format, p.op.Name, response, p.style))
}

// send sends the request, or one request for each page, and prints the responses.
func (c *call) send(ctx context.Context, params *document.Object, format output.Format, settings *profile.Settings) error {
	session, err := c.connect(ctx, settings)
	if err != nil {
		return err
	}
	if err := c.decodeBlobs(params, settings); err != nil {
		return err
	}
	request := func(params *document.Object) (*document.Object, error) { // also validates the members that paging sets
		if err := input.Check(params, c.op.Input); err != nil {
			return nil, err
		}
		return session.request(ctx, params)
	}
	if c.values.Is(argDryRun, yes) {
		if err := input.Check(params, c.op.Input); err != nil {
			return err
		}
		return session.dryRun(ctx, params)
	}
	if c.op.Paginator != nil && c.options.paginate {
		return c.sendPaged(params, request, format, settings)
	}
	response, err := request(params)
	if err != nil {
		return err
	}
	if err := c.write(response, format, settings); err != nil {
		return err
	}
	return c.printQR(response, format)
}

func (c *call) sendPaged(params *document.Object, request func(*document.Object) (*document.Object, error), format output.Format, settings *profile.Settings) error {
	reader := &paging.Reader{Paginator: c.op.Paginator, Send: request}
	if token, given := c.values.First(argStartingToken); given {
		reader.Options.StartingToken = &token
	}
	if items := c.number(argMaxItems); items != nil {
		limit, ok := items.(int64)
		if !ok {
			limit = math.MaxInt64
		}
		reader.Options.MaxItems = &limit
	}
	reader.Options.PageSize = c.number(argPageSize)
	p := c.newPrinter(format, settings)
	if format.Streams() {
		return errors.Join(p.printPages(reader, params), p.close())
	}
	return errors.Join(p.printAll(reader, params), p.close())
}

// number returns the value of an argument that the grammar declares as an integer, or nil if it is not set.
func (c *call) number(name string) any {
	text, ok := c.values.First(name)
	if !ok {
		return nil
	}
	n, _ := document.Integer(text)
	return n
}

// nextToken is the member of the printed response that continues the list.
const nextToken = "NextToken"

// printAll prints all pages as one response: the list, and a token if there is more.
func (p *printer) printAll(reader *paging.Reader, params *document.Object) error {
	key := p.op.Paginator.ResultKey
	var all []any
	found := false
	for page, err := range reader.Pages(params) {
		if err != nil {
			return err
		}
		if value, ok := page.Get(key); ok {
			entries, _ := value.([]any)
			all, found = append(all, entries...), true
		}
	}
	response := &document.Object{}
	if found {
		if all == nil {
			all = []any{}
		}
		response.Set(key, all)
	}
	if token := reader.ResumeToken(); token != "" {
		response.Set(nextToken, token)
	}
	return p.print(response)
}

// printPages prints each page when it arrives. In text format it prints only the list.
func (p *printer) printPages(reader *paging.Reader, params *document.Object) error {
	p.pages = true
	key := p.op.Paginator.ResultKey
	for page, err := range reader.Pages(params) {
		if err != nil {
			return err
		}
		if p.format == output.Text {
			value, _ := page.Get(key)
			page = &document.Object{}
			page.Set(key, value)
		}
		if err := p.print(page); err != nil {
			return err
		}
	}
	if token := reader.ResumeToken(); token != "" && p.format == output.Text {
		inner, outer := &document.Object{}, &document.Object{}
		inner.Set(nextToken, token)
		outer.Set(nextToken, inner)
		return p.print(outer)
	}
	return nil
}
