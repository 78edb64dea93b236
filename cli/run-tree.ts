import type { RunState } from '../engine/run/run-state.ts';
import { hasEnded, RUN_WORDS } from '../engine/run/run-state.ts';
import type { ItemSummary, RunSummary, StepSummary } from '../engine/run/summary.ts';
import type { StepStatus } from '../engine/run/verdict.ts';
import type { RunModel } from './run-model.ts';
import { clockText, measuredClockText, plainText, toned } from './terminal.ts';
import type { Tone } from './terminal.ts';

/** How a tree is drawn: the reader's clock (milliseconds since 1970) and the screen. `rows` folds finished steps until it fits. */
export interface TreeView {
  readonly nowMs: number;
  readonly columns: number;
  readonly colour: boolean;
  readonly ascii?: boolean;
  readonly rows?: number;
}

/** Mark, word and colour of every status that a step can show. */
export const STATUS_WORDS = {
  pending: { mark: '◌', ascii: '.', word: 'pending', tone: 'dim' },
  waiting: { mark: '◐', ascii: 'w', word: 'waiting', tone: 'warn' },
  running: { mark: '●', ascii: '*', word: 'running', tone: 'busy' },
  retrying: { mark: '↻', ascii: '~', word: 'retrying', tone: 'warn' },
  succeeded: { mark: '✓', ascii: 'ok', word: 'succeeded', tone: 'good' },
  recovered: { mark: '✓', ascii: 'ok', word: 'recovered', tone: 'good' },
  skipped: { mark: '–', ascii: '-', word: 'skipped', tone: 'dim' },
  partially_failed: { mark: '±', ascii: '+-', word: 'partially failed', tone: 'bad' },
  failed: { mark: '✗', ascii: 'x', word: 'failed', tone: 'bad' },
  timed_out: { mark: '⧗', ascii: 't', word: 'timed out', tone: 'bad' },
  rolled_back: { mark: '↩', ascii: '<-', word: 'rolled back', tone: 'bad' },
  rollback_failed: { mark: '✗', ascii: 'x', word: 'rollback failed', tone: 'bad' },
  cancelled: { mark: '⊘', ascii: '/', word: 'cancelled', tone: 'dim' },
  unknown: { mark: '?', ascii: '?', word: 'unknown', tone: 'warn' },
} as const satisfies Record<StepStatus, { readonly mark: string; readonly ascii: string; readonly word: string; readonly tone: Tone }>;

const ITEMS_SHOWN_MAX = 12;
const NAME_WIDTH_MAX = 28;
const OPEN: ReadonlySet<StepStatus> = new Set<StepStatus>([
  'running',
  'retrying',
  'waiting',
  'failed',
  'timed_out',
  'unknown',
  'partially_failed',
  'rolled_back',
  'rollback_failed',
]);

/** A piece of a line with the colour of its meaning. */
interface Piece {
  readonly text: string;
  readonly tone?: Tone;
}

interface Line {
  readonly pieces: readonly Piece[];
  readonly right: string;
  /** Finished well: may be folded away when the screen is short. */
  readonly fine: boolean;
}

/** The whole tree of a run as lines: the head, then one line a step. Pure; the same model and view give the same lines. */
export function renderRunTree(model: RunModel, view: TreeView): string[] {
  const head = renderHead(model, view);
  return [...head, ...renderSteps(model, { ...view, ...(view.rows === undefined ? {} : { rows: view.rows - head.length }) })];
}

/** Who, what and how long: two lines, and one more where the address does not fit. */
export function renderHead({ run, snapshotAtMs }: RunModel, view: TreeView): string[] {
  const status: Piece[] = [markPiece(RUN_WORDS[run.status], runTone(run.status), view), { text: ` ${RUN_WORDS[run.status].word}` }];
  const head = `${run.runbook} #${run.number} · ${run.purpose} · ${run.environment}`;
  const elapsedMs =
    run.startedAt === undefined
      ? undefined
      : (run.endedAt === undefined ? view.nowMs : Date.parse(run.endedAt)) - Date.parse(run.startedAt);
  const right = [elapsedMs === undefined ? '' : ` ${clockText(elapsedMs)}`, ...objectiveTexts(run, view.nowMs - snapshotAtMs)].join('');
  const gap = Math.max(2, Math.min(48, view.columns - right.length - 14) - head.length);
  const scale = run.simulatedScale === undefined ? '' : ` · simulated estate, ${run.simulatedScale} times faster than Azure`;
  const from =
    run.calledBy === undefined ? '' : ` · called by run ${run.calledBy.number} (${run.calledBy.runbook}, ${plainText(run.calledBy.step)})`;
  const goesOn = run.retryOf === undefined ? '' : ` · goes on from run ${run.retryOf.number}`;
  const outage = run.outageAt === undefined ? '' : ` · outage since ${run.outageAt}`;
  const origin = `started by ${plainText(run.requester.name)}${from}${goesOn}${outage} · plan ${run.planHash.slice(0, 8)}${scale}`;
  const whole = `${origin} · ${run.url}`;
  const dim = (text: string): string => drawn([{ text, tone: 'dim' }], view);
  return [
    drawn([{ text: head, tone: 'strong' }, { text: ' '.repeat(gap) }, ...status, { text: right }], view),
    // An address that is cut off is of no use to anybody.
    ...(Array.from(whole).length <= view.columns ? [dim(whole)] : [dim(origin), dim(run.url)]),
    ...(run.clockSkew === undefined ? [] : [drawn([{ text: run.clockSkew, tone: 'warn' }], view)]),
  ];
}

