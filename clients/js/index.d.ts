export interface StartOptions {
  /** Path of the program; default $COGNATE_BINARY, or "cognate" on the PATH. */
  binary?: string;
  /** What to begin with: YAML, or an object of the same form (docs/testing.md). */
  seed?: string | object;
  /** More arguments of `cognate dev`. */
  args?: string[];
  /** Milliseconds to wait for the server; default 30000. */
  startTimeout?: number;
}

/** Runs `cognate dev` on a free port of loopback. */
export function start(options?: StartOptions): Promise<Cognate>;
/** Talks to a `cognate dev` that runs; default $COGNATE_ENDPOINT, or http://127.0.0.1:8229. */
export function attach(url?: string): Cognate;

/** An answer of the server that is not a success. */
export class CognateError extends Error {
  readonly status: number;
}

export interface ClockState {
  now: Date;
  frozen: boolean;
  /** Seconds that `now` is ahead of real time. */
  offset: number;
}

export type Medium = "EMAIL" | "SMS";

export interface MessageFilter {
  pool?: string;
  destination?: string;
  medium?: Medium;
  /** The occasion: SignUp, ForgotPassword, AdminCreateUser, Authentication, … */
  kind?: string;
  /** Only messages with a greater id. */
  after?: number;
}

export interface Message {
  id: number;
  pool: string;
  sub: string;
  medium: Medium;
  destination: string;
  kind: string;
  subject: string;
  body: string;
  /** The code or temporary password that the body carries. */
  code: string;
}

export interface Failure {
  /** How many messages fail; default 1. */
  count?: number;
  pool?: string;
  medium?: Medium;
  destination?: string;
  /** Text of the CodeDeliveryFailureException. */
  text?: string;
}

export interface AuthenticatorEntry {
  /** What is shown now. */
  code: string;
  /** The next code that the server takes: `code`, unless that is spent. */
  nextCode: string;
  secretCode: string;
  uri: string;
  name: string;
}

export interface Authenticator {
  active?: AuthenticatorEntry;
  pending?: AuthenticatorEntry;
  secondsLeft: number;
  spent: boolean;
  /** In how many seconds the server takes nextCode. */
  nextIn: number;
}

export class Cognate {
  readonly url: string;
  /** Configuration for a client of the AWS SDK. */
  readonly sdk: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

  stop(): Promise<void>;

  clock(): Promise<ClockState>;
  freeze(): Promise<ClockState>;
  /** Back to real time. */
  resume(): Promise<ClockState>;
  setClock(at: Date | string | number): Promise<ClockState>;
  advance(seconds: number): Promise<ClockState>;

  messages(filter?: MessageFilter): Promise<Message[]>;
  /** The next message for this filter that was not returned before; waits up to `timeout` seconds (default 10, at most 50). */
  nextMessage(filter?: MessageFilter & { timeout?: number }): Promise<Message>;
  clearMessages(): Promise<void>;
  failMessages(failure?: Failure): Promise<void>;
  forgetFailures(): Promise<void>;

  authenticator(pool: string, username: string): Promise<Authenticator>;

  reset(): Promise<void>;
  resetPool(pool: string): Promise<void>;
  deletePool(pool: string): Promise<void>;
  fork(pool: string, options?: { id?: string }): Promise<{ pool: string; clients: Record<string, string> }>;

  snapshot(): Promise<string>;
  snapshots(): Promise<string[]>;
  restore(snapshot: string): Promise<void>;
  dropSnapshot(snapshot: string): Promise<void>;

  seed(seed: string | object): Promise<void>;
}
