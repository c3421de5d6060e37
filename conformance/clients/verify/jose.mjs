// Verifies access tokens with jose. Reads a token from each line of standard input.
import { createInterface } from "node:readline";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER, CLIENT_ID, JWKS_URI } = process.env;

const keys = createRemoteJWKSet(new URL(JWKS_URI));

async function verify(token) {
  const { payload: claims } = await jwtVerify(token, keys, {
    algorithms: ["RS256"],
    issuer: ISSUER,
    requiredClaims: ["exp", "sub"],
  });
  if (claims.token_use !== "access") throw new Error("not an access token");
  if (claims.client_id !== CLIENT_ID) throw new Error("a token of another client");
  return claims;
}

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const claims = await verify(token);
    console.log("accepted", claims.sub);
  } catch (error) {
    console.log("rejected:", error.message);
  }
}
