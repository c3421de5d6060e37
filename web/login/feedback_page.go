package login

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"

	"cognate/api"
	"cognate/audit"
	"cognate/risk"
)

// The parameters of the links in an email about a risky sign-in, and the path of their page. Package notify writes the links.
const (
	feedbackPath  = "/feedback"
	feedbackUser  = "user_name"
	feedbackEvent = "event_id"
	feedbackToken = "feedback_token"
	feedbackValue = "feedback_value"
)

// feedbackResult is the parameter of the page that follows the form: a feedback value, or resultRefused.
const (
	feedbackResult = "result"
	resultRefused  = "refused"
)

// feedbackForm is the content of the page: the parameters of the link as hidden fields, and one button.
type feedbackForm struct {
	Action string
	Fields []hiddenField
	Button string
}

type hiddenField struct{ Name, Value string }

// showFeedback asks the user to confirm the feedback of a link in an email. It changes nothing, because mail programs open links
// to check them. The page belongs to no client.
func (v *visit) showFeedback() error {
	form := v.r.URL.Query()
	if form.Has(feedbackResult) {
		return v.showFeedbackResult(form.Get(feedbackResult))
	}
	page := &view{Heading: v.text("feedback.title"), template: "feedback"}
	content := &feedbackForm{Action: v.site.Path + feedbackPath}
	switch api.FeedbackValueType(form.Get(feedbackValue)) {
	case api.FeedbackValueTypeValid:
		page.Lead, content.Button = v.text("feedback.valid-lead"), v.text("feedback.valid")
	case api.FeedbackValueTypeInvalid:
		page.Lead, content.Button = v.text("feedback.invalid-lead"), v.text("feedback.invalid")
	default:
		return v.showFeedbackResult(resultRefused)
	}
	for _, name := range []string{feedbackUser, feedbackEvent, feedbackToken, feedbackValue} {
		content.Fields = append(content.Fields, hiddenField{name, form.Get(name)})
	}
	page.data = content
	return v.write(page)
}

func (v *visit) showFeedbackResult(result string) error {
	page := &view{Heading: v.text("feedback.title")}
	switch result {
	case string(api.FeedbackValueTypeValid):
		page.Notice = v.text("feedback.valid-done")
	case string(api.FeedbackValueTypeInvalid):
		page.Notice = v.text("feedback.invalid-done")
	default:
		page.Heading, page.Alert, page.status = v.text("feedback.refused-title"), v.text("feedback.refused"), http.StatusBadRequest
	}
	return v.write(page)
}

// submitFeedback stores the feedback, by the rule of the operation UpdateAuthEventFeedback. The token is the only proof that the
// form needs: a page of another site does not know it.
func (v *visit) submitFeedback() error {
	if err := v.origins.Check(v.r); err != nil {
		return v.refuseOrigin()
	}
	form := v.r.PostForm
	feedback := risk.UserFeedback{
		Username: form.Get(feedbackUser), EventID: form.Get(feedbackEvent), Token: form.Get(feedbackToken),
		Value: api.FeedbackValueType(form.Get(feedbackValue)),
	}
	v.once(sha256.Sum256([]byte(v.site.URL+feedbackPath+form.Encode())), func(once *visit) error { return once.giveFeedback(feedback) })
	return nil
}

func (v *visit) giveFeedback(f risk.UserFeedback) error {
	result := resultRefused
	if f.Value == api.FeedbackValueTypeValid || f.Value == api.FeedbackValueTypeInvalid {
		err := v.Risk.Accept(v.r.Context(), v.site.Pool, f)
		refusal, refused := errors.AsType[*api.Error](err)
		switch {
		case refused:
			audit.SetOutcome(v.r.Context(), refusal.Code)
		case err != nil:
			return err
		default:
			result = string(f.Value)
		}
	}
	v.redirect(v.site.Path + feedbackPath + "?" + url.Values{feedbackResult: {result}}.Encode())
	return nil
}