/** One line a step, readiness checks as one line while all is well with them. */
export function renderSteps({ run }: RunModel, view: TreeView): string[] {
  const readiness = run.steps.filter((row) => row.section === 'readiness');
  const rest = run.steps.filter((row) => row.section !== 'readiness');
  const width = Math.min(NAME_WIDTH_MAX, Math.max(9, ...rest.map((row) => nameOf(row).length)));
  const context = { run, view, width };
  const calm = readiness.every((row) => !['failed', 'timed_out', 'unknown', 'partially_failed'].includes(row.status));
  const head = readiness.length === 0 ? [] : calm ? [readinessLine(readiness, context)] : readiness.map((row) => stepLine(row, context));
  const lines = [...head, ...rest.map((row) => stepLine(row, context))];
  return folded(lines, view.rows, view).map((line) => withRight(line, view));
}

/** `RTO 0:14 of 3:00`, with the verdict once there is one; `sinceMs` is how old the snapshot is. */
export function objectiveTexts(run: RunSummary, sinceMs: number): readonly string[] {
  const { rto, rpo } = run.objectives;
  const texts: string[] = [];
  if (rto?.elapsedMs !== undefined) {
    const runs = !hasEnded(run.status) && rto.verdict === 'not_measured';
    const word = rto.verdict === 'not_measured' ? '' : ` ${rto.verdict}`;
    const shown = runs ? clockText(rto.elapsedMs + Math.max(0, sinceMs)) : measuredClockText(rto.elapsedMs);
    texts.push(` · RTO ${shown} of ${clockText(rto.targetMs)}${word}`);
  }
  if (rpo?.measuredMs !== undefined && hasEnded(run.status)) {
    texts.push(` · RPO ${measuredClockText(rpo.measuredMs)} of ${clockText(rpo.targetMs)} ${rpo.verdict.replace('_', ' ')}`);
  }
  return texts;
}

interface RowContext {
  readonly run: RunSummary;
  readonly view: TreeView;
  readonly width: number;
}

function readinessLine(rows: readonly StepSummary[], context: RowContext): Line {
  const done = rows.every((row) => row.status === 'succeeded' || row.status === 'skipped');
  const status: StepStatus = done ? 'succeeded' : rows.some((row) => row.status !== 'pending') ? 'running' : 'pending';
  const checks = `${rows.length} ${rows.length === 1 ? 'check' : 'checks'}: ${rows.map((row) => row.id).join(', ')}`;
  const startedAt = rows.map((row) => row.startedAt).find((at) => at !== undefined);
  const endedAt = done ? rows.map((row) => row.endedAt).findLast((at) => at !== undefined) : undefined;
  const times = { ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }) };
  return line({ status, name: 'readiness', detail: [{ text: checks, tone: 'dim' }], times }, context);
}

function stepLine(row: StepSummary, context: RowContext): Line {
  return line({ status: row.status, name: nameOf(row), detail: detailOf(row, context), times: row }, context);
}

function line(
  row: {
    readonly status: StepStatus;
    readonly name: string;
    readonly detail: readonly Piece[];
    readonly times: { readonly startedAt?: string; readonly endedAt?: string };
  },
  { view, width }: RowContext,
): Line {
  const words = STATUS_WORDS[row.status];
  const name = row.name.length > width ? `${row.name.slice(0, width - 1)}…` : row.name.padEnd(width);
  const mark = markPiece(words, words.tone, view);
  const pieces = [{ ...mark, text: view.ascii === true ? mark.text.padEnd(2) : mark.text }, { text: ` ${name}  ` }, ...row.detail];
  return { pieces, right: durationOf(row.times, view.nowMs), fine: ['succeeded', 'recovered', 'skipped'].includes(row.status) };
}

