import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateText } from '../../../engine/dsc/expression/evaluate.ts';
import { parseStatement } from '../../../engine/dsc/expression/parse.ts';
import type { Scope } from '../../../engine/dsc/expression/scope.ts';
import { treeText } from '../../../engine/dsc/expression/tree-text.ts';
import { secured, type Value } from '../../../engine/dsc/expression/value.ts';
import { jsonText } from '../../../engine/dsc/functions/json-text.ts';

const SCOPE: Scope = { place: 'resource', parameters: new Map(), variables: new Map(), functions: new Map(), answers: {} };

function valueOf(text: string, scope: Partial<Scope> = {}): string {
  const made = evaluateText(text, { ...SCOPE, ...scope });
  return 'value' in made ? jsonText(made.value) : `! ${made.problem.reason}`;
}

/** An expression as its source and its tree; spaces stand where the language allows them. */
interface Written {
  readonly source: string;
  readonly tree: string;
}

const space = fc.constantFrom('', ' ', '\n', '  ');
const name = fc.stringMatching(/^[_a-z][_a-zA-Z0-9]{0,6}$/).filter((each) => each !== 'true' && each !== 'false');

const { expression } = fc.letrec<{ expression: Written; argument: Written; accessor: Written }>((tie) => ({
  argument: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ maxLength: 6 }).map((text) => ({ source: `'${text.replaceAll("'", "''")}'`, tree: '(string)' })),
    fc.integer().map((number) => ({ source: String(number), tree: '(number)' })),
    fc.boolean().map((value) => ({ source: String(value), tree: '(boolean)' })),
    tie('expression'),
  ),
  accessor: fc.oneof(
    { maxDepth: 4 },
    fc.stringMatching(/^[a-zA-Z0-9_-]{1,5}$/).map((member) => ({ source: `.${member}`, tree: '(memberAccess (memberName))' })),
    fc.nat({ max: 99 }).map((index) => ({ source: `[${index}]`, tree: '(index (number))' })),
    fc.constant({ source: "['a key']", tree: '(index (propertyName (string)))' }),
    tie('expression').map(({ source, tree }) => ({ source: `[${source}]`, tree: `(index ${tree})` })),
  ),
  expression: fc
    .tuple(name, fc.array(tie('argument'), { maxLength: 3 }), fc.array(tie('accessor'), { maxLength: 2 }), space)
    .map(([called, args, accessors, gap]) => ({
      source: `${called}${gap}(${gap}${args.map(({ source }) => source).join(`${gap},${gap}`)}${gap})${accessors.map(({ source }) => source).join(gap)}`,
      tree: `(expression (function (functionName)${inParts('arguments', args)})${inParts('accessor', accessors)})`,
    })),
}));

function inParts(node: string, parts: readonly Written[]): string {
  return parts.length === 0 ? '' : ` (${node} ${parts.map(({ tree }) => tree).join(' ')})`;
}

