// Tells the story of ../node/oauth_story.mjs with express-openid-connect, which signs out by RP-Initiated Logout.

import express from "express";
import openid from "express-openid-connect";
import { tell } from "../node/oauth_story.mjs";
import { shows, wantRefresh } from "./server.mjs";

await tell("express-openid-connect", {
  client: (origin) => ({ GenerateSecret: true, CallbackURLs: [`${origin}/callback`], LogoutURLs: [origin] }),

  open(visitor) {
    const { page, origin, issuer, client } = visitor;
    const app = express();
    app.use(
      openid.auth({
        issuerBaseURL: issuer,
        baseURL: origin,
        clientID: client.ClientId,
        clientSecret: client.ClientSecret,
        secret: "a secret of this test only, which is long enough",
        authRequired: false,
        idpLogout: true,
        authorizationParams: { response_type: "code", response_mode: "query", scope: "openid email" },
      }),
    );
    app.get("/user", openid.requiresAuth(), async (request, response) => response.json(await request.oidc.fetchUserInfo()));
    app.get("/refresh", openid.requiresAuth(), async (request, response) => {
      const before = request.oidc.accessToken.access_token;
      response.json({ before, after: (await request.oidc.accessToken.refresh()).access_token });
    });
    app.get("/", (_request, response) => response.send("<!doctype html><title>Application</title>"));
    return {
      handler: app,
      signIn: () => page.goto(`${origin}/login`),
      signedIn: () => shows(visitor),
      refresh: () => wantRefresh(visitor),
      async signOut() {
        await page.goto(`${origin}/logout`);
        await page.waitForURL(`${origin}/`);
      },
    };
  },
});
