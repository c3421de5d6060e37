import { UserManager } from "oidc-client-ts";

const { origin, issuer, clientId } = globalThis.settings;
const manager = new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: `${origin}/callback`,
  post_logout_redirect_uri: `${origin}/`,
  scope: "openid email",
  loadUserInfo: true,
});
if (location.pathname === "/callback") {
  await manager.signinCallback();
  history.replaceState({}, "", "/");
}
globalThis.application = {
  signIn: () => manager.signinRedirect(),
  user: async () => (await manager.getUser())?.profile,
  accessToken: async () => (await manager.getUser()).access_token,
  refresh: () => manager.signinSilent(),
  signOut: () => manager.signoutRedirect(),
};
