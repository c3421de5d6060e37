// Fixtures for vitest.

import { test as base } from "vitest";
import { attach } from "./index.js";

/** @import {Cognate, Fork} from "./index.js" */
/** @import {TestAPI} from "vitest" */

/**
 * Returns vitest's `test` with two fixtures: `cognate` is the server at COGNATE_ENDPOINT, and `fork` is a copy of a pool for
 * this test file.
 * @param {string} pool ID of the pool to copy.
 * @returns {TestAPI<{ cognate: Cognate, fork: Fork }>}
 */
export function testWithFork(pool) {
  return /** @type {any} */ (base).extend({
    // vitest requires an object pattern as the first parameter.
    cognate: [async ({}, /** @type {(value: Cognate) => Promise<void>} */ use) => use(attach()), { scope: "file" }],
    fork: [
      async (/** @type {{ cognate: Cognate }} */ { cognate }, /** @type {(value: Fork) => Promise<void>} */ use) => {
        const fork = await cognate.fork(pool);
        await use(fork);
        await cognate.deletePool(fork.pool);
      },
      { scope: "file" },
    ],
  });
}
