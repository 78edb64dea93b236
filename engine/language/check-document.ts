import { checkGiven } from './check-given.ts';
import { cronProblem, restrictsBothDays, shortestPeriodMs } from './cron.ts';
import { cycleFrom } from './cycle.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { parseExpression } from './expression-parse.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { isTimeZone, parseInstantMs } from './instant.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { reportZone } from './report-zone.ts';
import { splitTemplate } from './template.ts';
import { child, entriesOf, entryOf, itemsOf, pointerOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** Checks vars, objectives, schedules and the purpose of a runbook. */
export function checkDocument(root: TreeNode, steps: readonly OutlinedStep[], report: Report): void {
  checkVars(root, report);
  checkObjectives(root, steps, report);
  const schedules = itemsOf(child(child(root, 'triggers'), 'schedules'));
  schedules.forEach((schedule, index) => checkSchedule(schedule, index, { root, report }));
  reportTwins(schedules, report);
  checkFreeze(root, report);
}

function checkVars(root: TreeNode, report: Report): void {
  const vars = entriesOf(child(root, 'vars'));
  const reads = new Map(vars.map((entry) => [entry.key, varsIn(entry.value)]));
  const reported = new Set<string>();
  for (const entry of vars) {
    const cycle = cycleFrom(entry.key, reads);
    if (cycle === undefined || reported.has(entry.key)) continue;
    for (const name of cycle) reported.add(name);
    report('RW413', { span: entry.keySpan, pointer: pointerOf(['vars', entry.key]) }, { path: [...cycle, entry.key].join(' → ') });
  }
}

function varsIn(node: TreeNode): readonly string[] {
  if (node.kind === 'map') return node.entries.flatMap((entry) => varsIn(entry.value));
  if (node.kind === 'list') return node.items.flatMap(varsIn);
  const template = splitTemplate(String(node.value));
  if (!template.ok) return [];
  return template.parts.flatMap((part) => {
    const parsed = part.kind === 'expression' ? parseExpression(part.text) : undefined;
    if (parsed?.ok !== true) return [];
    return parsed.expression.paths.flatMap((path) => (path.root === 'vars' ? path.fields.slice(0, 1).map((field) => field.name) : []));
  });
}

function checkObjectives(root: TreeNode, steps: readonly OutlinedStep[], report: Report): void {
  const objectives = entryOf(root, 'objectives');
  if (objectives === undefined) return;
  const clock = child(objectives.value, 'clock');
  const hasEnds = child(clock, 'start') !== undefined && child(clock, 'stop') !== undefined;
  if (child(objectives.value, 'rto') !== undefined && !hasEnds) report('RW222', { span: objectives.keySpan, pointer: '/objectives' }, {});
  const ids = steps.filter((step) => step.section === 'steps').map((step) => step.id);
  for (const key of ['start', 'stop']) {
    const node = child(clock, key);
    const id = textOf(node);
    if (node === undefined || id === undefined || ids.includes(id) || (key === 'start' && id === 'run')) continue;
    const near = nearest(id, ids);
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    report('RW412', { span: node.span, pointer: `/objectives/clock/${key}`, ...suggestion }, { id: quoted(id) });
  }
}

function checkSchedule(schedule: TreeNode, index: number, { root, report }: { readonly root: TreeNode; readonly report: Report }): void {
  const path = ['triggers', 'schedules', index];
  checkClockPattern(schedule, path, report);
  checkSpan(schedule, path, report);
  checkJitter(schedule, path, report);
  checkScheduleInputs(schedule, [...path, 'inputs'], { root, report });
}

function checkSpan(schedule: TreeNode, path: readonly Segment[], report: Report): void {
  const until = child(schedule, 'until');
  const [fromMs, untilMs] = [child(schedule, 'from'), until].map((node) => parseInstantMs(textOf(node) ?? ''));
  if (until === undefined || fromMs === undefined || untilMs === undefined || untilMs > fromMs) return;
  report('RW207', { span: until.span, pointer: pointerOf([...path, 'until']) }, { key: quoted('until'), bound: 'after from' });
}

// A slot that could start after the next one would hold that one back, and no preview would be right.
function checkJitter(schedule: TreeNode, path: readonly Segment[], report: Report): void {
  const jitter = child(schedule, 'jitter');
  const jitterMs = parseDurationMs(textOf(jitter) ?? '');
  const cron = textOf(child(schedule, 'cron'));
  if (jitter === undefined || jitterMs === undefined || cron === undefined || cronProblem(cron) !== undefined) return;
  const periodMs = shortestPeriodMs(cron);
  if (jitterMs <= periodMs) return;
  const bound = `at most ${formatDuration(periodMs)}, the shortest time between two slots`;
  report('RW207', { span: jitter.span, pointer: pointerOf([...path, 'jitter']) }, { key: quoted('jitter'), bound });
}

// Of two with one id only one would ever fire.
function reportTwins(schedules: readonly TreeNode[], report: Report): void {
  const seen = new Set<string>();
  schedules.forEach((schedule, index) => {
    const node = child(schedule, 'id');
    const id = textOf(node);
    if (node === undefined || id === undefined) return;
    const marks = { what: 'schedule', id: quoted(id), input: quoted('id'), problem: 'belongs to another schedule already' };
    const place = {
      span: node.span,
      pointer: pointerOf(['triggers', 'schedules', index, 'id']),
      hint: 'each schedule has an id of its own',
    };
    if (seen.has(id)) report('RW414', place, marks);
    seen.add(id);
  });
}

/** Checks `cron`, `timezone` and `day_match` of a schedule or a window. */
export function checkClockPattern(schedule: TreeNode, path: readonly Segment[], report: Report): void {
  const at = (key: string): string => pointerOf([...path, key]);
  const cron = child(schedule, 'cron');
  const text = textOf(cron);
  if (cron !== undefined && text !== undefined) {
    const reason = cronProblem(text);
    if (reason !== undefined) report('RW214', { span: cron.span, pointer: at('cron') }, { text: quoted(text), reason });
    else if (restrictsBothDays(text) && child(schedule, 'day_match') === undefined)
      report('RW216', { span: cron.span, pointer: at('cron') }, {});
  }
  const zone = child(schedule, 'timezone');
  const zoneName = textOf(zone);
  if (zone !== undefined && zoneName !== undefined && !isTimeZone(zoneName)) {
    reportZone(zoneName, { span: zone.span, pointer: at('timezone'), fixable: true }, report);
  }
}

function checkScheduleInputs(
  schedule: TreeNode,
  path: readonly Segment[],
  { root, report }: { readonly root: TreeNode; readonly report: Report },
): void {
  const pointer = pointerOf(path);
  const id = quoted(textOf(child(schedule, 'id')) ?? '');
  const inputs = child(root, 'inputs');
  const given = entryOf(schedule, 'inputs');
  for (const entry of entriesOf(given?.value)) {
    const definition = child(inputs, entry.key);
    if (definition !== undefined) {
      checkGiven(entry, definition, { path: [...path, entry.key], report });
      continue;
    }
    const near = nearest(
      entry.key,
      entriesOf(inputs).map((input) => input.key),
    );
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    report(
      'RW414',
      { span: entry.keySpan, pointer: `${pointer}/${entry.key}`, ...suggestion },
      { what: 'schedule', id, input: quoted(entry.key), problem: 'unknown' },
    );
  }
  const span = given?.keySpan ?? child(schedule, 'id')?.span ?? schedule.span;
  for (const input of entriesOf(inputs)) {
    if (child(input.value, 'default') !== undefined || child(given?.value, input.key) !== undefined) continue;
    report('RW414', { span, pointer }, { what: 'schedule', id, input: quoted(input.key), problem: 'missing' });
  }
}

// Whether the person who starts it may pass a freeze is asked at the start.
function checkFreeze(root: TreeNode, report: Report): void {
  const freeze = child(root, 'freeze');
  const purpose = child(root, 'purpose');
  if (textOf(freeze) !== 'exempt' || freeze === undefined) return;
  const purposes = purpose?.kind === 'list' ? purpose.items.map(textOf) : [textOf(purpose)];
  if (!purposes.includes('failover')) report('RW511', { span: freeze.span, pointer: '/freeze' }, {});
}
