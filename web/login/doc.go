// Package login serves the login pages of user pools: sign-in with every factor, sign-up, recovery and sign-out; and the pages on
// which users change their accounts and give feedback about sign-ins.
//
// A page is HTML without script, except where a passkey or an answer by form_post needs one. A form posts to its page, the page
// redirects with 303, and the browser gets the next page. So reload, back, two tabs and bookmarks work. The address of a page has
// the authorization request, and its parameter "flow" has the state of the visit, sealed and bound to the browser (flow.go).
//
// The package has no rules about users: packages signin, account and oauth do. It decides which page follows a challenge or an
// error of the engine, and it writes HTML.
package login
