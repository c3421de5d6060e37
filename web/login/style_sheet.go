package login

import (
	"fmt"
	"strings"

	"cognate/api"
	"cognate/branding"
)

// colors are the custom properties of login.css that are colors, each with its setting of a login style. "*" is the color mode.
var colors = []struct{ property, path string }{
	{"page", "components.pageBackground.*.color"},
	{"card", "components.form.*.backgroundColor"},
	{"card-line", "components.form.*.borderColor"},
	{"header", "components.pageHeader.*.background.color"},
	{"header-line", "components.pageHeader.*.borderColor"},
	{"footer", "components.pageFooter.*.background.color"},
	{"footer-line", "components.pageFooter.*.borderColor"},
	{"heading", "components.pageText.*.headingColor"},
	{"text", "components.pageText.*.bodyColor"},
	{"muted", "components.pageText.*.descriptionColor"},
	{"label", "componentClasses.inputLabel.*.textColor"},
	{"hint", "componentClasses.inputDescription.*.textColor"},
	{"field", "componentClasses.input.*.defaults.backgroundColor"},
	{"line", "componentClasses.input.*.defaults.borderColor"},
	{"placeholder", "componentClasses.input.*.placeholderColor"},
	{"soft", "componentClasses.divider.*.borderColor"},
	{"focus", "componentClasses.focusState.*.borderColor"},
	{"link", "componentClasses.link.*.defaults.textColor"},
	{"link-hover", "componentClasses.link.*.hover.textColor"},
	{"accent", "components.primaryButton.*.defaults.backgroundColor"},
	{"on-accent", "components.primaryButton.*.defaults.textColor"},
	{"accent-hover", "components.primaryButton.*.hover.backgroundColor"},
	{"on-accent-hover", "components.primaryButton.*.hover.textColor"},
	{"accent-active", "components.primaryButton.*.active.backgroundColor"},
	{"on-accent-active", "components.primaryButton.*.active.textColor"},
	{"disabled", "components.primaryButton.*.disabled.backgroundColor"},
	{"disabled-line", "components.primaryButton.*.disabled.borderColor"},
	{"plain", "components.secondaryButton.*.defaults.backgroundColor"},
	{"plain-line", "components.secondaryButton.*.defaults.borderColor"},
	{"on-plain", "components.secondaryButton.*.defaults.textColor"},
	{"plain-hover", "components.secondaryButton.*.hover.backgroundColor"},
	{"plain-hover-line", "components.secondaryButton.*.hover.borderColor"},
	{"on-plain-hover", "components.secondaryButton.*.hover.textColor"},
	{"plain-active", "components.secondaryButton.*.active.backgroundColor"},
	{"plain-active-line", "components.secondaryButton.*.active.borderColor"},
	{"on-plain-active", "components.secondaryButton.*.active.textColor"},
	{"option", "componentClasses.optionControls.*.defaults.backgroundColor"},
	{"option-line", "componentClasses.optionControls.*.defaults.borderColor"},
	{"option-on", "componentClasses.optionControls.*.selected.backgroundColor"},
	{"option-mark", "componentClasses.optionControls.*.selected.foregroundColor"},
	{"item", "componentClasses.dropDown.*.defaults.itemBackgroundColor"},
	{"item-hover", "componentClasses.dropDown.*.hover.itemBackgroundColor"},
	{"item-hover-line", "componentClasses.dropDown.*.hover.itemBorderColor"},
	{"on-item-hover", "componentClasses.dropDown.*.hover.itemTextColor"},
	{"on-item-match", "componentClasses.dropDown.*.match.itemTextColor"},
	{"item-match", "componentClasses.dropDown.*.match.itemBackgroundColor"},
	{"bad", "componentClasses.statusIndicator.*.error.indicatorColor"},
	{"field-bad", "componentClasses.statusIndicator.*.error.borderColor"},
	{"field-bad-back", "componentClasses.statusIndicator.*.error.backgroundColor"},
	{"bad-back", "components.alert.*.error.backgroundColor"},
	{"bad-line", "components.alert.*.error.borderColor"},
	{"bad-text", "components.pageText.*.bodyColor"},
	{"good", "componentClasses.statusIndicator.*.success.indicatorColor"},
	{"good-back", "componentClasses.statusIndicator.*.success.backgroundColor"},
	{"good-line", "componentClasses.statusIndicator.*.success.borderColor"},
	{"good-text", "components.pageText.*.bodyColor"},
	{"warn", "componentClasses.statusIndicator.*.warning.indicatorColor"},
	{"warn-back", "componentClasses.statusIndicator.*.warning.backgroundColor"},
	{"warn-line", "componentClasses.statusIndicator.*.warning.borderColor"},
	{"warn-text", "components.pageText.*.bodyColor"},
	{"pending", "componentClasses.statusIndicator.*.pending.indicatorColor"},
}

