import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, apiClient } from '../../cli/api-client.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import type { Waiting } from '../../engine/run/waiting.ts';

/** What a person answers when a run asks about a step that failed or that nobody knows about. */
export type Verdict = (asked: Waiting, run: RunSummary) => string | Promise<string>;

/** How a run is attended to. `onManual` is called while a person has been asked to look, before the answer is given. */
export interface Attention {
  readonly withinMs: number;
  readonly form?: Readonly<Record<string, unknown>>;
  readonly onManual?: (run: RunSummary) => Promise<void>;
  readonly verdict?: Verdict;
  /** Called at each look at the run. */
  readonly onLook?: (run: RunSummary) => Promise<void>;
}

/** People who start runs and answer what they ask. */
export interface Attendants {
  readonly start: (runbook: string, inputs?: Readonly<Record<string, unknown>>) => Promise<RunSummary>;
  /** Answers everything that a run asks until it has ended. Throws with its open steps when that takes too long. */
  readonly attend: (run: RunSummary, attention: Attention) => Promise<RunSummary>;
}

/** Between two looks at a run, in milliseconds: each reads all of it. */
const LOOK_MS = 50;
const UNDER_WAY = ['queued', 'running', 'waiting', 'cancelling'];
const GROUPS = ['dr-approvers', 'shop-business', 'team-shop', 'platform-leads', 'backup-team'];

/** Makes an operator who starts runs and two people who may approve everything that the shipped runbooks ask. `admin` makes their tokens. */
export async function attendants(admin: ApiClient): Promise<Attendants> {
  const person = async (owner: string, role: string): Promise<ApiClient> => {
    const body = { name: `${owner} at the desk`, owner, groups: GROUPS, grants: [{ role, runbook: '*', environment: '*' }] };
    const { token } = await admin.post<{ token: string }>('/tokens', body, randomUUID());
    return apiClient({ baseUrl: admin.baseUrl, token, fetch });
  };
  const operator = await person('olga', 'operator');
  const people = [await person('dana', 'approver'), await person('erik', 'approver')];
  return {
    start: async (runbook, inputs = {}) => {
      const plan = await operator.post<{ planHash: string }>('/plans', { runbook, inputs }, randomUUID());
      return operator.post<RunSummary>('/runs', { planHash: plan.planHash, reason: 'test', confirm: runbook }, randomUUID());
    },
    attend: (run, attention) => attend({ operator, people, answered: new Set() }, run, attention),
  };
}

interface Desk {
  readonly operator: ApiClient;
  readonly people: readonly ApiClient[];
  /** Questions that were answered already: a worker that was killed has not read the answer yet. */
  readonly answered: Set<string>;
}

async function attend(desk: Desk, run: RunSummary, attention: Attention): Promise<RunSummary> {
  const untilMs = Date.now() + attention.withinMs;
  for (;;) {
    const now = await desk.operator.get<RunSummary>(`/runs/${run.id}?wait=1s`);
    await attention.onLook?.(now);
    const asks = now.waitingFor.filter(({ kind }) => ['approval', 'manual', 'resolve'].includes(kind));
    if (
      !UNDER_WAY.includes(now.status) &&
      (asks.length === 0 || (attention.verdict === undefined && asks.every(({ kind }) => kind === 'resolve')))
    )
      return now;
    for (const asked of asks) await answer(desk, { run: now, asked, attention });
    await delay(LOOK_MS);
    if (Date.now() > untilMs) throw new Error(`run ${now.number} (${now.runbook}) is still ${now.status}: ${openSteps(now)}`);
  }
}

async function answer(
  desk: Desk,
  { run, asked, attention }: { readonly run: RunSummary; readonly asked: Waiting; readonly attention: Attention },
): Promise<void> {
  const question = `${asked.stepKey} ${asked.kind} ${asked.message}`;
  if (desk.answered.has(question)) return;
  const reason = 'test';
  const key = randomUUID();
  const gateId = encodeURIComponent(`${run.number}.${asked.step}`);
  if (asked.kind === 'approval') {
    const gate = await desk.operator.get<{ need: number }>(`/approvals/${gateId}`).catch(() => undefined);
    if (gate === undefined) return;
    for (const person of desk.people.slice(0, gate.need))
      await person.post(`/approvals/${gateId}/approve`, { planHash: run.planHash, reason }, randomUUID());
  } else if (asked.kind === 'manual') {
    await attention.onManual?.(run);
    await desk.people[0]?.post(`/runs/${run.id}/steps/${asked.stepKey}/done`, { reason, form: attention.form ?? {} }, key);
  } else if (attention.verdict !== undefined) {
    const as = await attention.verdict(asked, run);
    await desk.people[1]?.post(`/runs/${run.id}/steps/${asked.stepKey}/resolve`, { as, reason, confirm: run.runbook }, key);
  }
  desk.answered.add(question);
}

function openSteps({ steps, waitingFor }: RunSummary): string {
  const open = steps.filter(({ status }) => !['succeeded', 'pending', 'skipped'].includes(status));
  return JSON.stringify(
    { waitingFor, open: open.map(({ path, status, reason, error, items }) => ({ path, status, reason, error, items })) },
    null,
    1,
  );
}
