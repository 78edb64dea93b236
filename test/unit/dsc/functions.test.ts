import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateText } from '../../../engine/dsc/expression/evaluate.ts';
import type { Scope } from '../../../engine/dsc/expression/scope.ts';
import { dscFunctions, FUNCTION_GROUPS } from '../../../engine/dsc/functions/catalogue.ts';
import { jsonText } from '../../../engine/dsc/functions/json-text.ts';

const SCOPE: Scope = { place: 'resource', parameters: new Map(), variables: new Map(), functions: new Map(), answers: {} };

function valueOf(call: string): string {
  const made = evaluateText(`[${call}]`, SCOPE);
  return 'value' in made ? jsonText(made.value) : '!';
}

const ARGUMENTS = [
  fc.constantFrom('true', 'null()', 'createArray()', 'createObject()', "createArray('b', 'a')", 'json(\'[1.5, null, {"a": [2]}]\')'),
  fc.constantFrom("'10.0.0.0/30'", "'{0:>5}{}'", "'https://h/'", "'YQ=='", "'data:;base64,YQ=='", "'a/b'", "''", "'🌊é'", "'9e999'"),
  fc.constantFrom("lambda('x', lambdaVariables('x'))", "lambda('x', 'i', equals(lambdaVariables('i'), 0))"),
  fc.integer({ min: -3, max: 70 }).map(String),
  fc.constantFrom('2147483647', '-2147483648'),
];

