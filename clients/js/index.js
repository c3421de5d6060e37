// cognate-test starts `cognate dev` for a test or connects to a running one, and calls its control API under /_cognate/. It
// has no dependencies. index.d.ts is made from the comments of this file, and so are the other declarations.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** @import {ChildProcess, ChildProcessByStdio} from "node:child_process" */
/** @import {Readable, Writable} from "node:stream" */

/** @typedef {import("./seed.js").Seed} Seed The content of a seed: pools with clients and users. */

/**
 * @typedef {object} StartOptions
 * @property {string} [binary] Path of the program. Default: $COGNATE_BINARY, or "cognate" in the PATH.
 * @property {string | Seed} [seed] First pools, clients and users: YAML, or an object with the same structure.
 * @property {string[]} [args] More arguments of `cognate dev`.
 * @property {number} [startTimeout] Milliseconds to wait for the server. Default: 30000.
 */

/**
 * @typedef {object} ClockState
 * @property {Date} now
 * @property {boolean} frozen
 * @property {number} offset Seconds that `now` is ahead of real time.
 */

/** @typedef {"EMAIL" | "SMS"} Medium */

/**
 * Why a message was sent.
 * @typedef {"SignUp" | "ResendCode" | "ForgotPassword" | "UpdateUserAttribute" | "VerifyUserAttribute" | "AdminCreateUser" | "Authentication" | "AccountTakeOverNotification" | "SecurityNotice"} MessageKind
 */

/**
 * Selects messages. A field that is not set selects all.
 * @typedef {object} MessageFilter
 * @property {string} [pool] ID of the pool.
 * @property {string} [destination] Email address or phone number, in any case.
 * @property {Medium} [medium]
 * @property {MessageKind} [kind]
 * @property {number} [after] Only messages with a greater ID.
 */

/**
 * A sent message.
 * @typedef {object} Message
 * @property {number} id Numbers all messages of the server.
 * @property {string} pool ID of the pool.
 * @property {string} sub The `sub` of the user.
 * @property {string} username
 * @property {Medium} medium
 * @property {string} destination Email address or phone number.
 * @property {MessageKind} kind
 * @property {string} subject Empty for an SMS.
 * @property {string} body
 * @property {string} code The code or temporary password in the body.
 */

/**
 * Makes messages fail. A field that is not set selects all messages.
 * @typedef {object} Failure
 * @property {number} [count] Number of messages that fail. Default: 1.
 * @property {string} [pool]
 * @property {Medium} [medium]
 * @property {string} [destination]
 * @property {string} [text] Message of the CodeDeliveryFailureException.
 */

/**
 * @typedef {object} AuthenticatorEntry
 * @property {string} code The current code.
 * @property {string} nextCode The next code that the server accepts: `code`, unless it is already used.
 * @property {string} secretCode The secret, in base32.
 * @property {string} uri The otpauth:// address.
 * @property {string} name
 */

/**
 * What the authenticator app of a user shows.
 * @typedef {object} Authenticator
 * @property {AuthenticatorEntry} [active] The verified software token.
 * @property {AuthenticatorEntry} [pending] A software token that is not verified yet.
 * @property {number} secondsLeft Seconds until the next code.
 * @property {boolean} spent Whether the current code is used.
 * @property {number} nextIn Seconds until the server accepts nextCode.
 */

/**
 * A copy of a pool.
 * @typedef {object} Fork
 * @property {string} pool ID of the copy.
 * @property {Record<string, string>} clients IDs of its clients, by the client IDs of the original.
 */

/**
 * Configuration for `Amplify.configure`.
 * @typedef {object} AmplifyConfiguration
 * @property {{ Cognito: { userPoolId: string, userPoolClientId: string, userPoolEndpoint: string } }} Auth
 */

/**
 * A public key of a pool.
 * @typedef {{ kty: "RSA", kid: string, alg: string, use: string, n: string, e: string }} PublicKey
 */

const READY = "cognate: listening on ";

