// Tells the story of ../node/oauth_story.mjs with the Cognito provider of @auth/express.

import { ExpressAuth, getSession } from "@auth/express";
import Cognito from "@auth/express/providers/cognito";
import express from "express";
import { tell } from "../node/oauth_story.mjs";
import { leave, shows } from "./server.mjs";

await tell("@auth/express", {
  client: (origin) => ({
    GenerateSecret: true,
    CallbackURLs: [`${origin}/auth/callback/cognito`],
    LogoutURLs: [`${origin}/`],
    AllowedOAuthScopes: ["openid", "email", "profile"],
  }),

  open(visitor) {
    const { page, origin, issuer, client } = visitor;
    const options = {
      providers: [Cognito({ clientId: client.ClientId, clientSecret: client.ClientSecret, issuer })],
      secret: "a secret of this test only, which is long enough",
      trustHost: true,
      callbacks: {
        jwt: ({ token, profile }) => ({ ...token, ...(profile && { sub: profile.sub }) }),
        session: ({ session, token }) => ({ ...session, sub: token.sub }),
      },
    };
    const app = express();
    app.use(/^\/auth\/(.*)$/, ExpressAuth(options)); // it takes the base path from the first parameter
    app.get("/user", async (request, response) => {
      const session = await getSession(request, options);
      response.json(session && { sub: session.sub, email: session.user.email });
    });
    app.get("/", (_request, response) => response.send("<!doctype html><title>Application</title>"));
    return {
      handler: app,
      async signIn() {
        await page.goto(`${origin}/auth/signin`);
        await page.getByRole("button", { name: "Sign in with Cognito" }).click();
      },
      signedIn: () => shows(visitor),
      async signOut() {
        await page.goto(`${origin}/auth/signout`);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.waitForURL(`${origin}/`);
        await leave(visitor);
      },
    };
  },
});
