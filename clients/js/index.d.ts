export interface StartOptions {
  /** Path of the binary. Default: $COGNATE_BINARY, or "cognate" in PATH. */
  binary?: string;
  /** Initial data: YAML, or an object with the same structure (docs/testing.md). */
  seed?: string | object;
  /** More arguments of `cognate dev`. */
  args?: string[];
  /** Milliseconds to wait for the server. Default: 30000. */
  startTimeout?: number;
}

/** Starts `cognate dev` on a free port of the loopback interface. */
export function start(options?: StartOptions): Promise<Cognate>;
/** Connects to a running `cognate dev`. Default: $COGNATE_ENDPOINT, or http://127.0.0.1:8229. */
export function attach(url?: string): Cognate;

/** An error response of the server. */
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
  /** Why it was sent: SignUp, ForgotPassword, AdminCreateUser, Authentication, … */
  kind?: string;
  /** Only messages with a greater ID. */
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
  /** The code or temporary password in the body. */
  code: string;
}

export interface Failure {
  /** Number of messages that fail. Default: 1. */
  count?: number;
  pool?: string;
  medium?: Medium;
  destination?: string;
  /** Message of the CodeDeliveryFailureException. */
  text?: string;
}

export interface AuthenticatorEntry {
  /** The current code. */
  code: string;
  /** The next code that the server accepts: `code`, unless it is already used. */
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
  /** Seconds until the server accepts nextCode. */
  nextIn: number;
}

export class Cognate {
  readonly url: string;
  /** Configuration for clients of the AWS SDK. */
  readonly sdk: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

  stop(): Promise<void>;

  clock(): Promise<ClockState>;
  freeze(): Promise<ClockState>;
  /** Returns to real time. */
  resume(): Promise<ClockState>;
  setClock(at: Date | string | number): Promise<ClockState>;
  advance(seconds: number): Promise<ClockState>;

  messages(filter?: MessageFilter): Promise<Message[]>;
  /** Waits for the next message that was not returned for this filter, up to `timeout` seconds (default 10, at most 50). */
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