/** An error response of the server. */
export class CognateError extends Error {
  /**
   * @param {number} status HTTP status.
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.name = "CognateError";
    this.status = status;
  }
}

/**
 * Starts `cognate dev` on a free port of the loopback interface, and resolves when the server is ready. The server ends with
 * this process, even if this process is killed.
 * @param {StartOptions} [options]
 * @returns {Promise<Cognate>}
 */
export async function start({ binary = process.env.COGNATE_BINARY || "cognate", seed, args = [], startTimeout = 30_000 } = {}) {
  const folder = seed === undefined ? undefined : await mkdtemp(join(tmpdir(), "cognate-test-"));
  try {
    const more = [...args];
    if (folder) {
      await writeFile(join(folder, "seed.yaml"), typeof seed === "string" ? seed : JSON.stringify(seed));
      more.push("--seed", join(folder, "seed.yaml"));
    }
    // The server reads standard input to its end, which comes when this process ends.
    const child = spawn(binary, ["dev", "--listen", "127.0.0.1:0", "--exit-with-parent", ...more], { stdio: "pipe" });
    const url = await ready(child, binary, startTimeout);
    return new Cognate(url, child);
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true }); // the server has read the seed or failed
  }
}

/**
 * Connects to a running `cognate dev`.
 * @param {string} [url] Default: $COGNATE_ENDPOINT, or http://127.0.0.1:8229.
 * @returns {Cognate}
 */
export function attach(url = process.env.COGNATE_ENDPOINT || "http://127.0.0.1:8229") {
  return new Cognate(url.replace(/\/+$/, ""));
}

/**
 * Resolves with the URL in the ready line. It reads the log to its end, so that the server is not blocked by a full pipe.
 * @param {ChildProcessByStdio<Writable, Readable, Readable>} child
 * @param {string} binary
 * @param {number} timeout
 * @returns {Promise<string>}
 */
function ready(child, binary, timeout) {
  return new Promise((resolve, reject) => {
    let log = "";
    const fail = (/** @type {string} */ why, /** @type {unknown} */ cause) => {
      clearTimeout(late);
      child.kill("SIGKILL");
      reject(new Error(why + (log && `\n${log}`), { cause }));
    };
    const late = setTimeout(() => fail(`cognate dev: not ready after ${timeout} ms`, undefined), timeout);
    child.stderr.setEncoding("utf8").on("data", (text) => { log = (log + text).slice(-16_384); });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith(READY)) return;
      clearTimeout(late);
      resolve(line.slice(READY.length).trim());
    });
    child.stdin.on("error", () => {}); // the server has ended
    child.once("error", (/** @type {NodeJS.ErrnoException} */ error) => fail(cannotStart(binary, error), error));
    child.once("close", (code, signal) => fail(`cognate dev: ended with ${signal ?? `status ${code}`}`, undefined));
  });
}

/**
 * @param {string} binary
 * @param {NodeJS.ErrnoException} error
 */
function cannotStart(binary, error) {
  const remedy = "Install Cognate, or set COGNATE_BINARY or start({ binary }) to the path of the program.";
  switch (error.code) {
    case "ENOENT":
      return `The program "${binary}" was not found. ${remedy}`;
    case "EACCES":
      return `The program "${binary}" can't be executed. ${remedy}`;
  }
  return `The program "${binary}" can't be started: ${error.message}`;
}

/** A running server. */
export class Cognate {
  /** @type {ChildProcess | undefined} */
  #child;
  /** @type {Map<string, number>} */
  #cursors = new Map(); // filter -> ID of the last message that was returned

  /**
   * Use start or attach.
   * @param {string} url
   * @param {ChildProcess} [child]
   */
  constructor(url, child) {
    /**
     * Address of the server, without a slash at the end.
     * @readonly
     */
    this.url = url;
    this.#child = child;
  }

