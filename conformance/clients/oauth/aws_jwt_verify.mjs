// Tells the story of ../node/oauth_story.mjs with aws-jwt-verify, on a server with the setting issuer: aws. The application calls the
// endpoints without a library, as examples for Cognito do.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { connection } from "../node/connection.mjs";
import { tell } from "../node/oauth_story.mjs";
import { leave } from "./server.mjs";

await tell("aws-jwt-verify", {
  client: (origin) => ({ GenerateSecret: true, CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  open(visitor) {
    const { page, origin, site, pool, client } = visitor;
    // The verifier would read the keys from AWS. This cache reads them from the server.
    const fetcher = { fetch: async () => (await fetch(`${connection.endpoint}/${pool.Id}/.well-known/jwks.json`)).arrayBuffer() };
    const verifier = CognitoJwtVerifier.create({ userPoolId: pool.Id, clientId: client.ClientId }, { jwksCache: new SimpleJwksCache({ fetcher }) });
    let challenge, tokens;

    async function ask(parameters) {
      const response = await fetch(`${site}/oauth2/token`, {
        method: "POST",
        headers: { Authorization: `Basic ${btoa(`${client.ClientId}:${client.ClientSecret}`)}` },
        body: new URLSearchParams(parameters),
      });
      const answer = await response.json();
      assert.ok(response.ok, answer.error);
      return answer;
    }
    return {
      async signIn() {
        challenge = randomBytes(32).toString("base64url");
        const parameters = new URLSearchParams({
          response_type: "code",
          client_id: client.ClientId,
          redirect_uri: `${origin}/callback`,
          scope: "openid email",
          code_challenge: createHash("sha256").update(challenge).digest("base64url"),
          code_challenge_method: "S256",
        });
        await page.goto(`${site}/login?${parameters}`);
      },
      async signedIn() {
        await page.waitForURL((url) => url.href.startsWith(`${origin}/callback`));
        const { searchParams } = new URL(page.url());
        assert.equal(searchParams.get("iss"), `https://cognito-idp.${connection.region}.amazonaws.com/${pool.Id}`);
        const code = searchParams.get("code");
        tokens = await ask({ grant_type: "authorization_code", code, redirect_uri: `${origin}/callback`, code_verifier: challenge });
        const access = await verifier.verify(tokens.access_token, { tokenUse: "access", scope: "email" });
        const claims = await verifier.verify(tokens.id_token, { tokenUse: "id" });
        assert.equal(access.sub, claims.sub);
        await assert.rejects(verifier.verify(tokens.id_token, { tokenUse: "access" }));
        return claims;
      },
      async refresh() {
        const next = await ask({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
        assert.notEqual(next.access_token, tokens.access_token);
        await verifier.verify(next.access_token, { tokenUse: "access" });
      },
      signOut: () => leave(visitor),
    };
  },
});
