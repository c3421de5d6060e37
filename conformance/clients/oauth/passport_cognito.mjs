// Tells the story of ../node/oauth_story.mjs with passport-cognito-oauth2.

import express from "express";
import session from "express-session";
import { createRequire } from "node:module";
import passport from "passport";
import Strategy from "passport-cognito-oauth2";
import { connection } from "../node/connection.mjs";
import { tell } from "../node/oauth_story.mjs";
import { leave, shows } from "./server.mjs";

// The strategy calls GetUser with the AWS SDK version 2.
const AWS = createRequire(import.meta.url)("aws-sdk");
AWS.config.update({ cognitoidentityserviceprovider: { endpoint: connection.endpoint } });

await tell("passport-cognito-oauth2", {
  client: (origin) => ({
    GenerateSecret: true,
    CallbackURLs: [`${origin}/callback`],
    LogoutURLs: [`${origin}/`],
    AllowedOAuthScopes: ["openid", "email", "aws.cognito.signin.user.admin"],
  }),

  open(visitor) {
    const { page, origin, site, client } = visitor;
    const options = {
      callbackURL: `${origin}/callback`,
      clientDomain: site,
      clientID: client.ClientId,
      clientSecret: client.ClientSecret,
      region: connection.region,
    };
    passport.use(new Strategy(options, (_accessToken, _refreshToken, profile, done) => done(null, profile)));
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user, done) => done(null, user));
    const app = express();
    app.use(session({ secret: "a secret of this test only", resave: false, saveUninitialized: false }));
    app.use(passport.session());
    app.get("/login", passport.authenticate("cognito-oauth2"));
    app.get("/callback", passport.authenticate("cognito-oauth2", { successRedirect: "/user", failureMessage: true }));
    app.get("/user", (request, response) => response.json(request.user ?? null));
    app.get("/logout", (request, response, next) => request.logout((error) => (error ? next(error) : response.redirect("/"))));
    app.get("/", (_request, response) => response.send("<!doctype html><title>Application</title>"));
    return {
      handler: app,
      signIn: () => page.goto(`${origin}/login`),
      signedIn: () => shows(visitor),
      async signOut() {
        await page.goto(`${origin}/logout`);
        await leave(visitor);
      },
    };
  },
});
