// Package branding owns what an administrator can change about the login pages: the CSS and the logo of the classic hosted UI,
// managed login styles, and links to terms. It checks them when they are stored, and it returns what a page of an app client
// shows. It writes no HTML, and it does not decide who may change anything.
package branding
