// Serves the npm package oidc-provider, with one client of client_credentials that gets JWT access tokens signed with RS256. It
// writes its address to standard output.

import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "bench" }] },
  clients: [
    {
      client_id: "bench",
      client_secret: "bench-bench-bench",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "https://orders.example",
      getResourceServerInfo: () => ({ scope: "orders/read", accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } }),
    },
  },
});
server.on("request", provider.callback());
console.log(issuer);
