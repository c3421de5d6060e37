// A browser application that signs users in with Amplify.

import { Amplify } from "aws-amplify";
import { confirmSignIn, getCurrentUser, signIn } from "aws-amplify/auth";

const element = (id) => document.getElementById(id);
const show = async ({ nextStep }) => {
  const signedIn = nextStep.signInStep === "DONE";
  element("state").textContent = signedIn ? `Hello ${(await getCurrentUser()).username}` : nextStep.signInStep;
};

Amplify.configure(globalThis.amplifyConfiguration);
element("password").onsubmit = async (event) => {
  event.preventDefault();
  const { username, password } = Object.fromEntries(new FormData(event.target));
  await show(await signIn({ username, password }));
};
element("code").onsubmit = async (event) => {
  event.preventDefault();
  await show(await confirmSignIn({ challengeResponse: new FormData(event.target).get("code") }));
};
