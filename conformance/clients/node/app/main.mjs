// A browser application that signs users in with Amplify. The tests call Amplify's functions by name.

import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";

globalThis.application = {
  configure: (configuration) => Amplify.configure(configuration),

  // call calls a function of Amplify. It returns the result as JSON, or the name and message of the error.
  call: async (name, input) => {
    try {
      return { result: JSON.parse(JSON.stringify((await auth[name](input)) ?? null)) };
    } catch (error) {
      return { error: { name: error.name, message: error.message } };
    }
  },
};
