import type { DriftStatus } from './words.ts';
import type { CheckState, MachineFact, PlanFact, Proof, ReadyWord } from '../../engine/recovery/recovery-state.ts';
import type { ScheduleState } from '../../engine/schedule/schedule-state.ts';
import type { WaitingGate } from '../../engine/gates/waiting-gate.ts';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import type { Finding } from '../../engine/language/diagnostics.ts';
import type { PlanRow } from '../../engine/plan/plan-record.ts';

/** An answer that was not the wanted one, in the words of the server. `status` 0: nobody answered. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly findings: readonly Finding[];

  constructor(status: number, code: string, message: string, findings: readonly Finding[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.findings = findings;
  }
}

export type Approval = WaitingGate;

/** A numbered line of a run's history. */
export interface RunEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly step?: string;
  readonly item?: string;
  readonly data: JsonObject;
}

/** A line of a run's log. */
export interface LogLine {
  readonly n: number;
  readonly at: string;
  readonly step: string;
  readonly item?: string;
  readonly stream: 'stdout' | 'stderr' | 'engine';
  readonly text: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly total: number;
  readonly dropped: number;
  readonly matching: number;
  readonly kept: 'files' | 'tail';
}

export interface RunbookRow {
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  readonly purposes: readonly string[];
  readonly environment: string;
  readonly path: string;
  readonly digest: string;
}

export interface RunbookDetail extends RunbookRow {
  readonly description?: string;
  readonly text: string;
  readonly inputs: JsonObject;
  readonly findings: readonly Finding[];
  readonly schedules: readonly { readonly id: string; readonly cron: string; readonly timezone: string; readonly enabled: boolean }[];
}

export interface PlanView {
  readonly planHash: string;
  readonly runbook: string;
  readonly severity: string;
  readonly environment: string;
  readonly purpose: string;
  readonly counts: Readonly<Record<'READ' | 'MUTATES' | 'UNKNOWN' | 'GATE', number>>;
  readonly steps: readonly PlanRow[];
  readonly notes: readonly string[];
}

export interface Slot {
  readonly slot: string;
  readonly outcome: 'run' | 'skipped' | 'missed';
  readonly reason?: string;
  readonly runId?: string;
  readonly at: string;
}

export interface Schedule {
  readonly id: string;
  readonly runbook: string;
  readonly environment: string;
  readonly checks?: true;
  readonly cron: string;
  readonly words?: string;
  readonly timezone: string;
  readonly state: ScheduleState;
  readonly overlap: string;
  readonly jitterMs: number;
  readonly failures: number;
  readonly next?: { readonly slot: string; readonly startsAt: string; readonly local: string };
  readonly pause?: { readonly reason: string; readonly by: string; readonly at: string; readonly until?: string };
  readonly last?: Slot;
}

export interface Slots {
  readonly timezone: string;
  readonly next: readonly {
    readonly slot?: string;
    readonly startsAt?: string;
    readonly local: string;
    readonly yours?: string;
    readonly note?: string;
  }[];
  readonly past: readonly Slot[];
}

/** Kill switch and freezes. */
export interface Controls {
  readonly kill: { readonly on: boolean; readonly reason?: string };
  readonly freezes: readonly { readonly id: string; readonly environments: readonly string[]; readonly holds: boolean }[];
}

/** An objective as the last drill measured it. */
export interface MeasuredObjective {
  readonly targetMs?: number;
  readonly measuredMs?: number;
  readonly verdict: string;
}

/** What is recovered together: what its drills prove, what its checks say. */
export interface Application {
  readonly app: string;
  readonly ready?: ReadyWord;
  readonly at?: string;
  readonly drills: readonly {
    readonly runbook: string;
    readonly proof: Proof;
    readonly last?: { readonly run: number; readonly endedAt: string };
    readonly dueAt?: string;
    readonly rto: MeasuredObjective;
    readonly rpo: MeasuredObjective;
    readonly changes: readonly string[];
  }[];
  readonly runbooks: readonly {
    readonly name: string;
    readonly ready?: ReadyWord;
    readonly at?: string;
    readonly checks: readonly {
      readonly check: string;
      readonly name: string;
      readonly state: CheckState;
      readonly message?: string;
      readonly at?: string;
      readonly run?: number;
    }[];
  }[];
  readonly recoveryPlans: readonly PlanReadiness[];
}

