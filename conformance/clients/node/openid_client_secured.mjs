// Tells the story of oauth_story.mjs with openid-client, in a client that must push its authorization requests and prove a DPoP key. It
// authenticates with a private key, and the browser posts the answers to it (form_post). Then a machine gets a token with its private key
// and a DPoP key.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import * as openid from "openid-client";
import { admin } from "./connection.mjs";
import { tell } from "./oauth_story.mjs";
import { passed } from "./user.mjs";

const KID = "2026-11";
const invalid = (error, description) => (thrown) => {
  assert.equal(thrown.error, error);
  assert.match(thrown.error_description ?? "", description);
  return true;
};

const isRefused = (thrown) => [thrown.status, thrown.cause?.status].includes(401);

// machine asks for tokens in its own name.
async function machine(visitor, key) {
  const { pool } = visitor;
  const read = { ScopeName: "read", ScopeDescription: "read" };
  await admin.createResourceServer({ UserPoolId: pool.Id, Identifier: "orders", Name: "orders", Scopes: [read] });
  const { UserPoolClient: client } = await admin.createUserPoolClient({
    UserPoolId: pool.Id,
    ClientName: "Robot",
    GenerateSecret: true,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["client_credentials"],
    AllowedOAuthScopes: ["orders/read"],
  });
  const discover = (authentication) => openid.discovery(new URL(visitor.issuer), client.ClientId, undefined, authentication);
  const withSecret = await discover(openid.ClientSecretPost(client.ClientSecret));
  const bearer = await openid.clientCredentialsGrant(withSecret, { scope: "orders/read" });
  assert.deepEqual([bearer.token_type, bearer.scope ?? "orders/read"], ["bearer", "orders/read"]);
  assert.equal((await openid.tokenIntrospection(withSecret, bearer.access_token)).scope, "orders/read");
  passed("openid-client: a machine gets a token with its secret");

  await admin.tagResource({
    ResourceArn: pool.Arn,
    Tags: { "cognate:client/Robot/jwks-uri": `${visitor.origin}/jwks.json`, "cognate:client/Robot/require": "dpop" },
  });
  await assert.rejects(openid.clientCredentialsGrant(withSecret), invalid("invalid_client", /private_key_jwt/));
  const config = await discover(openid.PrivateKeyJwt({ key, kid: KID }));
  await assert.rejects(openid.clientCredentialsGrant(config), invalid("invalid_dpop_proof", /must send/));
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES384"));
  const bound = await openid.clientCredentialsGrant(config, { scope: "orders/read" }, { DPoP });
  assert.equal(bound.token_type, "dpop");
  const seen = await openid.tokenIntrospection(config, bound.access_token);
  assert.deepEqual([seen.active, seen.token_type, seen.cnf], [true, "DPoP", { jkt: await DPoP.calculateThumbprint() }]);
  passed("openid-client: a machine gets a token with its private key, bound to a DPoP key");
}

await tell("openid-client, secured", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, client, origin, pool } = visitor;
    const callback = `${origin}/callback`;
    const keys = await openid.randomDPoPKeyPair("PS256", { extractable: true });
    const jwks = { keys: [{ ...(await crypto.subtle.exportKey("jwk", keys.publicKey)), kid: KID }] };
    await admin.tagResource({
      ResourceArn: pool.Arn,
      Tags: {
        [`cognate:client/${client.ClientId}/jwks-uri`]: `${origin}/jwks.json`,
        [`cognate:client/${client.ClientId}/require`]: "par dpop",
      },
    });
    const discover = (authentication) => openid.discovery(new URL(visitor.issuer), client.ClientId, undefined, authentication);
    const config = await discover(openid.PrivateKeyJwt({ key: keys.privateKey, kid: KID }));
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const another = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const server = config.serverMetadata();
    assert.ok(server.pushed_authorization_request_endpoint);
    assert.ok(server.dpop_signing_alg_values_supported.includes("ES256"));
    assert.ok(server.token_endpoint_auth_methods_supported.includes("private_key_jwt"));
    let verifier, state, nonce, tokens, posted;

    async function parameters() {
      [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
      return {
        redirect_uri: callback,
        scope: "openid email",
        response_mode: "form_post",
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      };
    }

    return {
      async handler(request, response) {
        response.setHeader("Content-Type", request.url === "/jwks.json" ? "application/json" : "text/html");
        if (request.url === "/jwks.json") return response.end(JSON.stringify(jwks));
        if (request.method === "POST") {
          const headers = { "Content-Type": request.headers["content-type"] };
          posted = new Request(callback, { method: "POST", headers, body: await text(request) });
        }
        return response.end("<!doctype html><title>Application</title>");
      },

      async signIn() {
        const url = await openid.buildAuthorizationUrlWithPAR(config, await parameters(), { DPoP });
        assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
        posted = undefined;
        await page.goto(url.href);
      },

      async signedIn() {
        await page.waitForURL((url) => url.href === callback);
        const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
        await assert.rejects(openid.authorizationCodeGrant(config, posted.clone(), checks, undefined, { DPoP: another }), invalid("invalid_grant", /^$/));
        tokens = await openid.authorizationCodeGrant(config, posted, checks, undefined, { DPoP });
        assert.equal(tokens.token_type, "dpop");
        const { sub } = tokens.claims();
        await assert.rejects(openid.fetchUserInfo(config, tokens.access_token, sub), isRefused);
        await assert.rejects(openid.fetchUserInfo(config, tokens.access_token, sub, { DPoP: another }), isRefused);
        await assert.rejects(admin.getUser({ AccessToken: tokens.access_token }), { name: "NotAuthorizedException" });
        return openid.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
      },

      async refresh() {
        await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), invalid("invalid_dpop_proof", /must send/));
        const next = await openid.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
        assert.notEqual(next.access_token, tokens.access_token);
        assert.equal((await openid.tokenIntrospection(config, next.access_token)).token_type, "DPoP");
        tokens = { refresh_token: tokens.refresh_token, ...next };

        await page.goto(openid.buildAuthorizationUrl(config, { ...(await parameters()), response_mode: "query" }).href);
        assert.equal(new URL(page.url()).searchParams.get("error"), "invalid_request");
        await machine(visitor, keys.privateKey);
      },

      async signOut() {
        await openid.tokenRevocation(config, tokens.refresh_token);
        assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, false);
        const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${origin}/` };
        await page.goto(openid.buildEndSessionUrl(config, parameters).href);
        await page.waitForURL(`${origin}/`);
      },
    };
  },
});
