/** @import {StartOptions} from "./index.js" */
/**
 * Returns a function for `globalSetup` of vitest and Playwright. It starts `cognate dev` and stores its address in
 * COGNATE_ENDPOINT, where attach and the fixtures find it. The function that it returns stops the server. If COGNATE_ENDPOINT
 * is already set, it uses that server, and creates the pools of the seed that do not exist there.
 * @param {StartOptions} [options]
 * @returns {() => Promise<() => Promise<void>>}
 */
export function globalSetup(options?: StartOptions): () => Promise<() => Promise<void>>;
import type { StartOptions } from "./index.js";
