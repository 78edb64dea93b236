import { didYouMean, type FindingPlace, quoted, type Report, shown } from './diagnostics.ts';
import { parseDurationMs } from './duration.ts';
import { checkTypes, readable, type TypeIssue, type TypeScope } from './expression-check.ts';
import { GLOBAL_FUNCTIONS, METHODS } from './expression-functions.ts';
import { type Call, type Expression, parseExpression, type Range } from './expression-parse.ts';
import type { ExpectedType, ExpressionPlace } from './expression-places.ts';
import type { ComparedWord } from './expression-words.ts';
import { isTimeZone, parseInstantMs } from './instant.ts';
import { checkPaths, type Names } from './check-names.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { reportZone } from './report-zone.ts';
import { spanInScalar } from './scalar-offsets.ts';
import type { ScopeTypes } from './scope-types.ts';
import { soleExpression, splitTemplate } from './template.ts';
import { pointerOf } from './tree.ts';

/** What expressions of one runbook are checked against, and what is learnt on the way. */
export interface ExpressionChecking {
  readonly names: Names;
  readonly scopes: ScopeTypes;
  readonly report: Report;
  /** Inputs that some expression reads. */
  readonly usedInputs: Set<string>;
}

/** An expression with its place: reports inside it are mapped to the document. */
export interface PlacedExpression {
  readonly place: ExpressionPlace;
  readonly text: string;
  readonly offset: number;
  /** The place in the document of a range of the expression. */
  readonly at: (range: Range) => FindingPlace;
}

/** Checks one value: delimiters, syntax, limits, names, types. Returns the type when the value is one sound expression. */
export function checkPlace(place: ExpressionPlace, checking: ExpressionChecking): string | undefined {
  const text = String(place.node.value);
  const pointer = pointerOf(place.path);
  if (place.form === 'cel') {
    const open = text.indexOf('${{');
    if (open < 0) return checkExpression(placed(place, text, 0), checking);
    const span = spanInScalar(place.node, open, Math.max(open + 3, text.indexOf('}}') + 2));
    checking.report('RW309', { span, pointer }, { problem: 'not allowed here' });
    return undefined;
  }
  const template = splitTemplate(text);
  if (!template.ok) {
    checking.report('RW309', { span: spanInScalar(place.node, template.offset, template.offset + 3), pointer }, { problem: 'not closed' });
    return undefined;
  }
  const whole = soleExpression(template) !== undefined;
  const { expected: _, ...inText } = place;
  let type: string | undefined;
  for (const part of template.parts)
    if (part.kind === 'expression') type = checkExpression(placed(whole ? place : inText, part.text, part.start), checking);
  if (template.parts.every((part) => part.kind === 'text')) reportLooksLike(place, text, checking.report);
  return whole ? type : undefined;
}

function placed(place: ExpressionPlace, text: string, offset: number): PlacedExpression {
  const pointer = pointerOf(place.path);
  return {
    place,
    text,
    offset,
    at: ({ start, end }) => ({ span: spanInScalar(place.node, offset + start, offset + Math.max(end, start)), pointer }),
  };
}

function checkExpression(placedHere: PlacedExpression, checking: ExpressionChecking): string | undefined {
  const { text, at } = placedHere;
  const { report } = checking;
  const parsed = parseExpression(text);
  if (!parsed.ok) {
    if (parsed.kind === 'limit') report('RW308', at(parsed.range), { limit: parsed.message });
    else report('RW301', { ...at(parsed.range), hint: 'look at the marked place' }, { message: parsed.message });
    return undefined;
  }
  const { expression } = parsed;
  const functionsFit = checkFunctions(expression, placedHere, report);
  const read = checkPaths(expression, placedHere, checking);
  if (!functionsFit || read === undefined) return undefined;
  return checkResult(placedHere, checking, read);
}

const TIME = 'google\\.protobuf\\.Timestamp';
const DURATION = 'google\\.protobuf\\.Duration';

const EXPECTED: Readonly<Record<ExpectedType, { readonly words: string; readonly fits: RegExp }>> = {
  bool: { words: 'bool', fits: /^bool$/ },
  list: { words: 'a list', fits: /^list/ },
  order: {
    words: 'text, a number, a duration or a time',
    fits: new RegExp(`^(string|int|double|${DURATION}|${TIME})$`),
  },
  duration: { words: 'a duration', fits: new RegExp(`^(${DURATION}|string)$`) },
  time: { words: 'a time', fits: new RegExp(`^(${TIME}|string)$`) },
};

