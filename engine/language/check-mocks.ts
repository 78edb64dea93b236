import type { JsonObject, JsonValue } from '../json.ts';
import type { ResultFields } from '../values.ts';
import { inputsFrom, ms } from './build-steps.ts';
import { quoted, type Report } from './diagnostics.ts';
import { checkMap, checkValue } from './input-values.ts';
import { storedField } from './mock-values.ts';
import type { OutlinedStep } from './outline.ts';
import type { InputDefinition } from './runbook.ts';
import type { Mock, PersonWord } from './runbook-test.ts';
import type { MockSource, PersonSource } from './schema-test.ts';
import type { InputSource } from './schema-input.ts';
import type { WrittenCase } from './test-cases.ts';
import { nearestNode } from './test-cases.ts';
import { child, plainValue, pointerOf, type Segment } from './tree.ts';

const DURATION_MS = 1_000;
const ENDINGS = ['result', 'fail', 'unknown', 'unreachable', 'already_done', 'approve', 'deny', 'done', 'no_answer'] as const;
const OF_PEOPLE: readonly string[] = ['approve', 'deny', 'done', 'no_answer'];

type Ending = (typeof ENDINGS)[number];

/** A mock in its case: the step that it is for, where it is written, and where findings go. */
interface MockAt {
  readonly step: OutlinedStep;
  readonly written: WrittenCase;
  readonly path: readonly Segment[];
  readonly report: Report;
}

/** Checks the mocks of one step against what the step is, and builds them: one for each attempt. */
export function checkMocks(source: MockSource | readonly MockSource[], at: MockAt): readonly Mock[] {
  if (!Array.isArray(source)) return [checkMock(source as MockSource, at)];
  return (source as readonly MockSource[]).map((mock, index) => {
    const inner = { ...at, path: [...at.path, index] };
    if (mock.items !== undefined) wrong(inner, 'items stand in a mock of their own, not in a list', 'write the list below each item');
    return checkMock(mock, inner);
  });
}

function checkMock(source: MockSource, at: MockAt): Mock {
  const endings = ENDINGS.filter((name) => source[name] !== undefined);
  const ending = endingOf(source, endings);
  checkBody(source, endings, at);
  const items = Object.entries(source.items ?? {}).map(([key, inner]) => {
    const mocks = checkMocks(inner as MockSource | readonly MockSource[], { ...at, path: [...at.path, 'items', key] });
    return [key, mocks] as const;
  });
  return {
    ...builtEnding(source, ending, at),
    durationMs: source.duration === undefined ? DURATION_MS : ms(source.duration),
    items: Object.fromEntries(items),
  };
}

// A failure may bring the result that `success_if` and `until` judge.
function endingOf(source: MockSource, endings: readonly Ending[]): Ending | undefined {
  return endings.find((name) => name !== 'result') ?? (source.result === undefined ? undefined : 'result');
}

function checkBody(source: MockSource, endings: readonly Ending[], at: MockAt): void {
  const { body } = at.step;
  const rest = endings.filter((name) => name !== 'result');
  if (rest.length > 1) return wrong(at, `${rest.join(' and ')} exclude each other`, 'one mock is one ending; write a list for attempts');
  const [first] = rest;
  if (body === 'approval' || body === 'manual') return checkPeople(source, first, at);
  if (body !== 'uses' && body !== 'run') {
    return wrong(at, `${article(body)} is carried out as it is`, 'only actions, scripts, approvals and manual steps are mocked');
  }
  if (first !== undefined && OF_PEOPLE.includes(first)) return wrong(at, `it asks nobody, so ${first} says nothing`, 'see the reference');
  const { effect } = at.step;
  if (effect === 'read' && (first === 'unknown' || first === 'already_done'))
    wrong(at, `it only reads, so it is never ${first}`, 'use fail, unreachable or a result');
  if (first === 'already_done' && body === 'run' && effect !== 'guarded')
    wrong(at, 'only effect guarded looks whether the work is done', 'use a result with changed, or declare the effect');
  if (source.produced !== undefined && at.step.action?.produces !== true)
    wrong(at, 'it produces no machines', 'produced is for actions that make machines');
}

function checkPeople(source: MockSource, first: Ending | undefined, at: MockAt): void {
  const { body } = at.step;
  if (first === undefined && Object.keys(source.items ?? {}).length > 0) return;
  const wanted = body === 'approval' ? ['approve', 'deny', 'no_answer'] : ['done', 'deny', 'no_answer'];
  if (first !== undefined && wanted.includes(first) && source.result === undefined && source.produced === undefined) return;
  wrong(at, `it is ${article(body)} step`, `say ${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1) ?? ''}`);
}

