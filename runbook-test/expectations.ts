import { canonicalJson, type JsonObject, type JsonValue } from '../engine/json.ts';
import { evaluate } from '../engine/language/expression.ts';
import { formatDuration, parseDurationMs } from '../engine/language/duration.ts';
import { formatInstant } from '../engine/language/instant.ts';
import type { Place } from '../engine/language/runbook.ts';
import type { TestCase } from '../engine/language/runbook-test.ts';
import type { Segment } from '../engine/language/tree.ts';
import { countRows } from '../engine/plan/plan-record.ts';
import { scopeAt } from '../engine/run/scope.ts';
import { summarize } from '../engine/run/summary.ts';
import { statusOf } from '../engine/run/verdict.ts';
import type { StepRecord } from '../engine/run/record.ts';
import { storedDurationMs, storedTimeMs } from '../engine/values.ts';
import type { Played } from './play-case.ts';

/** An expectation that does not hold, and where it is written. */
export interface Difference {
  readonly message: string;
  readonly at: Place;
}

type Ran = Extract<Played, { readonly kind: 'ran' }>;
type Found = readonly (readonly [path: readonly Segment[], message: string])[];

/** Everything that a case expects and that did not come, in the order of the document. */
export function differences(one: TestCase, played: Played): readonly Difference[] {
  const found = played.kind === 'refused' ? refusedDifferences(one, played) : ranDifferences(one, played);
  return found
    .map(([path, message]) => ({ message, at: one.placeOf(path) }))
    .toSorted((left, right) => left.at.line - right.at.line || left.at.column - right.at.column);
}

function refusedDifferences({ expect }: TestCase, { findings }: Extract<Played, { readonly kind: 'refused' }>): Found {
  const codes = findings.map(({ code }) => code as string);
  const wanted = expect.diagnostics ?? [];
  const texts = findings.map(({ code, message }) => `${code} ${message}`).join('; ');
  if (wanted.length === 0) return [[['expect'], `no plan was made: ${texts}`]];
  const others = Object.keys(expect).filter((key) => key !== 'diagnostics');
  return [
    ...wanted.flatMap((code, index) =>
      codes.includes(code) ? [] : [[['expect', 'diagnostics', index], `${code} is not among: ${texts}`] as const],
    ),
    ...others.map((key) => [['expect', key], `no plan was made, so there is no ${key}: ${texts}`] as const),
  ];
}

function ranDifferences(one: TestCase, ran: Ran): Found {
  const { expect } = one;
  const at = ['expect'] as const;
  return [
    ...(expect.diagnostics ?? []).map(
      (code, index) => [[...at, 'diagnostics', index], `${code} was not found: the plan was made`] as const,
    ),
    ...runDifferences(one, ran),
    ...stepDifferences(one, ran),
    ...orderDifferences(one, ran),
    ...startDifferences(one, ran),
    ...rollbackDifferences(one, ran),
    ...planDifferences(one, ran),
    ...outputDifferences(one, ran),
    ...assertDifferences(one, ran),
    ...ran.unmocked.map(
      (id) => [['mocks'], `step "${id}" asked a person, and no mock answers: say approve, deny, done or no_answer`] as const,
    ),
    ...ran.unplayed.map((late) => [['events', one.events.indexOf(late.event)], `this event never came: ${eventText(late)}`] as const),
  ];
}

function runDifferences({ expect }: TestCase, { run, plan, journal, virtualMs, endedAtMs }: Ran): Found {
  const found: (readonly [readonly Segment[], string])[] = [];
  const why = [...(run.reason === undefined ? [] : [run.reason]), ...journal.refused].join('; ');
  if (expect.status !== undefined && run.state !== expect.status)
    found.push([['expect', 'status'], `the run is ${run.state}${why === '' ? '' : ` (${why})`}, expected ${expect.status}`]);
  if (expect.phase !== undefined && run.phase !== expect.phase)
    found.push([['expect', 'phase'], `the run is in phase ${run.phase}, expected ${expect.phase}`]);
  if (expect.reason !== undefined && !(run.reason ?? '').includes(expect.reason))
    found.push([['expect', 'reason'], `the reason is "${run.reason ?? ''}", expected to hold "${expect.reason}"`]);
  const { objectives } = summarize({ run, steps: [...journal.records.values()], plan, pendingCommands: 0, nowMs: endedAtMs, baseUrl: '' });
  for (const name of ['rto', 'rpo'] as const) {
    const wanted = expect.objectives?.[name];
    const verdict = objectives[name]?.verdict ?? 'not_measured';
    if (wanted !== undefined && verdict !== wanted)
      found.push([['expect', 'objectives', name], `${name} is ${verdict}, expected ${wanted}`]);
  }
  const maxMs = expect.duration === undefined ? undefined : (parseDurationMs(expect.duration.max) ?? 0);
  if (maxMs !== undefined && virtualMs > maxMs)
    found.push([
      ['expect', 'duration', 'max'],
      `the run took ${formatDuration(virtualMs)}, expected at most ${expect.duration?.max ?? ''}`,
    ]);
  return found;
}

