import type { AzureLimits, AzureNeed } from '../../engine/azure-calls.ts';
import { BUDGET_FRESH_MS, BUDGET_LOWEST_MS, BUDGET_PATHS_MAX, RETRY_DEFAULT_MS } from '../../engine/limits.ts';
import { bodyOf, retryAfterMs } from './answers.ts';
import type { RawAnswer } from './wire.ts';

/** A request about to be sent. */
export interface Spending {
  readonly method: string;
  readonly url: string;
  readonly need: AzureNeed;
}

/** What one identity may still ask of Azure, as Azure itself tells it; kept for everybody in the process. Times are milliseconds. */
export interface Budget extends AzureLimits {
  /** How long a request has to wait; 0 when it may go now. */
  readonly waitMs: (spending: Spending, nowMs: number) => number;
  /** Keeps what an answer tells about what is left, and closes what it says is used up. */
  readonly note: (spending: Pick<Spending, 'method' | 'url'>, answer: RawAnswer, nowMs: number) => void;
}

interface Left {
  remaining: number;
  atMs: number;
  highest: number;
}

interface Look {
  readonly atMs: number;
  /** Time between the last two looks while enough was left. */
  readonly gapMs: number;
}

/** Of what a bucket has held at most: below LOW the intervals of polls double, below RESERVED only what cannot wait goes out. */
const LOW = 0.2;
const RESERVED = 0.05;
const GAP_MAX_MS = 300_000;
/** What goes out while little is left. */
const CANNOT_WAIT: readonly AzureNeed[] = ['send', 'reconcile', 'severe'];

const HEADER = /^x-ms-ratelimit-remaining-(subscription-(?:reads|writes|deletes)|subscription-resource-requests|resource)$/;

/** Makes the budget of one identity; `identity` stands in the names that other processes get. `nowMs` is wall time. */
export function makeBudget(identity = '', nowMs: () => number = Date.now): Budget {
  const left = new Map<string, Left>();
  const closedUntilMs = new Map<string, number>();
  /** The buckets that requests of a kind draw on, learnt from answers. */
  const drawnBy = new Map<string, readonly string[]>();
  const looks = new Map<string, Look>();
  let tell: (bucket: string, forMs: number) => void = () => undefined;

  return {
    waitMs: ({ method, url, need }, nowMs) => {
      const place = placeOf(method, url);
      const buckets = [place.kind, armBucket(method), ...(drawnBy.get(place.kind) ?? [])].map((name) => keyOf(name, place));
      const closed = Math.max(0, ...buckets.map((key) => (closedUntilMs.get(key) ?? 0) - nowMs));
      if (closed > 0) return closed;
      const share = Math.min(1, ...buckets.map((key) => shareOf(left.get(key), nowMs)));
      if (share < RESERVED && !CANNOT_WAIT.includes(need)) return BUDGET_FRESH_MS;
      if (method !== 'GET') return 0;
      return lookAgainInMs(looks, place.path, { slow: share < LOW && need === 'poll', nowMs });
    },
    note: ({ method, url }, answer, atMs) => {
      const place = placeOf(method, url);
      const told = remainingOf(answer);
      if (told.length > 0)
        drawnBy.set(
          place.kind,
          told.map(({ name }) => name),
        );
      for (const { name, remaining } of told) lower(left, keyOf(name, place), { remaining, nowMs: atMs });
      if (answer.status !== 429) return;
      const forMs = Math.max(retryAfterMs(answer, atMs) ?? RETRY_DEFAULT_MS, 1);
      const bucket = keyOf(exhausted(answer, method) ?? place.kind, place);
      closedUntilMs.set(bucket, atMs + forMs);
      tell(`${identity}|${bucket}`, forMs);
    },
    onClosed: (listener) => {
      tell = listener;
    },
    hear: (name, forMs) => {
      if (!name.startsWith(`${identity}|`)) return;
      const bucket = name.slice(identity.length + 1);
      closedUntilMs.set(bucket, Math.max(closedUntilMs.get(bucket) ?? 0, nowMs() + forMs));
    },
  };
}

interface Place {
  readonly subscription: string;
  /** Method, provider and kind of resource: requests of one kind draw on the same buckets. */
  readonly kind: string;
  readonly machine: string;
  readonly path: string;
}

