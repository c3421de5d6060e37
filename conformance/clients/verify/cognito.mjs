// Verifies access tokens with aws-jwt-verify. The server needs the setting issuer: aws.
// Reads a token from each line of standard input.
import { createInterface } from "node:readline";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const { POOL_ID, CLIENT_ID, JWKS_URI } = process.env;

// The verifier would read the keys from AWS. This cache reads them from Cognate.
async function fetchKeys() {
  const response = await fetch(JWKS_URI);
  if (!response.ok) throw new Error(`${JWKS_URI}: ${response.status}`);
  return response.arrayBuffer();
}

const verifier = CognitoJwtVerifier.create(
  { userPoolId: POOL_ID, clientId: CLIENT_ID, tokenUse: "access" },
  { jwksCache: new SimpleJwksCache({ fetcher: { fetch: fetchKeys } }) },
);

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const claims = await verifier.verify(token);
    console.log("accepted", claims.sub);
  } catch (error) {
    console.log("rejected:", error.message);
  }
}
