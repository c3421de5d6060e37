// cognate-test starts `cognate dev` for a test or connects to a running one, and calls its control API under /_cognate/.
// See docs/testing.md of Cognate. It has no dependencies. It requires Node.js 18 or newer.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const READY = "cognate: listening on ";

/** CognateError is an error response of the server. */
export class CognateError extends Error {
  constructor(status, message) {
    super(message);
    this.name = "CognateError";
    this.status = status;
  }
}

/** start starts `cognate dev` on a free port of the loopback interface, and resolves when the server is ready. */
export async function start({ binary = process.env.COGNATE_BINARY || "cognate", seed, args = [], startTimeout = 30_000 } = {}) {
  const folder = seed === undefined ? undefined : await mkdtemp(join(tmpdir(), "cognate-test-"));
  const removeSeed = () => folder && rm(folder, { recursive: true, force: true });
  try {
    const more = [...args];
    if (folder) {
      await writeFile(join(folder, "seed.yaml"), typeof seed === "string" ? seed : JSON.stringify(seed));
      more.push("--seed", join(folder, "seed.yaml"));
    }
    const child = spawn(binary, ["dev", "--listen", "127.0.0.1:0", ...more], { stdio: ["ignore", "pipe", "pipe"] });
    const url = await ready(child, startTimeout);
    return new Cognate(url, child);
  } finally {
    await removeSeed(); // the server has read the seed or failed
  }
}

/** attach connects to a running `cognate dev`. */
export function attach(url = process.env.COGNATE_ENDPOINT || "http://127.0.0.1:8229") {
  return new Cognate(url.replace(/\/+$/, ""));
}

// ready resolves with the URL in the ready line. It reads the log to its end, so that the server is not blocked by a full
// pipe.
function ready(child, timeout) {
  return new Promise((resolve, reject) => {
    let log = "";
    const fail = (why) => {
      clearTimeout(late);
      child.kill("SIGKILL");
      reject(new Error(`cognate dev: ${why}${log && `\n${log}`}`));
    };
    const late = setTimeout(() => fail(`not ready after ${timeout} ms`), timeout);
    child.stderr.setEncoding("utf8").on("data", (text) => { log = (log + text).slice(-16_384); });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith(READY)) return;
      clearTimeout(late);
      resolve(line.slice(READY.length).trim());
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => fail(`ended with status ${code}`));
  });
}

/** Cognate is a running server. */
export class Cognate {
  #child;
  #cursors = new Map(); // filter -> ID of the last message that was returned

  constructor(url, child) {
    this.url = url;
    this.#child = child;
  }

  /** sdk is the configuration for clients of the AWS SDK. The server accepts any access key. */
  get sdk() {
    return { endpoint: this.url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  }

  /** stop stops a server that start started. */
  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  clock() { return this.#clock("GET", ""); }
  freeze() { return this.#clock("POST", "/freeze", {}); }
  resume() { return this.#clock("POST", "/resume", {}); }
  setClock(at) { return this.#clock("PUT", "", { Now: new Date(at).toISOString() }); }
  advance(seconds) { return this.#clock("POST", "/advance", { Seconds: seconds }); }

  async #clock(method, path, body) {
    const state = await this.#call(method, `clock${path}`, body);
    return { now: new Date(state.Now), frozen: state.Frozen, offset: state.Offset };
  }

  /** messages returns the sent messages, oldest first. */
  async messages(filter = {}) {
    return (await this.#call("GET", `messages${parameters(filter)}`)).Messages.map(toMessage);
  }

  /**
   * nextMessage waits for the next message that it has not returned for the same filter. With `after` it waits for the
   * first message with a greater ID.
   */
  async nextMessage({ timeout = 10, after, ...filter } = {}) {
    const key = JSON.stringify([filter.pool, filter.destination?.toLowerCase(), filter.medium, filter.kind]);
    after ??= this.#cursors.get(key) ?? 0;
    const message = toMessage(await this.#call("GET", `messages/next${parameters({ ...filter, after, timeout })}`));
    this.#cursors.set(key, message.id);
    return message;
  }

  clearMessages() { return this.#call("DELETE", "messages"); }

  /** failMessages makes the next messages fail: the operation returns CodeDeliveryFailureException. */
  failMessages({ count = 1, pool = "", medium = "", destination = "", text = "" } = {}) {
    return this.#call("POST", "messages/failures", { Count: count, PoolID: pool, Medium: medium, Destination: destination, Text: text });
  }

  forgetFailures() { return this.#call("DELETE", "messages/failures"); }

  /** authenticator returns the codes that the user's authenticator app shows now. */
  async authenticator(pool, username) {
    const a = await this.#call("GET", `authenticator${parameters({ pool, username })}`);
    const entry = (e) => e && { code: e.Code, nextCode: e.NextCode, secretCode: e.SecretCode, uri: e.URI, name: e.Name };
    return { active: entry(a.Active), pending: entry(a.Pending), secondsLeft: a.SecondsLeft, spent: a.Spent, nextIn: a.NextIn };
  }

  /** reset restores the initial state: the seed, real time, no messages. */
  async reset() {
    await this.#call("POST", "reset", {});
  }

  /** resetPool deletes the users of a pool and their data. It keeps settings, clients and keys. */
  resetPool(pool) { return this.#call("POST", `pools/${encodeURIComponent(pool)}/reset`, {}); }
  deletePool(pool) { return this.#call("DELETE", `pools/${encodeURIComponent(pool)}`); }

  /** fork copies a pool. clients maps the IDs of its clients to those of the copy. */
  async fork(pool, { id = "" } = {}) {
    const copy = await this.#call("POST", `pools/${encodeURIComponent(pool)}/fork`, { PoolID: id });
    return { pool: copy.PoolID, clients: copy.ClientIDs };
  }

  async snapshot() { return (await this.#call("POST", "snapshots", {})).SnapshotID; }
  async snapshots() { return (await this.#call("GET", "snapshots")).Snapshots.map((s) => s.SnapshotID); }
  restore(snapshot) { return this.#call("POST", `snapshots/${encodeURIComponent(snapshot)}/restore`, {}); }
  dropSnapshot(snapshot) { return this.#call("DELETE", `snapshots/${encodeURIComponent(snapshot)}`); }

  /** seed creates the pools of a seed (an object, or YAML) that do not exist yet. */
  seed(seed) { return this.#call("POST", "seed", seed); }

  async #call(method, path, body) {
    const text = typeof body === "string";
    const response = await fetch(`${this.url}/_cognate/${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": text ? "application/yaml" : "application/json" },
      body: body === undefined || text ? body : JSON.stringify(body),
    });
    const answer = await response.text();
    let value;
    try {
      value = answer ? JSON.parse(answer) : undefined;
    } catch {
      value = { Message: answer };
    }
    if (!response.ok) throw new CognateError(response.status, value?.Message ?? response.statusText);
    return value;
  }
}

function parameters(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

function toMessage(m) {
  return {
    id: m.ID, pool: m.PoolID, sub: m.Sub, medium: m.Medium, destination: m.Destination, kind: m.Kind,
    subject: m.Subject, body: m.Body, code: m.Code,
  };
}