describe('the grammar of expressions', () => {
  it('reads every expression that can be written as the tree that it is', () => {
    fc.assert(
      fc.property(expression, space, ({ source, tree }, gap) => {
        const parsed = parseStatement(`${gap}[${gap}${source}${gap}]`);
        expect('statement' in parsed ? treeText(parsed.statement) : parsed.problem.reason).toBe(`(statement ${tree})`);
      }),
      { numRuns: 300 },
    );
  });

  it('answers for any text, and points inside it', () => {
    const hostile = fc.string({ unit: fc.constantFrom('[', ']', '(', ')', "'", ',', '.', ' ', 'a', '1', '-', 'é', '𝄞'), maxLength: 40 });
    fc.assert(
      fc.property(hostile, (text) => {
        const parsed = parseStatement(`[${text}`);
        if ('statement' in parsed) return;
        const { start = 0, end = 0 } = parsed.problem;
        expect(start >= 0 && start <= end && end <= text.length + 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('ends for calls that are nested without end', () => {
    const nested = (depth: number): string => `[${'not('.repeat(depth)}true()${')'.repeat(depth)}]`;
    expect(valueOf(nested(62))).toBe('true');
    expect(valueOf(nested(100_000))).toBe('! calls are nested deeper than 64');
    expect(valueOf(`[${'a['.repeat(100_000)}`)).toContain('! ');
  });

  it.each([
    ['  \n ', '  \n '],
    ['plain [text]', 'plain [text]'],
    ['[[section]', '[section]'],
    ['[[main]\nkey = 1\n', '[main]\nkey = 1\n'],
  ])('keeps %j as a text', (text, kept) => {
    expect(valueOf(text)).toBe(JSON.stringify(kept));
  });

  it.each([
    ['[a]', 'expected "(" after a, found "]"', 2, 3],
    ['[concat(1, +2)]', '"+" has no meaning here', 11, 12],
    ["[concat('a'", 'expected ")" after the arguments of concat', 11, 11],
    ['[true()] x', 'nothing may follow the expression', 8, 10],
    ['[first(true)[true]]', "an index is an integer, a key in '…' or a call", 13, 17],
  ])('refuses %j and says where', (text, reason, start, end) => {
    expect(parseStatement(text)).toMatchObject({ problem: { reason, start, end } });
  });
});

describe('evaluation', () => {
  it('takes values out of values, through keys that objects of a programming language have by themselves', () => {
    const object = new Map<string, Value>([
      ['__proto__', new Map([['it', [1n, 2n]]])],
      ["it's", 'quoted'],
    ]);
    const parameters = new Map<string, Value>([
      ['o', object],
      ['which', 'it'],
    ]);
    expect(valueOf("[parameters('o').__proto__[parameters('which')][1]]", { parameters })).toBe('2');
    expect(valueOf("[parameters('o')['it''s']]", { parameters })).toBe('"quoted"');
    expect(valueOf("[parameters('o').constructor]", { parameters })).toBe('! the object has no "constructor"');
    expect(valueOf("[parameters('o').__proto__.it[2]]", { parameters })).toBe('! there is no element 2: the array has 2');
    expect(valueOf("[parameters('o').__proto__.it[-1]]", { parameters })).toContain('! there is no element -1');
  });

  it('stops what would grow or run without end', () => {
    const doubled = Array.from({ length: 40 }).reduce<Value>((value) => [value, value], 'x');
    expect(valueOf("[array(parameters('big'))]", { parameters: new Map([['big', doubled]]) })).toContain('! the value has more than');
    const nested = "[map(range(0, 1000), lambda('a', length(map(range(0, 1000), lambda('b', add(1, 1))))))]";
    expect(valueOf(nested)).toContain('! an expression makes at most 100000 calls');
    expect(valueOf("[format('{:>999999999}', 'x')]")).toContain('! a format is at most');
  });

  it('never shows a secret, in a value or in a message', () => {
    const parameters = new Map<string, Value>([
      [
        'pin',
        secured(
          new Map<string, Value>([
            ['list', ['hidden']],
            ['text', 'hidden'],
          ]),
        ),
      ],
    ]);
    const said = [
      valueOf("[parameters('pin')]", { parameters }),
      valueOf("[parameters('pin').text]", { parameters }),
      valueOf("[parameters('pin').list[0]]", { parameters }),
      valueOf("[createObject('a', parameters('pin').list)]", { parameters }),
      valueOf("[concat(parameters('pin').text, 'x')]", { parameters }),
      valueOf("[string(createArray(parameters('pin')))]", { parameters }),
      valueOf("[parameters('pin').text.length]", { parameters }),
      JSON.stringify([...parameters]),
    ];
    expect(said.join('\n')).not.toContain('hidden');
    expect(said.slice(0, 4)).toEqual(['"<secureValue>"', '"<secureValue>"', '"<secureValue>"', '{"a":["<secureValue>"]}']);
    expect(said[4]).toBe('! argument 1 of concat() must be string or array, and is a secure value');
  });

  it('knows where a function may be called', () => {
    const inDefault = { place: 'default', nowMs: Date.UTC(2026, 0, 5, 4, 3, 2, 45) } as const;
    expect(valueOf("[utcNow('ddd d MMM yyyy, H:mm:ss.fff tt zzz')]", inDefault)).toBe('"Mon 5 Jan 2026, 4:03:02.045 AM +00:00"');
    expect(valueOf('[utcNow()]', inDefault)).toBe('"2026-01-05T04:03:02.045000Z"');
    expect(valueOf('[utcNow()]')).toContain('! utcNow() can only be used');
    expect(valueOf("[parameters('x')]", inDefault)).toContain('! parameters() cannot be used');
    expect(valueOf('[copyIndex()]')).toContain('! copyIndex() can only be used');
    expect(valueOf("[copyIndex('each', 5)]", { loop: { name: 'each', index: 2n } })).toBe('7');
    expect(valueOf('[copyIndex(-1)]', { loop: { name: 'each', index: 2n } })).toContain('! the offset');
    expect(valueOf("[reference('a/b:c')]", { place: 'name' })).toContain('! reference() cannot be used in the name');
    expect(evaluateText("[envvar('HOME')]", SCOPE)).toMatchObject({ problem: { needs: 'envvar', start: 1, end: 15 } });
  });
});