/** The place of a request. Backup and Site Recovery share a provider and its vaults, and no limit. */
function placeOf(method: string, url: string): Place {
  const path = new URL(url).pathname.toLowerCase();
  const [, subscription = ''] = /^\/subscriptions\/([^/]+)/.exec(path) ?? [];
  const [, provider = '', rest = ''] = /\/providers\/(.+?)\/(.*)$/.exec(path) ?? [];
  const types = rest.split('/').filter((_, index) => index % 2 === 0);
  const service = provider === 'microsoft.recoveryservices' ? (path.includes('/backup') ? 'backup' : 'replication') : types.join('/');
  const [machine = ''] = /^.*\/virtualmachines\/[^/]+/.exec(path) ?? [];
  return { subscription, kind: `${method} ${provider} ${service}`, machine, path };
}

/** Names that end with Resource count for one machine, the others for the subscription. */
function keyOf(name: string, place: Place): string {
  return name.endsWith('Resource') ? `${name} ${place.machine}` : `${name} ${place.subscription}`;
}

function armBucket(method: string): string {
  return method === 'GET' ? 'subscription-reads' : method === 'DELETE' ? 'subscription-deletes' : 'subscription-writes';
}

/** What the headers of an answer say is left: numbers, or a list of `Provider/Bucket;number`. */
function remainingOf(answer: RawAnswer): readonly { readonly name: string; readonly remaining: number }[] {
  return Object.entries(answer.headers)
    .flatMap(([header, value]) => {
      const [, name] = HEADER.exec(header) ?? [];
      if (name === undefined) return [];
      if (name !== 'resource') return [{ name, remaining: Number(value) }];
      return value.split(',').map((entry) => {
        const [bucket = '', number = ''] = entry.trim().split(';');
        return { name: bucket, remaining: Number(number) };
      });
    })
    .filter(({ remaining }) => Number.isFinite(remaining));
}

/** The lowest of the last seconds counts, since answers overtake each other. */
function lower(left: Map<string, Left>, key: string, told: { readonly remaining: number; readonly nowMs: number }): void {
  const { remaining, nowMs } = told;
  const known = left.get(key);
  const highest = Math.max(remaining, known?.highest ?? 0);
  if (known !== undefined && remaining > known.remaining && nowMs - known.atMs < BUDGET_LOWEST_MS) {
    known.highest = highest;
    return;
  }
  left.set(key, { remaining, highest, atMs: nowMs });
}

/** The share of a bucket that is left; what was told long ago says nothing, since buckets fill up. */
function shareOf(known: Left | undefined, nowMs: number): number {
  if (known === undefined || known.highest === 0 || nowMs - known.atMs > BUDGET_FRESH_MS) return 1;
  return known.remaining / known.highest;
}

function lookAgainInMs(looks: Map<string, Look>, path: string, now: { readonly slow: boolean; readonly nowMs: number }): number {
  const { slow, nowMs } = now;
  const last = looks.get(path);
  const sinceMs = last === undefined ? Infinity : nowMs - last.atMs;
  if (slow && last !== undefined && sinceMs < 2 * last.gapMs) return 2 * last.gapMs - sinceMs;
  looks.delete(path);
  if (looks.size >= BUDGET_PATHS_MAX) looks.delete(looks.keys().next().value ?? '');
  const gapMs = slow ? (last?.gapMs ?? 0) : sinceMs > GAP_MAX_MS ? 0 : sinceMs;
  looks.set(path, { atMs: nowMs, gapMs });
  return 0;
}

/** The bucket that a 429 names, if it names one. */
function exhausted(answer: RawAnswer, method: string): string | undefined {
  const body = bodyOf(answer) as { readonly error?: Refusal; readonly details?: Refusal['details'] } | null | undefined;
  const refusal = body?.error ?? (body as Refusal | null | undefined);
  const target = refusal?.details?.[0]?.target;
  if (typeof target === 'string' && target !== '') return `Microsoft.Compute/${target}`;
  return refusal?.code === 'SubscriptionRequestsThrottled' ? armBucket(method) : undefined;
}

interface Refusal {
  readonly code?: unknown;
  readonly details?: readonly { readonly target?: unknown }[];
}