function checkResult(placedHere: PlacedExpression, checking: ExpressionChecking, read: readonly OutlinedStep[]): string | undefined {
  const { place, text, at } = placedHere;
  const scope = checking.scopes(place.standing, read);
  const answer = checkTypes(text, scope);
  if (!answer.ok) {
    reportIssue(answer.issue, at(answer.issue.range), checking.report);
    return undefined;
  }
  for (const range of answer.overMaps) checking.report('RW310', at(range), {});
  for (const word of answer.words) reportWord(word, at(word.range), checking.report);
  const expected = place.expected === undefined ? undefined : EXPECTED[place.expected];
  const fits = expected === undefined || answer.type === 'dyn' || expected.fits.test(answer.type);
  const trimmed = { start: text.length - text.trimStart().length, end: text.trimEnd().length };
  if (!fits) checking.report('RW304', at(trimmed), { found: article(answer.type, scope), expected: expected.words });
  return fits ? answer.type : undefined;
}

function reportWord({ text, allowed }: ComparedWord, place: FindingPlace, report: Report): void {
  if (allowed.includes(text)) return;
  const near = nearest(text, allowed);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: `"${near}"` };
  report(
    'RW206',
    { ...place, ...suggestion },
    { value: quoted(text), list: allowed.length > 8 ? `${allowed.slice(0, 8).join(', ')}, …` : allowed.join(', ') },
  );
}

function article(type: string, scope: TypeScope): string {
  return readable(type, scope);
}

function reportIssue(issue: TypeIssue, place: FindingPlace, report: Report): void {
  if (issue.kind === 'type') return report('RW304', place, { found: issue.found, expected: issue.expected });
  if (issue.kind === 'other')
    return report('RW301', { ...place, hint: issue.hint ?? 'look at the types of the values' }, { message: issue.message });
  const near = nearest(issue.field, issue.known);
  const has =
    issue.known.length === 0 ? 'it has no fields' : `it has ${issue.known.slice(0, 8).join(', ')}${issue.known.length > 8 ? ', …' : ''}`;
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  report('RW305', { ...place, ...suggestion }, { field: quoted(issue.field), type: issue.type, has });
}

function checkFunctions(expression: Expression, { text, at }: PlacedExpression, report: Report): boolean {
  let fits = true;
  for (const call of expression.calls) {
    const known = call.method ? METHODS : GLOBAL_FUNCTIONS;
    const range = call.method ? methodRange(text, call.name, call.range) : call.range;
    if (!known.has(call.name)) {
      fits = false;
      const near = nearest(call.name, known);
      const other = call.method ? GLOBAL_FUNCTIONS : METHODS;
      const hint =
        call.name === 'matches'
          ? 'matches: use glob or contains'
          : other.has(call.name)
            ? `write ${call.method ? `${call.name}(x)` : `x.${call.name}()`}`
            : near === undefined
              ? 'the list of functions is closed'
              : didYouMean(near);
      report('RW302', { ...at(range), hint, ...(near === undefined ? {} : { fix: near }) }, { function: quoted(call.name) });
    }
    checkLiteral(call, at, report);
  }
  return fits;
}

// What only the run would find otherwise: durations, times and zones that are written out.
function checkLiteral({ name, method, node }: Call, at: PlacedExpression['at'], report: Report): void {
  const [argument] = node.op === 'call' ? node.args[1] : node.op === 'rcall' ? node.args[2] : [];
  if (argument?.op !== 'value' || typeof argument.args !== 'string') return;
  const place = at({ start: argument.start, end: argument.end });
  const text = argument.args;
  if (method) {
    if (ZONED.test(name) && !isTimeZone(text)) reportZone(text, { ...place, fixable: false }, report);
  } else if (name === 'duration' && parseDurationMs(text) === undefined) report('RW213', place, { text: quoted(text) });
  else if (name === 'timestamp' && parseInstantMs(text) === undefined)
    report('RW205', place, {
      key: 'timestamp()',
      type: 'a time with an offset',
      found: quoted(text),
      example: '2026-03-29T02:00:00+01:00',
    });
}

const ZONED = /^get(?:FullYear|Month|Date|DayOfMonth|DayOfWeek|DayOfYear|Hours|Minutes|Seconds|Milliseconds)$/;

// A method call spans from its receiver; only the name is to change.
function methodRange(text: string, name: string, range: Range): Range {
  const found = text.slice(range.start, range.end).lastIndexOf(`.${name}`);
  const start = found < 0 ? range.start : range.start + found + 1;
  return { start, end: start + name.length };
}

const LOOKS_LIKE = /^(?:steps|inputs|vars|targets|target|item|run|result)\.[a-z_][\w.[\]'"]*$/;

// A text of people, or one that could be the name of a file: only what cannot well be anything else.
const HARDLY_TEXT = /^(?:steps|inputs|vars|targets)\.[a-z_][\w.[\]'"]*$/;

function reportLooksLike({ node, path, use, expected }: ExpressionPlace, text: string, report: Report): void {
  if (expected !== undefined || !(use === 'other' ? HARDLY_TEXT : LOOKS_LIKE).test(text.trim())) return;
  report('RW311', { span: node.span, pointer: pointerOf(path), fix: `"\${{ ${text.trim()} }}"` }, { text: `"${shown(text)}"` });
}
