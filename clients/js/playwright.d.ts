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
export const test: TestType<PlaywrightTestArgs & PlaywrightTestOptions & Fixtures, PlaywrightWorkerArgs & PlaywrightWorkerOptions & {
    cognate: Cognate;
}>;
export { expect } from "@playwright/test";
export type Fixtures = {
    /**
     * Option: ID of the pool that `fork` copies.
     */
    cognatePool: string;
    /**
     * A copy of the pool for this test.
     */
    fork: Fork;
};
import type { PlaywrightTestArgs } from "@playwright/test";
import type { PlaywrightTestOptions } from "@playwright/test";
import type { PlaywrightWorkerArgs } from "@playwright/test";
import type { PlaywrightWorkerOptions } from "@playwright/test";
import type { Cognate } from "./index.js";
import type { TestType } from "@playwright/test";
import type { Fork } from "./index.js";