// radii are the custom properties of login.css that are lengths, with their settings.
var radii = []struct{ property, path string }{
	{"radius", "componentClasses.input.borderRadius"},
	{"button-radius", "componentClasses.buttons.borderRadius"},
	{"card-radius", "components.form.borderRadius"},
	{"alert-radius", "components.alert.borderRadius"},
	{"item-radius", "componentClasses.dropDown.borderRadius"},
}

// backgrounds are the images behind parts of a page, with the settings that switch them on.
var backgrounds = []struct {
	selector, enabled string
	category          api.AssetCategoryType
}{
	{"body", "components.pageBackground.image.enabled", api.AssetCategoryTypePageBackground},
	{".card", "components.form.backgroundImage.enabled", api.AssetCategoryTypeFormBackground},
	{".header", "components.pageHeader.backgroundImage.enabled", api.AssetCategoryTypePageHeaderBackground},
	{".footer", "components.pageFooter.backgroundImage.enabled", api.AssetCategoryTypePageFooterBackground},
}

// schemes are the values of color-scheme, by the setting colorSchemeMode.
var schemes = map[string]string{"LIGHT": "light", "DARK": "dark", "DYNAMIC": "light dark"}

// densities are the values of --space, a factor of the spaces on a page, by the setting spacingDensity.
var densities = map[string]string{"REGULAR": "1", "COMPACT": "0.7"}

// styleSheet returns the CSS of a login style: values for the custom properties of login.css, and the background images.
func styleSheet(s *branding.Style, a *assets) string {
	var out strings.Builder
	fmt.Fprintf(&out, ":root{color-scheme:%s", schemes[a.scheme])
	for _, c := range colors {
		fmt.Fprintf(&out, ";--%s:light-dark(#%s,#%s)", c.property, s.Color(c.path, branding.Light), s.Color(c.path, branding.Dark))
	}
	for _, r := range radii {
		fmt.Fprintf(&out, ";--%s:%gpx", r.property, s.Pixels(r.path))
	}
	fmt.Fprintf(&out, ";--space:%s", densities[s.Word("categories.global.spacingDensity")])
	fmt.Fprintf(&out, ";--across:%s;--down:%s}", places[s.Word("categories.form.location.horizontal")], places[s.Word("categories.form.location.vertical")])
	for _, b := range backgrounds {
		if !s.IsOn(b.enabled) {
			continue
		}
		p := a.picture(b.category)
		if p == nil {
			continue
		}
		fmt.Fprintf(&out, "%s{background-image:url(%s);background-position:center;background-size:cover}", b.selector, cssURL(p.URL))
		if p.Dark != "" {
			fmt.Fprintf(&out, "@media (prefers-color-scheme:dark){%s{background-image:url(%s)}}", b.selector, cssURL(p.Dark))
		}
	}
	return out.String()
}

// cssURL returns a URL as a CSS string that cannot end the style element.
func cssURL(address string) string {
	return `"` + strings.NewReplacer(`"`, "%22", `\`, "%5C", "<", "%3C", "\n", "", "\r", "", "\f", "").Replace(address) + `"`
}
