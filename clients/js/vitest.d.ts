/** @import {Cognate, Fork} from "./index.js" */
/** @import {TestAPI} from "vitest" */
/**
 * Returns vitest's `test` with two fixtures: `cognate` is the server at COGNATE_ENDPOINT, and `fork` is a copy of a pool for
 * this test file.
 * @param {string} pool ID of the pool to copy.
 * @returns {TestAPI<{ cognate: Cognate, fork: Fork }>}
 */
export function testWithFork(pool: string): TestAPI<{
    cognate: Cognate;
    fork: Fork;
}>;
import type { Cognate } from "./index.js";
import type { Fork } from "./index.js";
import type { TestAPI } from "vitest";
