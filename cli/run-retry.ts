import { randomUUID } from 'node:crypto';
import { RunwardError } from '../engine/errors.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, isOn, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { readInputs } from './inputs.ts';
import type { Session } from './program-options.ts';
import { consentOf } from './run-control.ts';
import { resolveRun } from './run-reference.ts';
import { inputShapes } from './run-start.ts';
import { snapshot } from './follow-run.ts';
import { plainText } from './terminal.ts';
import { watchRun } from './watch-run.ts';

/** What a retry would do, as the API answers it. */
export interface RetryPreview {
  readonly run: { readonly id: string; readonly number: number; readonly runbook: string; readonly status: string };
  readonly mode: string;
  readonly planHash: string;
  readonly samePlan: boolean;
  readonly severity: 'mild' | 'moderate' | 'severe';
  readonly environment: string;
  readonly steps: readonly {
    readonly path: string;
    readonly name: string;
    readonly becomes: 'kept' | 'again' | 'partly' | 'left_out' | 'undo';
    readonly kind: string;
    readonly again: readonly string[];
    readonly kept: number;
  }[];
  readonly changing: number;
  readonly inputs: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
  readonly notes: readonly string[];
}

/** `run retry`: a new run, linked to the old one, that keeps what succeeded. The preview is shown before anything is asked. */
export async function retryRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const { run } = await snapshot(client, await resolveRun(client, argument(args, 0)));
  const pairs = pairsOf(flags, 'i');
  const inputs = pairs.length === 0 ? undefined : await readInputs(pairs, undefined, await inputShapes(client, run.runbook, flags));
  return startAgain(session, client, { run, path: 'retry', asked: given({ ...modeOf(flags), inputs }), flags });
}

/** `run rollback`: a new run, linked to the old one, that undoes what the old one has done and not undone. */
export async function rollbackRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const { run } = await snapshot(client, await resolveRun(client, argument(args, 0)));
  return startAgain(session, client, { run, path: 'rollback', asked: {}, flags });
}

async function startAgain(
  session: Session,
  client: ApiClient,
  {
    run,
    path,
    asked,
    flags,
  }: { readonly run: RunSummary; readonly path: 'retry' | 'rollback'; readonly asked: object; readonly flags: Flags },
): Promise<number> {
  const preview = await client.post<RetryPreview>(`/runs/${run.id}/${path}?dryRun=true`, asked);
  for (const line of previewLines(preview)) session.output.say(line);
  if (isOn(flags, 'dryRun')) {
    session.output.data({ text: () => previewLines(preview).join('\n'), json: preview, names: preview.steps.map((step) => step.path) });
    return 0;
  }
  const level = preview.severity === 'severe' ? 'severe' : 'moderate';
  const what = `${path === 'retry' ? 'retry' : 'roll back'} run ${run.number} of ${run.runbook} in ${preview.environment}`;
  const consent = await confirmDanger(session, { level, what, name: run.runbook }, consentOf(flags));
  const key = textFlag(flags, 'idempotencyKey') ?? randomUUID();
  const next = await client.post<RunSummary>(`/runs/${run.id}/${path}`, { ...asked, planHash: preview.planHash, ...consent }, key);
  session.output.say(`run ${next.number} ${next.status} · goes on from run ${run.number} · ${next.url}`);
  const watches = flags['wait'] === true || (flags['wait'] !== false && session.output.stdout.isTTY === true);
  if (watches) return watchRun(session, client, next.id, { stopWhenWaiting: false });
  session.output.data({ text: () => String(next.number), json: next, names: [String(next.number)] });
  session.output.say(`next: runward run watch ${next.number}`);
  return 0;
}

const WORDS = { kept: '✓ kept', again: '↻ again', partly: '↻ partly', left_out: '– left out', undo: '↻ undone' } as const;

/** What a retry does, one line a step, with what it changes. */
export function previewLines(preview: RetryPreview): readonly string[] {
  const { run, steps, changing, inputs, planHash, samePlan } = preview;
  const width = Math.max(...steps.map(({ path }) => path.length));
  const rows = steps.map((step) => {
    const detail = step.becomes === 'partly' ? `${step.kept} kept · again: ${step.again.map(plainText).join(', ')}` : plainText(step.name);
    return `  ${WORDS[step.becomes].padEnd(10)}  ${step.kind.padEnd(7)}  ${step.path.padEnd(width)}  ${detail}`;
  });
  return [
    `run ${run.number} of ${run.runbook} ${run.status} · ${preview.severity} · ${preview.environment} · ${samePlan ? 'same plan' : 'new plan'} ${planHash.slice(0, 8)}`,
    ...inputs.map(({ name, before, after }) => `  input ${name}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`),
    ...rows,
    preview.mode === 'rollback'
      ? `${changing} ${changing === 1 ? 'step is' : 'steps are'} undone, the last one first; then finally runs`
      : `${changing} ${changing === 1 ? 'step that changes something runs' : 'steps that change something run'} again`,
    ...preview.notes,
  ];
}

function modeOf(flags: Flags): { readonly mode: string; readonly step?: string } {
  const from = textFlag(flags, 'from');
  const only = textFlag(flags, 'only');
  const asked = [isOn(flags, 'failed'), from !== undefined, only !== undefined].filter(Boolean).length;
  if (asked > 1) throw new RunwardError('USAGE_FLAG', '--failed, --from and --only: give one of the three');
  if (from !== undefined) return { mode: 'from', step: from };
  return only === undefined ? { mode: 'failed' } : { mode: 'only', step: only };
}
