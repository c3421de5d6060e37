/**
 * Starts `cognate dev` on a free port of the loopback interface, and resolves when the server is ready. The server ends with
 * this process, even if this process is killed.
 * @param {StartOptions} [options]
 * @returns {Promise<Cognate>}
 */
export function start({ binary, seed, args, startTimeout }?: StartOptions): Promise<Cognate>;
/**
 * Connects to a running `cognate dev`.
 * @param {string} [url] Default: $COGNATE_ENDPOINT, or http://127.0.0.1:8229.
 * @returns {Cognate}
 */
export function attach(url?: string): Cognate;
/** An error response of the server. */
export class CognateError extends Error {
    /**
     * @param {number} status HTTP status.
     * @param {string} message
     */
    constructor(status: number, message: string);
    status: number;
}
/** A running server. */
export class Cognate {
    /**
     * Use start or attach.
     * @param {string} url
     * @param {ChildProcess} [child]
     */
    constructor(url: string, child?: ChildProcess);
    /**
     * Address of the server, without a slash at the end.
     * @readonly
     */
    readonly url: string;
    /** Configuration for clients of the AWS SDK. The server accepts any access key. */
    get sdk(): {
        endpoint: string;
        region: string;
        credentials: {
            accessKeyId: string;
            secretAccessKey: string;
        };
    };
    /**
     * Configuration for `Amplify.configure`.
     * @param {string} pool ID of the pool.
     * @param {string} client ID of the client. It must have no secret.
     * @returns {AmplifyConfiguration}
     */
    amplify(pool: string, client: string): AmplifyConfiguration;
    /**
     * The public keys that sign the tokens of a pool, as a JSON Web Key Set: the argument of jose's `createLocalJWKSet`, or of
     * `cacheJwks` of a verifier of aws-jwt-verify.
     * @param {string} pool ID of the pool.
     * @returns {Promise<{ keys: PublicKey[] }>}
     */
    jwks(pool: string): Promise<{
        keys: PublicKey[];
    }>;
    /**
     * The `iss` of the tokens of a pool.
     * @param {string} pool ID of the pool.
     * @returns {Promise<string>}
     */
    issuer(pool: string): Promise<string>;
    /** Stops a server that start started, and resolves when it has ended. */
    stop(): Promise<void>;
    /** Lets Node.js end while the server runs. The server ends after that. */
    unref(): this;
    /** @returns {Promise<ClockState>} */
    clock(): Promise<ClockState>;
    /** Stops the clock. */
    freeze(): Promise<ClockState>;
    /** Returns to real time. */
    resume(): Promise<ClockState>;
    /**
     * Moves the clock to a time. It runs on from there, unless it is frozen.
     * @param {Date | string | number} at
     */
    setClock(at: Date | string | number): Promise<ClockState>;
    /**
     * Moves the clock forward, or back if the number is negative.
     * @param {number} seconds
     */
    advance(seconds: number): Promise<ClockState>;
    /**
     * Returns the sent messages, oldest first.
     * @param {MessageFilter} [filter]
     * @returns {Promise<Message[]>}
     */
    messages(filter?: MessageFilter): Promise<Message[]>;
    /**
     * Waits for the next message that it has not returned for the same filter. With `after` it waits for the first message with a
     * greater ID.
     * @param {MessageFilter & { timeout?: number }} [filter] `timeout` is in seconds. Default: 10. At most 50.
     * @returns {Promise<Message>}
     */
    nextMessage({ timeout, after, ...filter }?: MessageFilter & {
        timeout?: number;
    }): Promise<Message>;
    /** @returns {Promise<void>} */
    clearMessages(): Promise<void>;
    /**
     * Makes the next messages fail: the operation returns CodeDeliveryFailureException.
     * @param {Failure} [failure]
     * @returns {Promise<void>}
     */
    failMessages({ count, pool, medium, destination, text }?: Failure): Promise<void>;
    /**
     * Undoes failMessages.
     * @returns {Promise<void>}
     */
    forgetFailures(): Promise<void>;
    /**
     * Returns what the authenticator app of a user shows now.
     * @param {string} pool
     * @param {string} username
     * @returns {Promise<Authenticator>}
     */
    authenticator(pool: string, username: string): Promise<Authenticator>;
    /**
     * Restores the state after the start: the pools of the seed with their keys, real time, no messages.
     * @returns {Promise<void>}
     */
    reset(): Promise<void>;
    /**
     * Deletes the users of a pool and their data, and creates the users of the seed again. Settings, clients and keys stay.
     * @param {string} pool
     * @returns {Promise<void>}
     */
    resetPool(pool: string): Promise<void>;
    /**
     * @param {string} pool
     * @returns {Promise<void>}
     */
    deletePool(pool: string): Promise<void>;
    /**
     * Copies a pool with its settings, clients, keys and users.
     * @param {string} pool
     * @param {{ id?: string }} [options] `id` is the ID of the copy. Default: a random one.
     * @returns {Promise<Fork>}
     */
    fork(pool: string, { id }?: {
        id?: string;
    }): Promise<Fork>;
    /**
     * Copies all pools and the setting of the clock. Returns the ID of the snapshot.
     * @returns {Promise<string>}
     */
    snapshot(): Promise<string>;
    /**
     * Returns the IDs of all snapshots.
     * @returns {Promise<string[]>}
     */
    snapshots(): Promise<string[]>;
    /**
     * Restores the pools and the clock of a snapshot.
     * @param {string} snapshot
     * @returns {Promise<void>}
     */
    restore(snapshot: string): Promise<void>;
    /**
     * @param {string} snapshot
     * @returns {Promise<void>}
     */
    dropSnapshot(snapshot: string): Promise<void>;
    /**
     * Creates the pools of a seed that do not exist yet.
     * @param {string | Seed} seed
     * @returns {Promise<void>}
     */
    seed(seed: string | Seed): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    #private;
}
/**
 * The content of a seed: pools with clients and users.
 */