/** Calls by the group that they belong to, each with its value; `!` is a refusal. */
const CALLS: Readonly<Record<string, readonly (readonly [call: string, value: string])[]>> = {
  Integers: [
    ['add(2147483647, 1)', '2147483648'],
    ['mul(mul(2147483647, 2147483647), 2)', '9223372028264841218'],
    ['mul(mul(2147483647, 2147483647), 3)', '!'],
    ['div(-7, 2)', '-3'],
    ['mod(-7, 2)', '-1'],
    ['div(1, 0)', '!'],
    ['min(createArray(3, 1, 2))', '1'],
    ['max(3, 9, 2)', '9'],
    ['min(1)', '!'],
    ['max(createArray())', '!'],
    ["int('2.9')", '2'],
    ["int('-0x1')", '!'],
    ["int(json('2.0'))", '!'],
    ["add(json('1.5'), 1)", '!'],
  ],
  Logic: [
    ['and(true(), false)', 'false'],
    ['or(false, true)', 'true'],
    ["bool('TRUE')", 'true'],
    ["bool('yes')", '!'],
    ["if(true, 1, 'a')", '1'],
    ['if(true, true, 1)', '!'],
    ['if(true, 1, div(1, 0))', '!'],
    ["equals('1', 1)", 'false'],
    ["equals(json('1.0'), 1)", 'true'],
    ['equals(json(\'{"a":1,"b":2}\'), json(\'{"b":2,"a":1}\'))', 'true'],
    ['equals(true, true)', '!'],
    ["less('Z', 'a')", 'true'],
    ["less('é', '🌊')", 'true'],
    ["greater('a', 1)", '!'],
    ["coalesce(null(), null(), 'x')", '"x"'],
    ['coalesce(null())', 'null'],
  ],
  Texts: [
    ["concat('a', 'b', 'c')", '"abc"'],
    ["concat(createArray('a'), createArray('b'))", '["a","b"]'],
    ['concat(createArray(1), createArray(2))', '!'],
    ["substring('a🌊b', 1)", '"🌊b"'],
    ["substring('abc', 3)", '""'],
    ["substring('abc', 2, 2)", '!'],
    ["trim(' \u0085 x\u00a0')", '"x"'],
    ["toUpper('straße')", '"STRASSE"'],
    ['string(json(\'[1, 1.0, {"b": null}]\'))', '"[1,1.0,{\\"b\\":null}]"'],
    ['json(\'{"10": 1, "9": 9007199254740993}\')', '{"10":1,"9":9007199254740993}'],
    ["json('{a: 1}')", '!'],
    ["format('{{{0:#06x}}} {:^5}|{:+}', 10, 7)", '"{0x000a}  10  |+7"'],
    ["format('{0:e} {1:b} {1:x}', 1500, -1)", `"1.5e3 ${'1'.repeat(64)} ${'f'.repeat(16)}"`],
    ["format('{0:x}', 'a')", '!'],
    ["format('{1}', 'a')", '!'],
    ["path('a', '/b', 'c')", '"/b/c"'],
    ["uniqueString('a')", '"cfvwxu6sc4lqo"'],
    ["uniqueString('a', 'b', 'c')", '"bhw7m6t6ntwd6"'],
  ],
  Encodings: [
    ["base64('grün')", '"Z3LDvG4="'],
    ["base64ToString('Z3LDvG4=')", '"grün"'],
    ["base64ToString('Z3LDvG4')", '!'],
    ["base64ToString('YR==')", '!'],
    ["base64ToString('/w==')", '!'],
    ["dataUriToString(dataUri('x'))", '"x"'],
    ["dataUriToString('data:text/plain;charset=UTF-8;base64,eA==')", '"x"'],
    ["dataUriToString('data:text/plain;charset=latin1;base64,eA==')", '!'],
    ["uriComponent('a b/(ü)')", '"a%20b%2F%28%C3%BC%29"'],
    ["uriComponentToString('100%25 %zz')", '"100% %zz"'],
    ["uriComponentToString('%ff')", '!'],
    ["uri('https://h/a/b', '../c?d#e')", '"https://h/c?d#e"'],
    ["uri('a', 'b')", '!'],
  ],
  Arrays: [
    ['createArray(1, 2)', '[1,2]'],
    ["createArray(1, 'a')", '!'],
    ["first('🌊x')", '"🌊"'],
    ["first('')", '!'],
    ['last(createArray())', 'null'],
    ['skip(createArray(1, 2, 3), 1)', '[2,3]'],
    ["take('abc', -1)", '""'],
    ["indexOf(createArray('a', 'b'), 'B')", '-1'],
    ['lastIndexOf(createArray(1, 2, 1), 1)', '2'],
    ['range(-1, 3)', '[-1,0,1]'],
    ['range(0, 10001)', '!'],
    ['tryIndexFromEnd(createArray(1, 2), 1)', '2'],
    ['tryIndexFromEnd(createArray(1, 2), 0)', 'null'],
    ["join(createArray(1, 2), ',')", '"1,2"'],
    ["join(json('[null]'), ',')", '!'],
  ],
  Collections: [
    ["createObject('a', true, 'a', null())", '{"a":null}'],
    ["createObject('a')", '!'],
    ["contains(json('[1, \"2\"]'), '1')", 'false'],
    ["contains(createObject('1', 1), 1)", 'true'],
    ["contains('v12', 12)", 'true'],
    ["length('grün')", '5'],
    ['empty(createObject())', 'true'],
    ["items(createObject('k', 'v'))", '[{"key":"k","value":"v"}]'],
    ['objectKeys(json(\'{"b":1,"a":2}\'))', '["b","a"]'],
    ["shallowMerge(createArray(createObject('a', 1), createObject('a', 2)))", '{"a":2}'],
    ['union(createArray(1, 2), createArray(2, 3))', '[1,2,3]'],
    ['intersection(json(\'{"a":1,"b":2}\'), json(\'{"a":1,"b":3}\'))', '{"a":1}'],
    ['union(createArray(1), createObject())', '!'],
    ["union(json('[1, \"1\", 2]'), json('[1.0, 3, 2]'))", '[1,"1",2,3]'],
    ['intersection(json(\'[{"a":1,"b":2}, 1]\'), json(\'[{"b":2,"a":1}]\'))', '[{"a":1,"b":2}]'],
    ["tryGet(createObject('a', 1), 'b')", 'null'],
    ["tryGet(createArray(1), 'a')", '!'],
  ],
  Lambdas: [
    [
      "map(createArray('a', 'b'), lambda('x', 'i', createArray(lambdaVariables('x'), string(lambdaVariables('i')))))",
      '[["a","0"],["b","1"]]',
    ],
    ["filter(range(0, 5), lambda('n', equals(mod(lambdaVariables('n'), 2), 0)))", '[0,2,4]'],
    ["map(range(0, 2), lambda('x', map(range(0, 2), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))", '[[0,1],[1,2]]'],
    ["filter(range(0, 2), lambda('n', string(lambdaVariables('n'))))", '!'],
    ["lambdaVariables('x')", '!'],
    ["map(range(0, 2), lambda('x', 1))", '!'],
    ["lambda('x', true())", '!'],
  ],
  Networks: [
    [
      "parseCidr('10.1.2.3/30')",
      '{"network":"10.1.2.0","netmask":"255.255.255.252","broadcast":"10.1.2.3","firstUsable":"10.1.2.1","lastUsable":"10.1.2.2","cidr":30}',
    ],
    ["parseCidr('010.1.2.3/30')", '!'],
    ["parseCidr('10.1/16')", '!'],
    ["cidrSubnet('10.0.0.0/16', 18, 3)", '"10.0.192.0/18"'],
    ["cidrSubnet('10.0.0.0/16', 18, 4)", '!'],
    ["cidrHost('10.0.0.0/31', 1)", '"10.0.0.1"'],
    ["cidrHost('10.0.0.1/32', 0)", '!'],
    ["cidrHost('2001:db8::/127', 1)", '"2001:db8::1"'],
  ],
  Document: [
    ["resourceId('A.B/C', 'a b')", '"A.B/C:a%20b"'],
    ["resourceId('A/B/C', 'a')", '!'],
    ["variables('none')", '!'],
  ],
};

describe('functions of configuration documents', () => {
  it.each(Object.entries(CALLS))('%s', (_, calls) => {
    expect(calls.map(([call]) => [call, valueOf(call)])).toEqual(calls);
  });

  it('answer every call with a value or a reason, whatever is given to them', () => {
    const { call } = fc.letrec<{ call: string }>((tie) => ({
      call: fc
        .tuple(fc.constantFrom(...dscFunctions.keys()), fc.array(fc.oneof({ maxDepth: 3 }, ...ARGUMENTS, tie('call')), { maxLength: 4 }))
        .map(([name, args]) => `${name}(${args.join(', ')})`),
    }));
    fc.assert(
      fc.property(call, (text) => {
        const made = evaluateText(`[${text}]`, SCOPE);
        expect('value' in made || made.problem.reason !== '').toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('each has a name of its own, a way to call it, and a sentence', () => {
    const all = FUNCTION_GROUPS.flatMap(({ functions }) => functions);
    expect(new Set(all.map(({ name }) => name)).size).toBe(82);
    expect(all.filter(({ name, syntax, summary }) => !syntax.startsWith(`${name}(`) || summary === '')).toEqual([]);
  });
});