  /** Configuration for clients of the AWS SDK. The server accepts any access key. */
  get sdk() {
    return { endpoint: this.url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  }

  /**
   * Configuration for `Amplify.configure`.
   * @param {string} pool ID of the pool.
   * @param {string} client ID of the client. It must have no secret.
   * @returns {AmplifyConfiguration}
   */
  amplify(pool, client) {
    return { Auth: { Cognito: { userPoolId: pool, userPoolClientId: client, userPoolEndpoint: this.url } } };
  }

  /**
   * The public keys that sign the tokens of a pool, as a JSON Web Key Set: the argument of jose's `createLocalJWKSet`, or of
   * `cacheJwks` of a verifier of aws-jwt-verify.
   * @param {string} pool ID of the pool.
   * @returns {Promise<{ keys: PublicKey[] }>}
   */
  jwks(pool) {
    return this.#send("GET", `${encodeURIComponent(pool)}/.well-known/jwks.json`);
  }

  /**
   * The `iss` of the tokens of a pool.
   * @param {string} pool ID of the pool.
   * @returns {Promise<string>}
   */
  async issuer(pool) {
    return (await this.#send("GET", `${encodeURIComponent(pool)}/.well-known/openid-configuration`)).issuer;
  }

  /** Stops a server that start started, and resolves when it has ended. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  /** Lets Node.js end while the server runs. The server ends after that. */
  unref() {
    this.#child?.unref();
    for (const stream of this.#child?.stdio ?? []) {
      if (stream && "unref" in stream && typeof stream.unref === "function") stream.unref();
    }
    return this;
  }

  /** @returns {Promise<ClockState>} */
  clock() { return this.#clock("GET", ""); }

  /** Stops the clock. */
  freeze() { return this.#clock("POST", "/freeze", {}); }

  /** Returns to real time. */
  resume() { return this.#clock("POST", "/resume", {}); }

  /**
   * Moves the clock to a time. It runs on from there, unless it is frozen.
   * @param {Date | string | number} at
   */
  setClock(at) { return this.#clock("PUT", "", { Now: new Date(at).toISOString() }); }

  /**
   * Moves the clock forward, or back if the number is negative.
   * @param {number} seconds
   */
  advance(seconds) { return this.#clock("POST", "/advance", { Seconds: seconds }); }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<ClockState>}
   */
  async #clock(method, path, body) {
    const state = await this.#call(method, `clock${path}`, body);
    return { now: new Date(state.Now), frozen: state.Frozen, offset: state.Offset };
  }

  /**
   * Returns the sent messages, oldest first.
   * @param {MessageFilter} [filter]
   * @returns {Promise<Message[]>}
   */
  async messages(filter = {}) {
    return (await this.#call("GET", `messages${parameters(filter)}`)).Messages.map(toMessage);
  }

  /**
   * Waits for the next message that it has not returned for the same filter. With `after` it waits for the first message with a
   * greater ID.
   * @param {MessageFilter & { timeout?: number }} [filter] `timeout` is in seconds. Default: 10. At most 50.
   * @returns {Promise<Message>}
   */
  async nextMessage({ timeout = 10, after, ...filter } = {}) {
    const key = JSON.stringify([filter.pool, filter.destination?.toLowerCase(), filter.medium, filter.kind]);
    after ??= this.#cursors.get(key) ?? 0;
    const message = toMessage(await this.#call("GET", `messages/next${parameters({ ...filter, after, timeout })}`));
    this.#cursors.set(key, message.id);
    return message;
  }

  /** @returns {Promise<void>} */
  clearMessages() { return this.#call("DELETE", "messages"); }

  /**
   * Makes the next messages fail: the operation returns CodeDeliveryFailureException.
   * @param {Failure} [failure]
   * @returns {Promise<void>}
   */
  failMessages({ count = 1, pool = "", medium, destination = "", text = "" } = {}) {
    return this.#call("POST", "messages/failures", {
      Count: count, PoolID: pool, Medium: medium ?? "", Destination: destination, Text: text,
    });
  }

  /**
   * Undoes failMessages.
   * @returns {Promise<void>}
   */
  forgetFailures() { return this.#call("DELETE", "messages/failures"); }

  /**
   * Returns what the authenticator app of a user shows now.
   * @param {string} pool
   * @param {string} username
   * @returns {Promise<Authenticator>}
   */
  async authenticator(pool, username) {
    const a = await this.#call("GET", `authenticator${parameters({ pool, username })}`);
    /** @returns {AuthenticatorEntry | undefined} */
    const entry = (/** @type {any} */ e) =>
      e && { code: e.Code, nextCode: e.NextCode, secretCode: e.SecretCode, uri: e.URI, name: e.Name };
    return { active: entry(a.Active), pending: entry(a.Pending), secondsLeft: a.SecondsLeft, spent: a.Spent, nextIn: a.NextIn };
  }

  /**
   * Restores the state after the start: the pools of the seed with their keys, real time, no messages.
   * @returns {Promise<void>}
   */
  reset() { return this.#call("POST", "reset", {}); }

  /**
   * Deletes the users of a pool and their data, and creates the users of the seed again. Settings, clients and keys stay.
   * @param {string} pool
   * @returns {Promise<void>}
   */
  resetPool(pool) { return this.#call("POST", `pools/${encodeURIComponent(pool)}/reset`, {}); }

  /**
   * @param {string} pool
   * @returns {Promise<void>}
   */
  deletePool(pool) { return this.#call("DELETE", `pools/${encodeURIComponent(pool)}`); }

  /**
   * Copies a pool with its settings, clients, keys and users.
   * @param {string} pool
   * @param {{ id?: string }} [options] `id` is the ID of the copy. Default: a random one.
   * @returns {Promise<Fork>}
   */
  async fork(pool, { id = "" } = {}) {
    const copy = await this.#call("POST", `pools/${encodeURIComponent(pool)}/fork`, { PoolID: id });
    return { pool: copy.PoolID, clients: copy.ClientIDs };
  }

  /**
   * Copies all pools and the setting of the clock. Returns the ID of the snapshot.
   * @returns {Promise<string>}
   */
  async snapshot() { return (await this.#call("POST", "snapshots", {})).SnapshotID; }

  /**
   * Returns the IDs of all snapshots.
   * @returns {Promise<string[]>}
   */
  async snapshots() { return (await this.#call("GET", "snapshots")).Snapshots.map((/** @type {any} */ s) => s.SnapshotID); }

  /**
   * Restores the pools and the clock of a snapshot.
   * @param {string} snapshot
   * @returns {Promise<void>}
   */
  restore(snapshot) { return this.#call("POST", `snapshots/${encodeURIComponent(snapshot)}/restore`, {}); }

  /**
   * @param {string} snapshot
   * @returns {Promise<void>}
   */
  dropSnapshot(snapshot) { return this.#call("DELETE", `snapshots/${encodeURIComponent(snapshot)}`); }

  /**
   * Creates the pools of a seed that do not exist yet.
   * @param {string | Seed} seed
   * @returns {Promise<void>}
   */
  seed(seed) { return this.#call("POST", "seed", seed); }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | string} [body]
   */
  #call(method, path, body) { return this.#send(method, `_cognate/${path}`, body); }

  /**
   * Sends a request and returns the JSON of the answer.
   * @param {string} method
   * @param {string} path
   * @param {object | string} [body]
   * @returns {Promise<any>}
   */
  async #send(method, path, body) {
    const text = typeof body === "string";
    let response;
    let answer;
    try {
      response = await fetch(`${this.url}/${path}`, {
        method,
        headers: body === undefined ? {} : { "Content-Type": text ? "application/yaml" : "application/json" },
        body: body === undefined || text ? body : JSON.stringify(body),
      });
      answer = await response.text();
    } catch (error) {
      const reason = /** @type {any} */ (error).cause ?? error;
      throw new Error(`No answer from cognate dev at ${this.url}: ${reason.message || reason.code}`, { cause: error });
    }
    let value;
    try {
      value = answer ? JSON.parse(answer) : undefined;
    } catch {
      value = { Message: answer };
    }
    if (!response.ok) throw new CognateError(response.status, value?.Message ?? value?.message ?? response.statusText);
    return value;
  }
}

/** @param {Record<string, string | number | undefined>} values */
function parameters(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/**
 * @param {any} m
 * @returns {Message}
 */
function toMessage(m) {
  return {
    id: m.ID, pool: m.PoolID, sub: m.Sub, username: m.Username, medium: m.Medium, destination: m.Destination, kind: m.Kind,
    subject: m.Subject, body: m.Body, code: m.Code,
  };
}
