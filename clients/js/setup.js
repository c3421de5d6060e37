// The global set-up of a test runner: one server for all test files.

import { attach, start } from "./index.js";

/** @import {StartOptions} from "./index.js" */

/**
 * Returns a function for `globalSetup` of vitest and Playwright. It starts `cognate dev` and stores its address in
 * COGNATE_ENDPOINT, where attach and the fixtures find it. The function that it returns stops the server. If COGNATE_ENDPOINT
 * is already set, it uses that server, and creates the pools of the seed that do not exist there.
 * @param {StartOptions} [options]
 * @returns {() => Promise<() => Promise<void>>}
 */
export function globalSetup(options = {}) {
  return async () => {
    if (process.env.COGNATE_ENDPOINT) {
      if (options.seed !== undefined) await attach().seed(options.seed);
      return async () => {};
    }
    const cognate = await start(options);
    process.env.COGNATE_ENDPOINT = cognate.url;
    return async () => {
      delete process.env.COGNATE_ENDPOINT;
      await cognate.stop();
    };
  };
}
