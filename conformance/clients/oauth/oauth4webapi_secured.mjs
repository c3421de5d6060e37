// Tells the story of ../node/oauth_story.mjs with oauth4webapi, in a client that pushes its authorization requests, authenticates with a
// private key, and binds its tokens to a DPoP key. The browser posts the answers to it (form_post). Then a machine gets a token.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import * as oauth from "oauth4webapi";
import { admin } from "../node/connection.mjs";
import { tell } from "../node/oauth_story.mjs";
import { passed } from "../node/user.mjs";

const KID = "assertions";

async function machine(visitor, server, DPoP) {
  const { pool } = visitor;
  const write = { ScopeName: "write", ScopeDescription: "write" };
  await admin.createResourceServer({ UserPoolId: pool.Id, Identifier: "orders", Name: "orders", Scopes: [write] });
  const { UserPoolClient: made } = await admin.createUserPoolClient({
    UserPoolId: pool.Id,
    ClientName: "Robot",
    GenerateSecret: true,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["client_credentials"],
    AllowedOAuthScopes: ["orders/write"],
  });
  const client = { client_id: made.ClientId };
  const secret = oauth.ClientSecretPost(made.ClientSecret);
  const scope = new URLSearchParams({ scope: "orders/write" });
  const response = await oauth.clientCredentialsGrantRequest(server, client, secret, scope, { DPoP });
  assert.equal((await oauth.processClientCredentialsResponse(server, client, response)).token_type, "dpop");
  passed("oauth4webapi, secured: a machine gets a token");
}

await tell("oauth4webapi, secured", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, origin, pool } = visitor;
    const issuer = new URL(visitor.issuer);
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
    const client = { client_id: visitor.client.ClientId };
    const keys = await oauth.generateKeyPair("ES256", { extractable: true });
    const jwks = { keys: [{ ...(await crypto.subtle.exportKey("jwk", keys.publicKey)), kid: KID }] };
    await admin.tagResource({
      ResourceArn: pool.Arn,
      Tags: { [`cognate:client/${client.client_id}/jwks-uri`]: `${origin}/jwks.json`, [`cognate:client/${client.client_id}/require`]: "par" },
    });
    const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: KID });
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
    const callback = `${origin}/callback`;
    let verifier, state, nonce, tokens, posted;

    return {
      async handler(request, response) {
        response.setHeader("Content-Type", request.url === "/jwks.json" ? "application/json" : "text/html");
        if (request.url === "/jwks.json") return response.end(JSON.stringify(jwks));
        if (request.method === "POST") posted = new URLSearchParams(await text(request));
        return response.end("<!doctype html><title>Application</title>");
      },

      async signIn() {
        [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
        const parameters = {
          redirect_uri: callback,
          response_type: "code",
          response_mode: "form_post",
          scope: "openid email",
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          state,
          nonce,
        };
        const response = await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, { DPoP });
        const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, response);
        posted = undefined;
        await page.goto(`${server.authorization_endpoint}?${new URLSearchParams({ client_id: client.client_id, request_uri })}`);
      },

      async signedIn() {
        await page.waitForURL((url) => url.href === callback);
        const parameters = oauth.validateAuthResponse(server, client, posted, state);
        const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, callback, verifier, { DPoP });
        tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
        assert.equal(tokens.token_type, "dpop");
        const { sub } = oauth.getValidatedIdTokenClaims(tokens);
        const info = await oauth.userInfoRequest(server, client, tokens.access_token, { DPoP });
        return oauth.processUserInfoResponse(server, client, sub, info);
      },

      async refresh() {
        const response = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, { DPoP });
        const next = await oauth.processRefreshTokenResponse(server, client, response);
        assert.notEqual(next.access_token, tokens.access_token);
        tokens = { ...tokens, ...next };
        await machine(visitor, server, DPoP);
      },

      async signOut() {
        await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, tokens.refresh_token));
        const address = new URL(server.end_session_endpoint);
        address.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: `${origin}/` });
        await page.goto(address.href);
        await page.waitForURL(`${origin}/`);
      },
    };
  },
});
