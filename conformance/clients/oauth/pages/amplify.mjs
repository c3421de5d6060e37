import { Amplify } from "aws-amplify";
import { fetchAuthSession, signInWithRedirect, signOut } from "aws-amplify/auth";
import "aws-amplify/auth/enable-oauth-listener";
import { Hub } from "aws-amplify/utils";

const { origin, endpoint, poolId, site, clientId } = globalThis.settings;
Hub.listen("auth", ({ payload }) => {
  if (payload.event === "customOAuthState") globalThis.customState = payload.data;
});
Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: poolId,
      userPoolClientId: clientId,
      userPoolEndpoint: endpoint,
      loginWith: {
        oauth: {
          domain: site.replace("https://", ""),
          scopes: ["openid", "email"],
          redirectSignIn: [`${origin}/`],
          redirectSignOut: [`${origin}/`],
          responseType: "code",
        },
      },
    },
  },
});
const tokens = async (options) => (await fetchAuthSession(options)).tokens;
globalThis.application = {
  signIn: () => signInWithRedirect({ customState: '{"a":"b c"}' }),
  user: async () => (await tokens())?.idToken.payload,
  accessToken: async () => (await tokens()).accessToken.toString(),
  refresh: () => tokens({ forceRefresh: true }),
  signOut: () => signOut(),
};
