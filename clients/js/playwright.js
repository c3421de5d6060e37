// Fixtures for Playwright.

import { test as base } from "@playwright/test";
import { attach } from "./index.js";

/** @import {Cognate, Fork} from "./index.js" */
/** @import {PlaywrightTestArgs, PlaywrightTestOptions, PlaywrightWorkerArgs, PlaywrightWorkerOptions, TestType} from "@playwright/test" */

/**
 * @typedef {object} Fixtures
 * @property {string} cognatePool Option: ID of the pool that `fork` copies.
 * @property {Fork} fork A copy of the pool for this test.
 */

/**
 * Playwright's `test` with the fixtures `cognate`, the server at COGNATE_ENDPOINT, and `fork`. Set the option cognatePool in
 * the configuration or by test.use.
 * @type {TestType<PlaywrightTestArgs & PlaywrightTestOptions & Fixtures, PlaywrightWorkerArgs & PlaywrightWorkerOptions & { cognate: Cognate }>}
 */
export const test = /** @type {any} */ (base).extend({
  cognatePool: ["", { option: true }],
  // Playwright requires an object pattern as the first parameter.
  cognate: [async ({}, /** @type {(value: Cognate) => Promise<void>} */ use) => use(attach()), { scope: "worker" }],
  fork: async (
    /** @type {{ cognate: Cognate, cognatePool: string }} */ { cognate, cognatePool },
    /** @type {(value: Fork) => Promise<void>} */ use,
  ) => {
    if (!cognatePool) throw new Error('Set the option cognatePool, such as test.use({ cognatePool: "us-east-1_Example1" }).');
    const fork = await cognate.fork(cognatePool);
    await use(fork);
    await cognate.deletePool(fork.pool);
  },
});

export { expect } from "@playwright/test";