/** One row of the table of a recovery plan or a machine: what is, and what it is held against. */
export interface ReadinessFact {
  readonly fact: MachineFact | PlanFact;
  readonly state: ReadyWord;
  readonly is: string;
  readonly limit?: string;
  readonly message?: string;
}

interface Judged {
  readonly ready: ReadyWord;
  readonly message?: string;
  readonly at?: string;
  readonly run?: number;
  readonly facts: readonly ReadinessFact[];
}

/** A recovery plan with its machines. */
export interface PlanReadiness extends Judged {
  readonly plan: string;
  readonly machines: readonly (Judged & { readonly machine: string })[];
}

/** Applications, and where it was asked for the machines that replicate and that no drill covers. */
export interface RecoveryBoard {
  readonly items: readonly Application[];
  readonly uncovered?: { readonly machines: readonly { readonly machine: string }[]; readonly unread: readonly string[] };
}

/** How one machine stands to one document. */
export interface DriftRow {
  readonly key: string;
  readonly target: string;
  readonly environment: string;
  readonly document: string;
  readonly parameters?: JsonObject;
  readonly status: DriftStatus;
  readonly since: string;
  readonly checkedAt: string;
  readonly run: string;
  readonly runbook: string;
  readonly drifted: number;
  readonly unknown: number;
  readonly severity: string;
  readonly class?: string;
  readonly message?: string;
}

export interface DriftDifference {
  readonly resource: string;
  readonly path: string;
  readonly desired: JsonValue;
  readonly actual?: JsonValue;
  readonly phrase: string;
  readonly severity: string;
  readonly class: string;
  readonly persisting: boolean;
  readonly firstSeen: string;
}

export interface DriftTarget extends DriftRow {
  readonly targetId: string;
  readonly evidence?: string;
  readonly differences: readonly DriftDifference[];
  readonly unobserved: readonly { readonly resource: string; readonly path: string; readonly phrase: string }[];
  readonly resolved: readonly { readonly resource: string; readonly path: string; readonly class: string; readonly at: string }[];
  readonly checks: readonly {
    readonly at: string;
    readonly run: string;
    readonly runbook: string;
    readonly status: DriftStatus;
    readonly drifted: number;
    readonly unknown: number;
    readonly message?: string;
  }[];
}

export interface Workers {
  readonly items: readonly { readonly worker: string; readonly ready: boolean; readonly runs: number; readonly ageMs: number }[];
  readonly noWorkers: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** Sent to the window when the server says that nobody is signed in any more. */
export const SIGNED_OUT = 'runward-signed-out';

let offsetMs = 0;

/** The time of the server in milliseconds, as its last answer told it (to the second). */
export function serverNowMs(): number {
  return Date.now() + offsetMs;
}

/** Shows the server an API token once; from then on the browser sends a cookie that no script can read. Throws ApiProblem. */
export async function signIn(token: string): Promise<void> {
  await request('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) });
}

/** Takes the cookie away. Throws ApiProblem. */
export async function signOut(): Promise<void> {
  await request('/session', { method: 'DELETE' });
  dispatchEvent(new Event(SIGNED_OUT));
}

/** GET below `/api/v1`. Throws ApiProblem. */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return (await (await request(path, signal === undefined ? {} : { signal })).json()) as Answer;
}

/** POST below `/api/v1`; the key makes a repetition harmless. Throws ApiProblem. */
export async function post<Answer>(path: string, body: object, key: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return (await (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as Answer;
}

/** Any request below `/api/v1`; answers a response that is ok. Throws ApiProblem. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  // Only a script of this page can set a header, so a change that brings it was not made by another site.
  const headers = { ...(init.headers as Record<string, string> | undefined), 'x-runward-console': '1' };
  const response = await fetch(`/api/v1${path}`, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new ApiProblem(0, 'SERVER_UNREACHABLE', 'the server does not answer');
  });
  noteTime(response);
  if (response.ok) return response;
  if (response.status === 401) dispatchEvent(new Event(SIGNED_OUT));
  throw await problemOf(response);
}

function noteTime(response: Response): void {
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds, so less than one second apart says nothing.
  if (!Number.isNaN(date) && Math.abs(date - Date.now()) > 1500) offsetMs = date - Date.now();
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; findings?: readonly Finding[] };
  const detail = body.detail ?? `the server answered ${response.status} without saying why`;
  return new ApiProblem(response.status, body.code ?? 'UNKNOWN', detail, body.findings ?? []);
}
