// Tells the story of oauth_story.mjs with openid-client, in a public client with PKCE.

import assert from "node:assert/strict";
import * as openid from "openid-client";
import { tell } from "./oauth_story.mjs";

await tell("openid-client", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, client, origin } = visitor;
    const config = await openid.discovery(new URL(visitor.issuer), client.ClientId, undefined, openid.None());
    let verifier, state, nonce, tokens;
    return {
      async signIn() {
        [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
        const parameters = {
          redirect_uri: `${origin}/callback`,
          scope: "openid email",
          code_challenge: await openid.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          state,
          nonce,
        };
        await page.goto(openid.buildAuthorizationUrl(config, parameters).href);
      },

      async signedIn() {
        await page.waitForURL((url) => url.href.startsWith(`${origin}/callback`));
        const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
        tokens = await openid.authorizationCodeGrant(config, new URL(page.url()), checks);
        return openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
      },

      async refresh() {
        const next = await openid.refreshTokenGrant(config, tokens.refresh_token);
        assert.notEqual(next.access_token, tokens.access_token);
        tokens = { refresh_token: tokens.refresh_token, ...next };
      },

      async signOut() {
        await openid.tokenRevocation(config, tokens.refresh_token);
        await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
        const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${origin}/`, state: "bye" };
        await page.goto(openid.buildEndSessionUrl(config, parameters).href);
        await page.waitForURL(`${origin}/?state=bye`);
      },
    };
  },
});
