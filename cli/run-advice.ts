import type { RunSummary } from '../engine/run/summary.ts';
import { plainText } from './terminal.ts';

const OPEN: ReadonlySet<string> = new Set(['running', 'retrying', 'waiting', 'failed', 'timed_out', 'unknown']);

type Wait = RunSummary['waitingFor'][number];

/** What is wrong and what is waited for, below the tree of a run. */
export function attentionLines(run: RunSummary): readonly string[] {
  const errors = run.steps.flatMap((row) => [
    ...(row.error === undefined ? [] : [errorLine(row.path, row.error)]),
    ...row.items.flatMap((item) => (item.error === undefined ? [] : [errorLine(`${row.path}[${item.key}]`, item.error)])),
  ]);
  const waits = run.waitingFor.map((wait) => {
    const until = wait.deadline === undefined ? '' : ` until ${wait.deadline}`;
    const mark = wait.kind === 'resolve' ? '?' : '◐';
    const how = wait.kind === 'resolve' ? askedOf(run, wait) : waitWords(wait);
    return `${mark} ${wait.step === '' ? 'start' : wait.step}  ${how}${until}: ${plainText(wait.message)}`;
  });
  const why = run.reason === undefined || run.status === 'waiting' ? [] : [`reason: ${plainText(run.reason)}`];
  const lines = [...why, ...pausedLines(run), ...errors, ...waits];
  return lines.length === 0 ? [] : ['', ...lines];
}

function errorLine(path: string, { kind, message, code, place }: NonNullable<RunSummary['steps'][number]['error']>): string {
  const where = code === undefined || place === undefined ? '' : ` · ${code} ${place.file}:${place.line}:${place.column}`;
  return `✗ ${path}  ${kind}: ${plainText(message)}${plainText(where)}`;
}

function waitWords({ kind, by }: Wait): string {
  if (kind === 'approval' || kind === 'manual' || kind === 'timer') return `waits for ${by.join(', ') || 'its time'}`;
  return `held by ${kind.replace('_', ' ')}`;
}

function askedOf(run: RunSummary, wait: Wait): string {
  const status = run.steps.flatMap((row) => [row, ...row.items.map((item) => ({ ...item, path: `${row.path}[${item.key}]` }))]);
  const unknown = status.find(({ path }) => path === wait.step)?.status === 'unknown';
  return unknown ? 'nobody knows whether it happened; nothing was sent again' : 'failed, and a person is asked';
}

function pausedLines(run: RunSummary): readonly string[] {
  if (run.pause === undefined) return [];
  const [first, ...others] = run.locks ?? [];
  const count = others.length === 0 ? '1 target stays' : `${others.length + 1} targets stay`;
  const held = first === undefined ? '' : `; ${count} locked since ${first.since}`;
  return [`‖ nothing new starts since ${run.pause.at}${held}; its time goes on`];
}

/** The commands that bring a run on from where it stands, ready to be copied, each with its consequence where there is a choice. */
export function nextCommands(run: RunSummary): readonly string[] {
  const { number } = run;
  const gates = run.waitingFor
    .filter(({ kind }) => kind === 'approval')
    .map((wait) => `next: runward approval approve "${number}.${wait.step}"`);
  if (gates.length > 0) return gates;
  const asked = run.waitingFor.filter(({ kind }) => kind === 'resolve');
  if (asked.length > 0) return asked.flatMap((wait) => answerLines(run, wait));
  if (run.pause !== undefined && run.endedAt === undefined) return columns('go on with one of:', pauseCommands(run));
  const called = run.steps.find(({ calls, status }) => calls !== undefined && OPEN.has(status));
  if (called?.calls !== undefined) return [`next: runward run show ${called.calls.number}`];
  if (run.endedAt === undefined) return [`next: runward run watch ${number}`];
  const locked = run.cleanup === 'incomplete' ? ['its cleanup was given up and its targets are locked: runward lock list'] : [];
  if (run.status === 'succeeded') return [...locked, `next: runward evidence export ${number}`];
  return [
    ...locked,
    ...columns('go on with one of:', [
      [`runward run retry ${number} --reason "…"`, 'a new run does again what did not succeed, and keeps the rest'],
      [`runward evidence export ${number}`, 'the signed proof of what happened'],
    ]),
  ];
}

function pauseCommands({ number, pause }: RunSummary): readonly (readonly [string, string])[] {
  const who =
    pause?.cause === 'parked'
      ? 'it goes on where it stands; needs an admin, who has found out why it was parked'
      : 'it goes on where it stands';
  return [
    [`runward run resume ${number}`, who],
    [`runward run cancel ${number} --reason "…"`, 'nothing new starts, cleanup runs'],
  ];
}

function answerLines(run: RunSummary, wait: Wait): readonly string[] {
  const confirm = wait.level === 'severe' ? ` --confirm=${run.runbook}` : '';
  const rows = (wait.answers ?? []).map(({ as, operation, consequence }): readonly [string, string] => {
    const said = as === 'adopt' ? `--adopt "${operation ?? 'OPERATION'}"` : `--as ${as}`;
    return [`runward run resolve ${run.number} "${wait.step}" ${said} --reason "…"${confirm}`, consequence];
  });
  return columns(`answer one of, for ${wait.step}:`, rows);
}

function columns(head: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return [head, ...rows.map(([command, consequence]) => `  ${command.padEnd(width)}   ${consequence}`)];
}
