// Tells the story of ../node/oauth_story.mjs with oauth4webapi, in a client with a secret, and asks introspection on the way.

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { tell } from "../node/oauth_story.mjs";

await tell("oauth4webapi", {
  client: (origin) => ({ GenerateSecret: true, CallbackURLs: [`${origin}/callback?from=pool`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, origin } = visitor;
    const issuer = new URL(visitor.issuer);
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
    // RFC 8414 has the same metadata.
    const again = await oauth.discoveryRequest(issuer, { algorithm: "oauth2" });
    assert.deepEqual(await oauth.processDiscoveryResponse(issuer, again), server);
    const client = { client_id: visitor.client.ClientId };
    const secret = oauth.ClientSecretBasic(visitor.client.ClientSecret);
    const callback = `${origin}/callback?from=pool`;
    let verifier, state, nonce, tokens;

    const introspect = async (token) =>
      oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, secret, token));

    return {
      async signIn() {
        [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
        const address = new URL(server.authorization_endpoint);
        address.search = new URLSearchParams({
          client_id: client.client_id,
          redirect_uri: callback,
          response_type: "code",
          scope: "openid email",
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          state,
          nonce,
        });
        await page.goto(address.href);
      },

      async signedIn() {
        await page.waitForURL((url) => url.href.startsWith(callback));
        const parameters = oauth.validateAuthResponse(server, client, new URL(page.url()), state);
        const ask = () => oauth.authorizationCodeGrantRequest(server, client, secret, parameters, callback, verifier);
        tokens = await oauth.processAuthorizationCodeResponse(server, client, await ask(), { expectedNonce: nonce, requireIdToken: true });
        const { sub } = oauth.getValidatedIdTokenClaims(tokens);
        const info = await oauth.userInfoRequest(server, client, tokens.access_token);
        return oauth.processUserInfoResponse(server, client, sub, info);
      },

      async refresh() {
        const response = await oauth.refreshTokenGrantRequest(server, client, secret, tokens.refresh_token);
        const next = await oauth.processRefreshTokenResponse(server, client, response);
        assert.notEqual(next.access_token, tokens.access_token);
        assert.equal((await introspect(next.access_token)).active, true);
        tokens = { ...tokens, ...next };
      },

      async signOut() {
        await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, secret, tokens.refresh_token));
        assert.equal((await introspect(tokens.access_token)).active, false);
        const address = new URL(server.end_session_endpoint);
        address.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: `${origin}/` });
        await page.goto(address.href);
        await page.waitForURL(`${origin}/`);
      },
    };
  },
});
