// An application in the browser that signs its users in with Amplify; the story at the other end calls it by name.

import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";

globalThis.application = {
  configure: (userPoolId, userPoolClientId, userPoolEndpoint) =>
    Amplify.configure({ Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint } } }),

  // call answers what one of Amplify's functions does, as far as JSON can say it, or the name and message of its error.
  call: async (name, input) => {
    try {
      return { result: JSON.parse(JSON.stringify((await auth[name](input)) ?? null)) };
    } catch (error) {
      return { error: { name: error.name, message: error.message } };
    }
  },
};
