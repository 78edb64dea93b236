import { CHECK_WORDS, type CheckState, type Proof, PROOF_WORDS, READY_WORDS, type ReadyWord } from '../engine/recovery/recovery-state.ts';
import { connect } from './api-client.ts';
import { isOn, type Flags } from './flags.ts';
import { OUTCOMES } from './output.ts';
import { type PlanReadinessView, readinessTable } from './readiness-table.ts';
import type { Session } from './program-options.ts';
import { ageText, clockText, measuredClockText, needsAscii, plainText, tableText } from './terminal.ts';

interface Objective {
  readonly targetMs?: number;
  readonly measuredMs?: number;
  readonly verdict: 'met' | 'breached' | 'exceeded' | 'severe' | 'critical' | 'not_measured';
}

/** A drill as the API shows it. */
export interface DrillView {
  readonly runbook: string;
  readonly proof: Proof;
  readonly last?: { readonly run: number; readonly status: string; readonly endedAt: string };
  readonly dueAt?: string;
  readonly rto: Objective;
  readonly rpo: Objective;
  readonly changes: readonly string[];
  readonly history: readonly {
    readonly run: number;
    readonly status: string;
    readonly endedAt: string;
    readonly rto: Objective;
    readonly rpo: Objective;
  }[];
}

/** An application as the API shows it. */
export interface ApplicationView {
  readonly app: string;
  readonly ready?: ReadyWord;
  readonly at?: string;
  readonly drills: readonly DrillView[];
  readonly recoveryPlans: readonly PlanReadinessView[];
  readonly runbooks: readonly {
    readonly name: string;
    readonly purposes: readonly string[];
    readonly ready?: ReadyWord;
    readonly at?: string;
    readonly everyMs?: number;
    readonly nextAt?: string;
    readonly checks: readonly {
      readonly check: string;
      readonly state: CheckState;
      readonly message?: string;
      readonly at?: string;
      readonly run?: number;
    }[];
  }[];
}

interface Board {
  readonly items: readonly ApplicationView[];
  readonly uncovered?: {
    readonly machines: readonly { readonly machine: string; readonly vault: string }[];
    readonly unread: readonly string[];
  };
}

const DAY_MS = 86_400_000;
const DIFFERENT_EXIT = 3;
const UNKNOWN_EXIT = 1;

/** `dr status`: the recovery board, or one application in full. */
export async function recoveryStatus(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const [app] = args;
  const nowMs = Date.now();
  const { items, uncovered }: Board =
    typeof app === 'string'
      ? { items: [await client.get<ApplicationView>(`/dr/${encodeURIComponent(app)}`)] }
      : await client.get<Board>('/dr?coverage=true');
  const exit = boardExit(items, uncovered);
  const json = { apiVersion: 'runward/v1', kind: 'RecoveryBoard', outcome: OUTCOMES[exit], items, uncovered };
  session.output.data({
    text: (wide) =>
      items.length === 0
        ? ''
        : typeof app === 'string'
          ? items.map((item) => shown(item, { nowMs, wide })).join('\n')
          : boardText(items, nowMs),
    json,
    lines: items,
    names: items.map((item) => item.app),
  });
  if (items.length === 0) session.output.say('no published runbook is for a drill, a failover or a failback');
  for (const line of uncoveredLines(uncovered)) session.output.say(line, 'bad');
  const next = items.flatMap(nextStep)[0];
  if (next !== undefined) session.output.say(`next: ${next}`);
  return isOn(flags, 'exitCode') ? exit : 0;
}

/** 1 when something is not known, 3 when something is not proven, not ready or not covered, else 0. */
export function boardExit(items: readonly ApplicationView[], uncovered?: Board['uncovered']): number {
  if ((uncovered?.unread.length ?? 0) > 0) return UNKNOWN_EXIT;
  const exits = items.flatMap((item) => [
    readyExit(item),
    item.drills.length > 0 && item.drills.every(({ proof }) => proof === 'proven') ? 0 : DIFFERENT_EXIT,
  ]);
  if ((uncovered?.machines.length ?? 0) > 0) exits.push(DIFFERENT_EXIT);
  return exits.includes(UNKNOWN_EXIT) ? UNKNOWN_EXIT : exits.includes(DIFFERENT_EXIT) ? DIFFERENT_EXIT : 0;
}

/** 0 ready, 3 at risk or not ready, 1 not known: also where there is no check. */
export function readyExit({ ready }: Pick<ApplicationView, 'ready'>): number {
  if (ready === 'not_ready' || ready === 'at_risk') return DIFFERENT_EXIT;
  return ready === 'ready' ? 0 : UNKNOWN_EXIT;
}

/** Readiness as a word; without checks nothing is known. */
export function readyText(ready: ReadyWord | undefined): string {
  return ready === undefined ? 'without readiness checks' : READY_WORDS[ready].word;
}

/** Every check of an application as a table. */
export function checkRows({ runbooks }: ApplicationView, nowMs: number): string {
  const rows = runbooks.flatMap(({ name, checks }) =>
    checks.map(({ check, state, at, run, message }) => [
      name,
      check,
      `${markOf(CHECK_WORDS[state])} ${CHECK_WORDS[state].word}`,
      at === undefined ? '-' : ageText(nowMs - Date.parse(at)),
      run === undefined ? '-' : String(run),
      message ?? '-',
    ]),
  );
  return rows.length === 0 ? '' : tableText(['RUNBOOK', 'CHECK', 'STATE', 'AGE', 'RUN', 'WHY'], rows);
}

