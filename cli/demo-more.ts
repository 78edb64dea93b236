import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RunwardError } from '../engine/errors.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import type { DemoLines } from './demo-lines.ts';
import { projectRoot } from './project-root.ts';

const DRIFT_RUNBOOK = 'drift-check';
const WATCHED_RUNBOOK = 'recovery-readiness';
const LOOK_MS = 1_000;

interface DriftRow {
  readonly target: string;
  readonly status: 'drifted' | 'unknown' | 'compliant' | 'notApplicable';
}

interface ScheduleView {
  readonly next?: { readonly slot: string };
  readonly last?: { readonly slot: string; readonly outcome: string; readonly runId?: string };
}

/** Checks every machine of the estate against its configuration, prints and answers who drifted. Unknown is never counted as compliant. */
export async function reportDrift(lines: DemoLines, client: ApiClient): Promise<readonly string[]> {
  let run = await client.post<RunSummary>('/runs', { runbook: DRIFT_RUNBOOK, inputs: {}, reason: 'demo' }, randomUUID());
  while (!hasEnded(run.status)) run = await client.get<RunSummary>(`/runs/${run.id}?wait=5s`);
  const { items } = await client.get<{ readonly items: readonly DriftRow[] }>('/drift');
  const named = (status: DriftRow['status']): readonly string[] => items.filter((row) => row.status === status).map(({ target }) => target);
  const text = (word: string, targets: readonly string[]): string =>
    `${targets.length} ${word}${targets.length === 0 ? '' : ` (${targets.join(', ')})`}`;
  const [drifted, unknown] = [named('drifted'), named('unknown')];
  lines.line(
    'drift',
    `linux-baseline on ${items.length} machines: ${named('compliant').length} compliant, ${text('drifted', drifted)}, ${text('unknown', unknown)}`,
    drifted.length + unknown.length > 0 ? 'warn' : 'good',
  );
  return drifted;
}

/**
 * Switches a shipped schedule on by publishing its runbook so, says when it fires next, and then, while people watch, that it did. Ends
 * when the signal aborts.
 */
export async function watchSchedule(lines: DemoLines, client: ApiClient, signal: AbortSignal): Promise<void> {
  const file = `runbooks/${WATCHED_RUNBOOK}.yaml`;
  const text = (await readFile(join(projectRoot(), file), 'utf8')).replace('enabled: false', 'enabled: true');
  await publish(client, { path: file, text });
  const path = `/schedules/${WATCHED_RUNBOOK}.minutely`;
  const { next } = await client.get<ScheduleView>(path);
  if (next === undefined) return;
  lines.line('schedule', `${WATCHED_RUNBOOK} is switched on and fires next at ${next.slot.slice(11, 16)} UTC`);
  while (!signal.aborted) {
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const { last } = await client.get<ScheduleView>(path);
    if (last === undefined || last.slot < next.slot) continue;
    const run = last.runId === undefined ? undefined : await client.get<RunSummary>(`/runs/${last.runId}`);
    const what = run === undefined ? last.outcome : `run ${run.number} was started by its schedule · ${run.url}`;
    lines.line('fired', `${WATCHED_RUNBOOK} at ${last.slot.slice(11, 16)} UTC: ${what}`, 'good');
    return;
  }
}

async function publish(client: ApiClient, file: { readonly path: string; readonly text: string }): Promise<void> {
  const answer = await fetch(`${client.baseUrl}/api/v1/runbooks`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files: [file] }),
  });
  if (!answer.ok) throw new RunwardError('CONFLICT_STATE', `${file.path} was not published: ${await answer.text()}`);
}