function article(body: OutlinedStep['body']): string {
  return body === 'approval' || body === 'assert' ? `an ${body}` : `a ${body === 'steps' ? 'block of steps' : (body ?? 'step')}`;
}

function builtEnding(source: MockSource, ending: Ending | undefined, at: MockAt) {
  const result = resultOf(source, at);
  switch (ending) {
    case undefined:
    case 'result':
      return { kind: 'answer', result, produced: source.produced ?? [] } as const;
    case 'fail': {
      const { kind, message, exit_code: exitCode } = source.fail ?? {};
      const given = Object.fromEntries(Object.entries({ kind, message, exitCode }).filter(([, value]) => value !== undefined));
      return { kind: 'fail', failure: given, result } as const;
    }
    case 'already_done':
      return { kind: ending, result } as const;
    case 'unknown':
    case 'unreachable':
    case 'no_answer':
      return { kind: ending } as const;
    case 'approve':
    case 'deny':
    case 'done':
      return { kind: 'people', words: wordsOf(source, ending, at) } as const;
  }
}

const SCRIPT_RESULT: ResultFields = { stdout: 'string', stderr: 'string', exit_code: 'int' };

function resultOf(source: MockSource, at: MockAt): Readonly<Record<string, JsonValue>> {
  const fields = at.step.body === 'run' ? SCRIPT_RESULT : (at.step.action?.result ?? {});
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(source.result ?? {})) {
    const stored = storedField(fields, name, value as JsonValue);
    if (stored.ok) kept[name] = stored.value;
    else wrong({ ...at, path: [...at.path, 'result', name] }, stored.problem, 'results are typed as in the reference of the action');
  }
  return kept;
}

function wordsOf(source: MockSource, answer: PersonWord['answer'], at: MockAt): readonly PersonWord[] {
  const persons = [source[answer] ?? []].flat() as readonly PersonSource[];
  return persons.map((person, index) => {
    const isList = Array.isArray(source[answer]);
    const path = [...at.path, answer, ...(isList ? [index] : [])];
    const form = formOf(person, answer, { ...at, path });
    return {
      answer,
      by: person.by,
      groups: (person.groups ?? []).map((group) => group.replace(/^group:/, '')),
      afterMs: ms(person.after ?? source.duration ?? '1s'),
      ...(person.reason === undefined ? {} : { reason: person.reason }),
      ...(form === undefined ? {} : { form }),
    };
  });
}

// A yes brings the whole form, a no may bring none. What a test leaves out is the empty value of its type, as in results, if the form takes it.
function formOf(person: PersonSource, answer: PersonWord['answer'], at: MockAt): JsonObject | undefined {
  const node = child(child(at.step.node, at.step.body ?? ''), 'form');
  if (node === undefined && person.form === undefined) return undefined;
  if (answer === 'deny' && person.form === undefined) return undefined;
  const definitions = inputsFrom((node === undefined ? {} : plainValue(node)) as unknown as Readonly<Record<string, InputSource>>);
  const checked = checkMap(definitions, { ...emptyForm(definitions), ...(person.form as JsonObject | undefined) }, '');
  if (checked.ok) return checked.value as JsonObject;
  const [problem] = checked.problems;
  wrong({ ...at, path: [...at.path, 'form'] }, `form ${problem?.pointer ?? ''} ${problem?.reason ?? ''}`, problem?.bounds ?? '');
  return undefined;
}

function emptyForm(definitions: Readonly<Record<string, InputDefinition>>): JsonObject {
  const fields = Object.entries(definitions).flatMap(([name, definition]) => {
    const empty = emptyInput(definition);
    return definition.default === undefined && empty !== undefined && checkValue(definition, empty, '').ok ? [[name, empty] as const] : [];
  });
  return Object.fromEntries(fields);
}

/** As a person would give it; undefined for types of which no value is empty. */
function emptyInput({ type, fields }: InputDefinition): JsonValue | undefined {
  switch (type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'duration':
      return '0s';
    case 'array':
      return [];
    case 'object':
      return emptyForm(fields ?? {});
    case 'datetime':
    case 'azure_id':
    case 'file':
    case 'secret':
      return undefined;
  }
}

function wrong(at: MockAt, problem: string, advice: string): void {
  const node = nearestNode(at.written.tree, at.path);
  const span = node.kind === 'map' ? (node.entries[0]?.keySpan ?? node.span) : node.span;
  at.report('RW602', { span, pointer: `${at.written.pointer}${pointerOf(at.path)}` }, { step: quoted(at.step.id), problem, advice });
}