function detailOf(row: StepSummary, { run, view }: RowContext): readonly Piece[] {
  if (row.error !== undefined && row.items.length === 0)
    return [{ text: `${row.error.kind}: ${plainText(row.error.message)}`, tone: 'bad' }];
  const called = row.calls === undefined ? [] : [`run ${row.calls.number} of ${row.calls.runbook}`];
  const waits = run.waitingFor.find((wait) => wait.step === row.path);
  if (waits !== undefined) {
    const who = waits.by.length === 0 ? '' : `waits for ${waits.by.join(', ')} · `;
    return [{ text: plainText(`${who}${waits.message.split('\n')[0] ?? ''}`), tone: 'warn' }];
  }
  if (row.items.length > 0) return [...itemPieces(row.items, view), ...keptPieces(row)];
  if (row.status === 'pending')
    return [{ text: row.section === 'finally' ? `finally, always · ${plainText(row.name)}` : plainText(row.name), tone: 'dim' }];
  const facts = [
    ...(row.keptFrom === undefined ? [] : [`kept from run ${row.keptFrom}`]),
    plainText(row.name),
    ...called,
    ...(row.attempt > 1 ? [`attempt ${row.attempt}`] : []),
    ...(row.status === 'running' && row.percent !== undefined ? [`${row.percent}%`] : []),
    ...(row.undoneBy === undefined ? [] : [`undone by ${plainText(row.undoneBy)}`]),
    ...(row.reason === undefined ? [] : [plainText(row.reason)]),
  ];
  return [{ text: facts.join(' · '), tone: 'dim' }];
}

function keptPieces({ keptFrom }: StepSummary): readonly Piece[] {
  return keptFrom === undefined ? [] : [{ text: `kept from run ${keptFrom}`, tone: 'dim' }];
}

function itemPieces(items: readonly ItemSummary[], view: TreeView): readonly Piece[] {
  const done = items.filter((item) => ['succeeded', 'recovered', 'skipped'].includes(item.status)).length;
  const shown =
    items.length <= ITEMS_SHOWN_MAX
      ? done === items.length && items.length > 4
        ? []
        : items
      : items.filter((item) => OPEN.has(item.status));
  const count: Piece = { text: `${done} of ${items.length}` };
  return [
    count,
    { text: '   ' },
    ...shown.flatMap((item): readonly Piece[] => [
      { text: `${plainText(item.key)} ` },
      itemMark(item, view),
      { text: `${itemFact(item)}  ` },
    ]),
  ];
}

function itemMark(item: ItemSummary, view: TreeView): Piece {
  return markPiece(STATUS_WORDS[item.status], STATUS_WORDS[item.status].tone, view);
}

function itemFact(item: ItemSummary): string {
  if (item.error !== undefined) return ` ${item.error.kind}: ${plainText(item.error.message)}`;
  if (item.status === 'unknown') return ' unknown';
  return item.status === 'running' && item.percent !== undefined ? ` ${item.percent}%` : '';
}

// Finished steps leave first, from the top; what needs eyes stays.
function folded(lines: readonly Line[], rows: number | undefined, view: TreeView): readonly Line[] {
  if (rows === undefined || lines.length <= rows) return lines;
  const leave = new Set(lines.filter((one) => one.fine).slice(0, lines.length - rows + 1));
  if (leave.size === 0) return lines.slice(0, Math.max(1, rows));
  const summary = { pieces: [markPiece(STATUS_WORDS.succeeded, 'good', view), { text: ` ${leave.size} steps` }], right: '', fine: true };
  return [summary, ...lines.filter((one) => !leave.has(one))].slice(0, Math.max(1, rows));
}

function withRight({ pieces, right }: Line, view: TreeView): string {
  const room = view.columns - right.length - 2;
  const left = cut(pieces, room);
  const pad = Math.max(2, Math.min(78, room) - widthOf(left));
  return drawn(right === '' ? left : [...left, { text: ' '.repeat(pad) }, { text: right, tone: 'dim' }], view);
}

function durationOf(times: { readonly startedAt?: string; readonly endedAt?: string }, nowMs: number): string {
  if (times.startedAt === undefined) return '';
  return clockText((times.endedAt === undefined ? nowMs : Date.parse(times.endedAt)) - Date.parse(times.startedAt));
}

// A step inside one member of a fan-out is named with that member.
function nameOf(row: StepSummary): string {
  const member = /\[([^\]]*)\]\/[^[\]]*$/.exec(row.path)?.[1];
  return `${'  '.repeat(row.depth)}${row.id}${member === undefined ? '' : ` ${member}`}`;
}

function markPiece(words: { readonly mark: string; readonly ascii: string }, tone: Tone | undefined, view: TreeView): Piece {
  const text = view.ascii === true ? words.ascii : words.mark;
  return tone === undefined ? { text } : { text, tone };
}

function runTone(status: RunState): Tone {
  if (status === 'succeeded') return 'good';
  if (['failed', 'partially_failed', 'timed_out', 'rejected', 'cancelled'].includes(status)) return 'bad';
  return status === 'running' ? 'busy' : 'warn';
}

function drawn(pieces: readonly Piece[], view: TreeView): string {
  return cut(pieces, view.columns)
    .map((piece) => toned(view.colour, piece.tone, piece.text))
    .join('')
    .trimEnd();
}

function cut(pieces: readonly Piece[], columns: number): readonly Piece[] {
  let room = columns;
  const kept: Piece[] = [];
  for (const piece of pieces) {
    const units = Array.from(piece.text);
    if (units.length > room) {
      if (room > 0) kept.push({ ...piece, text: `${units.slice(0, room - 1).join('')}…` });
      return kept;
    }
    kept.push(piece);
    room -= units.length;
  }
  return kept;
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + Array.from(piece.text).length, 0);
}
