import type { Azure } from './azure-calls.ts';
import type { RunId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';

/** The outside world: built once in a main file, passed as first argument, never imported. */
export interface Ports {
  readonly clock: Clock;
  /** A number in [0, 1), from the seed in simulation. */
  readonly random: () => number;
  readonly ids: Ids;
  readonly store: Store;
  readonly queue: WakeUps;
  readonly azure: Azure;
  readonly shell: Shell;
  readonly http: Http;
  readonly tls: Tls;
  readonly dns: Dns;
  readonly channels: Channels;
  readonly secrets: Secrets;
  readonly tickets: Tickets;
  readonly signer: Signer;
  readonly log: Log;
}

/** Time. `nowMs` is wall time for people, `monotonicMs` measures; decisions about runs use the store's time. */
export interface Clock {
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Says when to look at schedules; never what is due. */
export interface Heartbeat {
  /** Resolves at the next beat, or at once when the signal aborts; never rejects. */
  readonly next: (signal: AbortSignal) => Promise<void>;
}

/** Names and digests. */
export interface Ids {
  readonly newRunId: () => RunId;
  readonly newToken: () => string;
  /** UUIDv5 (RFC 9562) of the parts in runward's own namespace. */
  readonly uuid5: (...parts: readonly string[]) => string;
  /** SHA-256 of UTF-8 text as 64 lower-case hex digits. */
  readonly sha256: (text: string) => string;
}

/** A hint that somebody must look at a run: may be lost, doubled or late, and never decides anything. */
export interface WakeUps {
  readonly wake: (runId: RunId, afterMs?: number) => Promise<void>;
}

/** One fact that was seen, kept with its step as evidence. `at` is milliseconds since 1970. */
export interface Observation {
  readonly at: number;
  readonly what: string;
  readonly data: JsonObject;
}

/** A script for one machine. Secrets are already values here and must reach the machine only through its stdin or protected parameters. */
export interface ScriptAttempt {
  /** Unique name of the attempt at the target: `rw-<stepKey>-<attempt>`. */
  readonly name: string;
  readonly shell: 'sh' | 'bash' | 'pwsh' | 'powershell';
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Names of `env` entries that are secret. */
  readonly secretNames: readonly string[];
  readonly timeoutMs: number;
}

/** What became of a request to start a script. */
export type ScriptStart =
  | { readonly kind: 'accepted'; readonly opUrl?: string }
  | { readonly kind: 'not_sent'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'throttled'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'ambiguous'; readonly message: string };

/** What an attempt's name at the target tells. */
export type ScriptState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'running' }
  | {
      readonly kind: 'ended';
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly truncated: boolean;
      readonly timedOut: boolean;
    }
  /** It started, runs no more, and its end was not recorded: the machine restarted, or the script was killed from outside. */
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string; readonly retryAfterMs: number };

/** Scripts on machines over Run Command, SSH or the worker itself; the transport is the target's `via` (no target: the worker). */
export interface Shell {
  /** Starts the attempt; an attempt name that exists already is never started twice (not for `local`, which has no names). */
  readonly start: (target: Target | undefined, attempt: ScriptAttempt, signal: AbortSignal) => Promise<ScriptStart>;
  readonly look: (target: Target | undefined, name: string, signal: AbortSignal) => Promise<ScriptState>;
  /** TERM, then KILL after 30 s, to the attempt's process group; harmless when it has ended. */
  readonly stop: (target: Target | undefined, name: string, signal: AbortSignal) => Promise<void>;
  /** Removes what the attempt left at the target after its result was stored; failures are harmless. */
  readonly remove: (target: Target | undefined, name: string, signal: AbortSignal) => Promise<void>;
}

/** An HTTP request of a check. Redirects are not followed, bodies end at 1 MiB, time-outs at `timeoutMs`. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The answer to a check, as data: a refused address is not an exception. */
export type HttpAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly message: string; readonly durationMs: number }
  | { readonly kind: 'not_allowed'; readonly message: string };

/** Checks from the worker. */
export interface Http {
  readonly request: (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;
  readonly connect: (host: string, port: number, timeoutMs: number, signal: AbortSignal) => Promise<HttpAnswer>;
}

/** Where a certificate is looked at. `serverName` is asked for and must be one of the names of the certificate. */
export interface TlsQuestion {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  readonly timeoutMs: number;
}

/** A certificate that was verified as a client of the worker would, or why there is none. `notAfterMs` counts since 1970. */
export type TlsAnswer =
  | { readonly kind: 'verified'; readonly notAfterMs: number; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'not_allowed'; readonly message: string };

/** Looks at certificates from the worker; sends nothing but the handshake. */
export interface Tls {
  readonly certificate: (question: TlsQuestion, signal: AbortSignal) => Promise<TlsAnswer>;
}

/** The record types that can be asked for. */
export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SRV' | 'TXT';

/** A question to a name server: `resolver` is an address, with a port where it is not 53; absent: those of the worker. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: DnsType;
  readonly resolver?: string;
  readonly timeoutMs: number;
}

/** Answers as text, one for each record. `ttlSeconds` is the shortest of them; absent where it is not told. */
export type DnsAnswer =
  | { readonly kind: 'answered'; readonly answers: readonly string[]; readonly ttlSeconds?: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'not_allowed'; readonly message: string };

/** Asks name servers from the worker; the file of hosts is not looked at. */
export interface Dns {
  readonly ask: (question: DnsQuestion, signal: AbortSignal) => Promise<DnsAnswer>;
}

/** One message to a channel, `kind:name`. */
export interface ChannelMessage {
  readonly channel: string;
  readonly text: string;
  readonly timeoutMs: number;
}

/** What became of a message. Addresses of channels are secrets: no `message` here tells one. */
export type ChannelAnswer =
  | { readonly kind: 'delivered'; readonly status: number }
  | { readonly kind: 'not_sent'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'ambiguous'; readonly message: string };

/** Channels for messages to people. `send` makes one request and never repeats it. */
export interface Channels {
  readonly has: (name: string) => boolean;
  readonly send: (message: ChannelMessage, signal: AbortSignal) => Promise<ChannelAnswer>;
}

/** Values of secret references, read at the time of use and not kept. */
export interface Secrets {
  readonly resolve: (reference: string, signal: AbortSignal) => Promise<SecretAnswer>;
}

export type SecretAnswer = { readonly kind: 'found'; readonly value: string } | { readonly kind: 'unavailable'; readonly message: string };

/** Send tickets outside the store: who creates `<stepKey>.<attempt>.<send>` first may send; nobody else ever may. */
export interface Tickets {
  readonly create: (name: string) => Promise<'created' | 'exists' | 'unclear'>;
}

/** Ed25519 over UTF-8 text. Workers can verify and cannot sign: their `sign` answers undefined. */
export interface Signer {
  readonly sign: (text: string) => Signature | undefined;
  readonly verify: (text: string, signature: Signature) => boolean;
}

export interface Signature {
  readonly keyId: string;
  readonly value: string;
}

/** Structured log: the message is a constant sentence, data are fields; secrets are redacted by the implementation. */
export interface Log {
  readonly debug: (message: string, fields?: JsonObject) => void;
  readonly info: (message: string, fields?: JsonObject) => void;
  readonly warn: (message: string, fields?: JsonObject) => void;
  readonly error: (message: string, fields?: JsonObject) => void;
}