export type Seed = import("./seed.js").Seed;
export type StartOptions = {
    /**
     * Path of the program. Default: $COGNATE_BINARY, or "cognate" in the PATH.
     */
    binary?: string | undefined;
    /**
     * First pools, clients and users: YAML, or an object with the same structure.
     */
    seed?: string | import("./seed.js").Seed | undefined;
    /**
     * More arguments of `cognate dev`.
     */
    args?: string[] | undefined;
    /**
     * Milliseconds to wait for the server. Default: 30000.
     */
    startTimeout?: number | undefined;
};
export type ClockState = {
    now: Date;
    frozen: boolean;
    /**
     * Seconds that `now` is ahead of real time.
     */
    offset: number;
};
export type Medium = "EMAIL" | "SMS";
/**
 * Why a message was sent.
 */
export type MessageKind = "SignUp" | "ResendCode" | "ForgotPassword" | "UpdateUserAttribute" | "VerifyUserAttribute" | "AdminCreateUser" | "Authentication" | "AccountTakeOverNotification" | "SecurityNotice";
/**
 * Selects messages. A field that is not set selects all.
 */
export type MessageFilter = {
    /**
     * ID of the pool.
     */
    pool?: string | undefined;
    /**
     * Email address or phone number, in any case.
     */
    destination?: string | undefined;
    medium?: Medium | undefined;
    kind?: MessageKind | undefined;
    /**
     * Only messages with a greater ID.
     */
    after?: number | undefined;
};
/**
 * A sent message.
 */
export type Message = {
    /**
     * Numbers all messages of the server.
     */
    id: number;
    /**
     * ID of the pool.
     */
    pool: string;
    /**
     * The `sub` of the user.
     */
    sub: string;
    username: string;
    medium: Medium;
    /**
     * Email address or phone number.
     */
    destination: string;
    kind: MessageKind;
    /**
     * Empty for an SMS.
     */
    subject: string;
    body: string;
    /**
     * The code or temporary password in the body.
     */
    code: string;
};
/**
 * Makes messages fail. A field that is not set selects all messages.
 */
export type Failure = {
    /**
     * Number of messages that fail. Default: 1.
     */
    count?: number | undefined;
    pool?: string | undefined;
    medium?: Medium | undefined;
    destination?: string | undefined;
    /**
     * Message of the CodeDeliveryFailureException.
     */
    text?: string | undefined;
};
export type AuthenticatorEntry = {
    /**
     * The current code.
     */
    code: string;
    /**
     * The next code that the server accepts: `code`, unless it is already used.
     */
    nextCode: string;
    /**
     * The secret, in base32.
     */
    secretCode: string;
    /**
     * The otpauth:// address.
     */
    uri: string;
    name: string;
};
/**
 * What the authenticator app of a user shows.
 */
export type Authenticator = {
    /**
     * The verified software token.
     */
    active?: AuthenticatorEntry | undefined;
    /**
     * A software token that is not verified yet.
     */
    pending?: AuthenticatorEntry | undefined;
    /**
     * Seconds until the next code.
     */
    secondsLeft: number;
    /**
     * Whether the current code is used.
     */
    spent: boolean;
    /**
     * Seconds until the server accepts nextCode.
     */
    nextIn: number;
};
/**
 * A copy of a pool.
 */
export type Fork = {
    /**
     * ID of the copy.
     */
    pool: string;
    /**
     * IDs of its clients, by the client IDs of the original.
     */
    clients: Record<string, string>;
};
/**
 * Configuration for `Amplify.configure`.
 */
export type AmplifyConfiguration = {
    Auth: {
        Cognito: {
            userPoolId: string;
            userPoolClientId: string;
            userPoolEndpoint: string;
        };
    };
};
/**
 * A public key of a pool.
 */
export type PublicKey = {
    kty: "RSA";
    kid: string;
    alg: string;
    use: string;
    n: string;
    e: string;
};
import type { ChildProcess } from "node:child_process";
