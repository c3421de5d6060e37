// Tells the story of ../node/oauth_story.mjs with the Cognito provider of next-auth 4. Its handler is the one that Next.js calls for
// pages/api/auth/[...nextauth].js.

import { once } from "node:events";
import { createRequire } from "node:module";
import { tell } from "../node/oauth_story.mjs";
import { leave, shows } from "./server.mjs";

const require = createRequire(import.meta.url);

await tell("next-auth", {
  client: (origin) => ({
    GenerateSecret: true,
    CallbackURLs: [`${origin}/api/auth/callback/cognito`],
    LogoutURLs: [`${origin}/`],
    AllowedOAuthScopes: ["openid", "email", "profile"],
  }),

  open(visitor) {
    const { page, origin, issuer, client } = visitor;
    Object.assign(process.env, { NEXTAUTH_URL: origin, NEXTAUTH_SECRET: "a secret of this test only" });
    const { default: NextAuth } = require("next-auth");
    const { default: Cognito } = require("next-auth/providers/cognito");
    const options = {
      providers: [Cognito({ clientId: client.ClientId, clientSecret: client.ClientSecret, issuer, checks: ["pkce", "state", "nonce"] })],
      callbacks: { session: ({ session, token }) => ({ ...session, sub: token.sub }) },
    };
    return {
      // handler gives the request and the response what Next.js adds to those of Node.js.
      async handler(request, response) {
        const { pathname, searchParams } = new URL(request.url, origin);
        if (!pathname.startsWith("/api/auth/")) return response.end("<!doctype html><title>Application</title>");
        request.query = { ...Object.fromEntries(searchParams), nextauth: pathname.slice("/api/auth/".length).split("/") };
        request.cookies = Object.fromEntries(
          (request.headers.cookie ?? "").split("; ").map((pair) => {
            const [name, ...value] = pair.split("=");
            return [name, decodeURIComponent(value.join("="))];
          }),
        );
        let text = "";
        request.setEncoding("utf8").on("data", (part) => (text += part));
        await once(request, "end");
        request.body = Object.fromEntries(new URLSearchParams(text));
        response.status = (status) => Object.assign(response, { statusCode: status });
        response.json = (body) => response.end(JSON.stringify(body));
        response.send = (body) => (typeof body === "string" ? response.end(body) : response.json(body));
        response.redirect = (status, to) => response.writeHead(status, { Location: to }).end();
        await NextAuth(request, response, options);
      },
      async signIn() {
        await page.goto(`${origin}/api/auth/signin`);
        await page.getByRole("button", { name: "Sign in with Cognito" }).click();
      },
      async signedIn() {
        const session = await shows(visitor, "/api/auth/session");
        return { sub: session.sub, email: session.user.email };
      },
      async signOut() {
        await page.goto(`${origin}/api/auth/signout`);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.waitForURL(`${origin}/`);
        await leave(visitor);
      },
    };
  },
});