function stepDifferences({ expect }: TestCase, { journal }: Ran): Found {
  const records = [...journal.records.values()];
  const steps = Object.entries(expect.steps ?? {}).flatMap(([id, wanted]) => {
    const own = records.filter((record) => record.path === id || (record.stepId === id && record.itemKey === undefined));
    return other(own, wanted).map((text) => [['expect', 'steps', id], `${id} is ${text}, expected ${wanted}`] as const);
  });
  const items = Object.entries(expect.items ?? {}).flatMap(([id, keys]) =>
    Object.entries(keys).flatMap(([key, wanted]) => {
      const own = records.filter(({ stepId, itemKey }) => stepId === id && itemKey === key);
      return other(own, wanted).map((text) => [['expect', 'items', id, key], `${id}[${key}] is ${text}, expected ${wanted}`] as const);
    }),
  );
  return [...steps, ...items];
}

// A step inside a fan-out has one record for each item: all of them must be as expected, and the first that is not is told.
function other(records: readonly StepRecord[], wanted: string): readonly string[] {
  if (records.length === 0) return wanted === 'pending' ? [] : ['pending'];
  const wrong = records.find((record) => statusOf(record) !== wanted);
  if (wrong === undefined) return [];
  const why = wrong.error?.message ?? wrong.reason;
  return [`${statusOf(wrong)}${why === undefined ? '' : ` (${why})`}`];
}

function orderDifferences({ expect }: TestCase, { journal }: Ran): Found {
  const { begun } = journal;
  const order = expect.order ?? [];
  let from = 0;
  for (const [index, id] of order.entries()) {
    const found = begun.findIndex((step, at) => at >= from && isNamed(step, id));
    if (found < 0) {
      const after = index === 0 ? 'did not begin' : `did not begin after ${order[index - 1] ?? ''}`;
      return [[['expect', 'order', index], `${id} ${after}; steps began as ${begun.map(({ path }) => path).join(', ')}`]];
    }
    from = found + 1;
  }
  return [];
}

function startDifferences({ expect }: TestCase, { journal: { begun } }: Ran): Found {
  return (expect.not_started ?? []).flatMap((id, index) =>
    begun.some((step) => isNamed(step, id)) ? [[['expect', 'not_started', index], `${id} began`] as const] : [],
  );
}

function rollbackDifferences({ expect }: TestCase, { journal: { seen } }: Ran): Found {
  const undone = [...seen.values()].filter(({ record }) => record.undoneBy !== undefined || statusOf(record) === 'rolled_back');
  return (expect.rolled_back ?? []).flatMap((id, index) =>
    undone.some(({ record, path }) => isNamed({ stepId: record.stepId, path }, id))
      ? []
      : [
          [
            ['expect', 'rolled_back', index],
            `${id} was not undone; undone: ${undone.map(({ path }) => path).join(', ') || 'nothing'}`,
          ] as const,
        ],
  );
}

// An id names a step wherever it stands, a path one place of it; both mean every item there.
function isNamed({ stepId, path }: { readonly stepId: string; readonly path: string }, name: string): boolean {
  return stepId === name || path === name || path.startsWith(`${name}[`);
}

function planDifferences({ expect }: TestCase, { plan }: Ran): Found {
  const counts = countRows(plan.rows);
  const seen = { read: counts.READ, mutates: counts.MUTATES, unknown: counts.UNKNOWN, gate: counts.GATE };
  return (['read', 'mutates', 'unknown', 'gate'] as const).flatMap((kind) => {
    const wanted = expect.plan?.[kind];
    return wanted === undefined || wanted === seen[kind]
      ? []
      : [[['expect', 'plan', kind], `the plan has ${seen[kind]} of ${kind}, expected ${wanted}`] as const];
  });
}

function outputDifferences({ expect }: TestCase, { run }: Ran): Found {
  return Object.entries(expect.outputs ?? {}).flatMap(([name, wanted]) => {
    const seen = canonicalJson(written(run.outputs?.[name] ?? null));
    const text = canonicalJson(wanted);
    return seen === text ? [] : [[['expect', 'outputs', name], `output ${name} is ${seen}, expected ${text}`] as const];
  });
}

function assertDifferences({ expect }: TestCase, { plan, run, journal, endedAtMs }: Ran): Found {
  const view = { run, steps: journal.records };
  // A test looks at the whole run: also into blocks, where a step of the runbook could not. Only items keep what is inside them.
  const inside = [...journal.records.keys()].filter((path) => !path.includes('[')).map((path) => path.slice(0, path.lastIndexOf('/') + 1));
  const scopes = [...new Set(['', ...inside])].map((prefix) => scopeAt({ plan, view, prefix, bindings: [], nowMs: endedAtMs }));
  const steps = Object.assign({}, ...scopes.map((scope) => scope['steps'])) as JsonObject;
  return (expect.assert ?? []).flatMap((text, index) => {
    const outcome = evaluate(text, { ...scopes[0], steps }, endedAtMs);
    if (outcome.ok && outcome.value === true) return [];
    const message = outcome.ok ? `${text} is ${JSON.stringify(written(outcome.value))}` : `${text}: ${outcome.message}`;
    return [[['expect', 'assert', index], message] as const];
  });
}

/** A stored value as an author writes it: durations and times as text. */
function written(value: JsonValue): JsonValue {
  const durationMs = storedDurationMs(value);
  if (durationMs !== undefined) return formatDuration(durationMs);
  const timeMs = storedTimeMs(value);
  if (timeMs !== undefined) return formatInstant(timeMs);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(written);
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, item]) => [name, written(item ?? null)]));
}

function eventText({ event: { when }, isLate }: Ran['unplayed'][number]): string {
  if (when.kind === 'at') return 'the run ended before its time';
  return isLate
    ? `${when.step} was ${when.is}, and the run ended before it; give the step a mock with a duration`
    : `${when.step} was never ${when.is}`;
}
