import { parentPort, workerData } from 'node:worker_threads';
import { actions } from '../../engine/actions/registry.ts';
import type { JsonValue } from '../../engine/json.ts';
import { evaluate, type Scope } from '../../engine/language/expression.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import { durationValue, timeValue } from '../../engine/values.ts';

// Runs in a thread of its own, so that an expression that does not end can be told from one that is slow.

/** What the thread is given. */
export interface FuzzOrder {
  readonly seed: number;
  readonly cases: number;
}

/** What it reports: how far it is, and everything that must not be. */
export type FuzzReport =
  | { readonly kind: 'at'; readonly done: number; readonly text: string }
  | {
      readonly kind: 'ended';
      readonly evaluated: number;
      readonly sound: number;
      readonly findings: number;
      readonly wrong: readonly string[];
    };

const NUMBERS = Array.from({ length: 2000 }, (_, index) => index);
const SCOPE: Scope = {
  inputs: { limit: 3, ratio: 0.5, wait: durationValue(900_000), names: ['a', 'b'] },
  long: 'x'.repeat(65_536),
  numbers: NUMBERS,
  vars: { at: timeValue(0), map: { k: [1, 2], __proto: 'x' } },
  steps: { a: { status: 'succeeded', attempts: 1, outputs: { out: '{"a": [1]}' } }, b: { status: 'skipped', outputs: null } },
  run: { id: 'r', number: 7, purpose: 'drill' },
  targets: { web: NUMBERS.slice(0, 400).map((index) => ({ name: `web-${index}`, tags: { ring: 'a' }, port: null })) },
};

const NAMES =
  'inputs.limit inputs.ratio inputs.wait inputs.names long numbers vars.at vars.map steps.a.outputs.out steps.a.status steps.b.outputs run.number run.id targets.web targets.web[0].name inputs vars steps run x y constructor __proto__ this globalThis process inputs.constructor vars.map["__proto__"] targets.web[99999] steps.zz.outputs.q'.split(
    ' ',
  );
const LITERALS =
  '1 0 -1 9223372036854775807 1.5 1e308 "a" "" "\\u0000" \'😀\' true false null [] [1,2] {} {"a":1} b"x" 0x10 1u duration("1h") duration("x") timestamp("2026-01-01T00:00:00Z") now() 1/0 "${{" "}}"'.split(
    ' ',
  );
const OPERATORS = '+ - * / % == != < <= > >= && || in'.split(' ');
const METHODS =
  'contains startsWith endsWith trim split substring indexOf lowerAscii upperAscii join size getHours getSeconds matches constructor toString bind call valueOf'.split(
    ' ',
  );
const FUNCTIONS =
  'size int double string bool duration timestamp type max min sum default json lines glob has now rw_spend rw_flat eval Function require cel.bind'.split(
    ' ',
  );
const MACROS = 'all exists exists_one filter map'.split(' ');