function boardText(items: readonly ApplicationView[], nowMs: number): string {
  // Where an application has several drills each stands for itself: a small one must not hide that the large one is due.
  const many = items.some(({ drills }) => drills.length > 1);
  const headings = ['APP', ...(many ? ['RUNBOOK'] : []), 'PROOF', 'LAST-DRILL', 'DUE', 'RTO', 'RPO', 'READY'];
  const rows = items.flatMap((item): readonly (readonly string[])[] => {
    const name = (runbook: string): readonly string[] => [item.app, ...(many ? [runbook] : [])];
    if (item.drills.length === 0)
      return [[...name('-'), proofCell('never'), '-', '-', 'not measured', 'not measured', readyCell(item, nowMs)]];
    return item.drills.map((drill) => [
      ...name(drill.runbook),
      proofCell(drill.proof),
      lastCell(drill, nowMs, many),
      dueCell(drill, nowMs),
      objectiveCell(drill.rto),
      objectiveCell(drill.rpo),
      readyCell((many ? item.runbooks.find(({ name: own }) => own === drill.runbook) : undefined) ?? item, nowMs),
    ]);
  });
  return tableText(headings, rows);
}

function shown(item: ApplicationView, { nowMs, wide }: { readonly nowMs: number; readonly wide: boolean }): string {
  const drills = item.drills.flatMap((drill) => [
    `${proofCell(drill.proof)}   ${drill.runbook} · last ${lastCell(drill, nowMs, false)} · due ${dueCell(drill, nowMs)}`,
    ...drill.changes.map((change) => `    ${plainText(change)}`),
    ...drill.history.map(
      ({ run, status, endedAt, rto, rpo }) =>
        `    run ${run} ${status.replace('_', ' ')} ${endedAt.slice(0, 10)} · RTO ${objectiveCell(rto)} · RPO ${objectiveCell(rpo)}`,
    ),
  ]);
  const head = `${item.app} · ${item.ready === undefined ? '-' : `${markOf(READY_WORDS[item.ready])} ${readyText(item.ready)}`}`;
  const none = item.drills.length === 0 ? [`${proofCell('never')}   no runbook of ${item.app} is for a drill`] : [];
  return [head, ...none, ...drills, checkRows(item, nowMs), readinessTable(item.recoveryPlans, { nowMs, wide })]
    .filter((line) => line !== '')
    .join('\n');
}

function uncoveredLines(uncovered: Board['uncovered']): readonly string[] {
  if (uncovered === undefined) return [];
  const { machines, unread } = uncovered;
  const names = machines.map(({ machine }) => plainText(machine)).join(', ');
  return [
    ...(machines.length === 0 ? [] : [`${machines.length} machines replicate and no drill covers them: ${names}`]),
    ...unread.map((what) => `? not known which machines no drill covers: ${plainText(what)}`),
  ];
}

function proofCell(proof: Proof): string {
  return `${markOf(PROOF_WORDS[proof])} ${PROOF_WORDS[proof].word}`;
}

function readyCell({ ready, at }: Pick<ApplicationView, 'ready' | 'at'>, nowMs: number): string {
  if (ready === undefined) return '-';
  return at === undefined ? markOf(READY_WORDS[ready]) : `${markOf(READY_WORDS[ready])} ${ageText(nowMs - Date.parse(at))}`;
}

function lastCell({ last }: DrillView, nowMs: number, short: boolean): string {
  if (last === undefined) return '-';
  return short ? last.endedAt.slice(0, 10) : `${last.endedAt.slice(0, 10)} ${ageText(nowMs - Date.parse(last.endedAt))}`;
}

function dueCell({ dueAt }: DrillView, nowMs: number): string {
  if (dueAt === undefined) return '-';
  const leftMs = Date.parse(dueAt) - nowMs;
  if (leftMs >= DAY_MS) return `in ${Math.floor(leftMs / DAY_MS)}d`;
  return leftMs >= 0 ? `in ${ageText(leftMs)}` : `${ageText(-leftMs)} late`;
}

function objectiveCell({ measuredMs, targetMs, verdict }: Objective): string {
  if (measuredMs === undefined) return 'not measured';
  return `${measuredClockText(measuredMs)}${targetMs === undefined ? '' : ` of ${clockText(targetMs)} ${verdict.replace('_', ' ')}`}`;
}

function nextStep({ app, ready, drills }: ApplicationView): readonly string[] {
  if (ready === 'not_ready' || ready === 'at_risk') return [`runward dr status ${app}`];
  if (ready === 'unknown') return [`runward dr readiness ${app}`];
  const open = drills.find(({ proof }) => proof !== 'proven');
  return open === undefined ? [] : [`runward dr drill ${app} --runbook ${open.runbook}`];
}

function markOf(word: { readonly mark: string; readonly ascii: string }): string {
  return needsAscii(process.env) ? word.ascii : word.mark;
}