/** A generator of numbers below a bound; the same for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Roll = (below: number) => number;

function pick(roll: Roll, from: readonly string[]): string {
  return from[roll(from.length)] ?? '';
}

function expression(roll: Roll, depth: number): string {
  const inner = (): string => expression(roll, depth - 1);
  if (depth <= 0) return roll(2) === 0 ? pick(roll, NAMES) : pick(roll, LITERALS);
  switch (roll(12)) {
    case 0:
    case 1:
      return `${inner()} ${pick(roll, OPERATORS)} ${inner()}`;
    case 2:
      return `(${inner()})`;
    case 3:
      return `${inner()}.${pick(roll, METHODS)}(${roll(2) === 0 ? '' : inner()})`;
    case 4:
      return `${pick(roll, FUNCTIONS)}(${[inner(), inner(), inner()].slice(0, roll(4)).join(', ')})`;
    case 5:
    case 6:
      return `${inner()}.${pick(roll, MACROS)}(${pick(roll, ['x', 'y', 'inputs', '1'])}, ${inner()})`;
    case 7:
      return `${inner()} ? ${inner()} : ${inner()}`;
    case 8:
      return `[${inner()}, ${inner()}]`;
    case 9:
      return `{${pick(roll, LITERALS)}: ${inner()}}`;
    case 10:
      return `${pick(roll, ['!', '-', '--', '!!'])}${inner()}`;
    default:
      return `${inner()}[${inner()}]`;
  }
}

function hostile(roll: Roll): string {
  const times = 1 + roll(400);
  const unit = pick(roll, [
    '(',
    '[',
    '{',
    '!',
    '-',
    '"',
    "'",
    '.map(x, x + x)',
    ' + numbers',
    ' + long',
    '.a',
    '[0]',
    ' ? 1 : ',
    '${{',
    '\\',
    '\u0000',
    '😀',
    '*',
  ]);
  const around = [
    (body: string) => body,
    (body: string) => `[numbers]${body}`,
    (body: string) => `numbers.all(x, size(numbers${body}) > 0)`,
    (body: string) => `numbers.map(x, numbers.filter(y, y == x${body}))`,
    (body: string) => `glob(long, "${'*x'.repeat(times % 100)}z"${body})`,
    (body: string) => `json("${'['.repeat(times)}"${body})`,
    (body: string) => `targets.web.all(t, t in targets.web${body}) && targets.web == targets.web`,
  ][roll(7)];
  return (around ?? String)(unit.repeat(times));
}

function caseOf(roll: Roll): string {
  const kind = roll(10);
  if (kind < 6) return expression(roll, 1 + roll(4));
  if (kind === 6) return hostile(roll);
  const text = expression(roll, 3);
  const at = roll(text.length + 1);
  const junk = pick(roll, ['', '"', ')', '${{ ', '}}', '\n', '\u{1f600}', '#', '\t', '//', 'é', '\u202e', ': ']);
  return kind === 8
    ? text.slice(0, at) + junk + text.slice(at + roll(3))
    : String.fromCodePoint(...Array.from({ length: roll(30) }, () => 32 + roll(700)));
}

/** True for what a record can store: no function, no class, nothing that is shared with the program. */
function isPlain(value: JsonValue | undefined): boolean {
  if (value === null || typeof value !== 'object')
    return typeof value !== 'function' && typeof value !== 'bigint' && typeof value !== 'undefined';
  if (Array.isArray(value)) return (value as readonly JsonValue[]).every(isPlain);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: a, title: A, owner: team-a }
purpose: operations
environment: test
timeout: 1h
inputs: { limit: { type: integer, default: 1 }, names: { type: array, items: { type: string }, default: [] } }
vars: { at: "\${{ now() }}" }
steps:
`;

/** Checks expressions as conditions of one document; every finding about one must stand inside its quotes. */
function misplaced(texts: readonly string[], counted: { findings: number }): readonly string[] {
  const quoted = texts.map((text) => JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, '?'));
  const lines = quoted.map((text, index) => `  - { id: s${index}, wait: 1s, if: ${text} }`);
  const { findings } = loadDocuments([{ path: 'a.yaml', text: `${HEAD}${lines.join('\n')}\n` }], { actions });
  const first = HEAD.split('\n').length;
  return findings.flatMap(({ pointer, line, column, endLine, endColumn, code, message }) => {
    const step = /^\/steps\/(\d+)\/if$/.exec(pointer)?.[1];
    if (step === undefined)
      return pointer.startsWith('/inputs') || pointer.startsWith('/vars') ? [] : [`${code} at ${pointer}: ${message}`];
    counted.findings += 1;
    const before = Array.from(`  - { id: s${step}, wait: 1s, if: `).length + 1;
    const after = before + Array.from(quoted[Number(step)] ?? '').length;
    const inside = line === first + Number(step) && endLine === line && column >= before && endColumn <= after && column <= endColumn;
    return inside ? [] : [`${code} ${line}:${column}-${endColumn} outside of ${quoted[Number(step)] ?? ''}`];
  });
}

const BATCH = 20;

function fuzz({ seed, cases }: FuzzOrder): void {
  const roll = dice(seed);
  const wrong: string[] = [];
  const counted = { findings: 0 };
  const scopeBefore = JSON.stringify(SCOPE);
  const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).join();
  let sound = 0;
  for (let done = 0; done < cases; done += BATCH) {
    const texts = Array.from({ length: BATCH }, () => caseOf(roll));
    for (const text of texts) {
      parentPort?.postMessage({ kind: 'at', done, text } satisfies FuzzReport);
      const outcome = evaluate(text, SCOPE, 0);
      if (outcome.ok) sound += 1;
      if (outcome.ok && !isPlain(outcome.value)) wrong.push(`a value that is not data: ${text}`);
    }
    wrong.push(...misplaced(texts, counted));
  }
  if (JSON.stringify(SCOPE) !== scopeBefore) wrong.push('the scope has changed');
  if (Object.getOwnPropertyNames(Object.prototype).join() !== prototypeBefore) wrong.push('the prototype of all objects has changed');
  parentPort?.postMessage({ kind: 'ended', evaluated: cases, sound, findings: counted.findings, wrong } satisfies FuzzReport);
}

fuzz(workerData as FuzzOrder);
