import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../engine/json.ts';
import { asText, evaluate, freeNames, renderTemplate, type Scope, templateNames } from '../../../engine/language/expression.ts';
import { durationValue, timeValue } from '../../../engine/values.ts';

const NOW_MS = Date.UTC(2026, 0, 5, 9);

const SCOPE: Scope = {
  inputs: { limit: 3, ratio: 0.5, wait: durationValue(900_000) },
  steps: {
    lag: { status: 'succeeded', outputs: { bytes: 512 } },
    skipped: { status: 'skipped', outputs: null },
    up: {
      status: 'succeeded',
      results: [
        { key: 'a', status: 'succeeded', outputs: { age: durationValue(60_000) } },
        { key: 'b', status: 'failed', outputs: null },
      ],
    },
  },
  result: { exit_code: 0, stdout: '12\n', allowed: ['TestFailover'], rpo: durationValue(300_000), seen: timeValue(NOW_MS - 60_000) },
  target: { name: 'db-01', recovery_group: 1, address: null },
};

function value(text: string): JsonValue {
  const outcome = evaluate(text, SCOPE, NOW_MS);
  if (!outcome.ok) throw new Error(`${text}: ${outcome.message}`);
  return outcome.value;
}

function failure(text: string): string {
  const outcome = evaluate(text, SCOPE, NOW_MS);
  return outcome.ok ? `value ${JSON.stringify(outcome.value)}` : outcome.message;
}

describe('evaluate', () => {
  it('reads numbers, lists, durations and instants as the language says', () => {
    expect(value('result.exit_code == 0')).toBe(true);
    expect(value('int(result.stdout.trim()) + 1')).toBe(13);
    expect(value('5 / 2')).toBe(2);
    expect(value('!("TestFailoverCleanup" in result.allowed)')).toBe(true);
    expect(value('result.rpo <= duration("15m") && duration("2d") > inputs.wait')).toBe(true);
    expect(value('now() - result.seen')).toEqual(durationValue(60_000));
    expect(value('now()')).toEqual(timeValue(NOW_MS));
    expect(value('inputs.limit * inputs.ratio')).toBe(1.5);
    expect(value('target.address == null && target.recovery_group == 1')).toBe(true);
  });

  it('has the added functions', () => {
    expect(value('max([3, 7, 5]) + min([3, 7]) + sum([1, 2])')).toBe(13);
    expect(value('string(duration("90m")) + " " + string(timestamp("2026-01-05T10:00:00+01:00"))')).toBe('1h30m 2026-01-05T09:00:00Z');
    expect(value('lines("a\\nb\\n")')).toEqual(['a', 'b']);
    expect(value('lines("")')).toEqual([]);
    expect(value('json("{\\"a\\": [1, 2.5]}").a')).toEqual([1, 2.5]);
    expect(value('glob(target.name, "db-*") && !glob(target.name, "db-?")')).toBe(true);
    expect(value('now().getHours("Europe/Berlin")')).toBe(10);
    expect(value('default(steps.skipped.outputs.bytes, 7) + default(steps.lag.outputs.bytes, 7)')).toBe(519);
    expect(value('default(target.address, "none")')).toBe('none');
    expect(value('has(steps.skipped.outputs.bytes)')).toBe(false);
  });

  it('fails instead of guessing: a missing key, null outputs, a wrong type', () => {
    expect(failure('steps.lag.outputs.nothing')).toContain('there is no nothing');
    expect(failure('steps.skipped.outputs.bytes')).toContain('there is no bytes');
    expect(failure('steps.up.results.all(r, r.outputs.age < duration("1h"))')).not.toContain('value');
    expect(failure('nowhere')).toContain('unknown variable');
    expect(failure('max([])')).toContain('empty list');
    expect(failure('duration("1 hour")')).toContain('not a duration');
    expect(failure('"a" +')).toContain('missing at the end');
  });

  it('has no regular expressions and no function outside the list', () => {
    expect(failure('"aaaa".matches("(a+)+$")')).toBe('there is no function "matches"');
    expect(failure('cel.bind(x, 1, x)')).toBe('there is no function "bind"');
    expect(failure('rw_spend(1)')).toBe('there is no function "rw_spend"');
  });

  it('holds its limits: text, nodes, macros, cost, sizes', { timeout: 60_000 }, () => {
    expect(failure(`"${'x'.repeat(5000)}" == ""`)).toContain('exceeds');
    expect(failure(Array.from({ length: 600 }, () => '1').join('+'))).toContain('exceeds 1000 nodes');
    expect(failure('[1].map(a, [2].map(b, [3].map(c, c)))')).toContain('macros nested 2 deep');
    const list = { l: Array.from({ length: 10_000 }, (_, index) => index) };
    for (const text of ['l.all(x, l.all(y, x + y >= 0))', 'l.map(x, l.map(y, y))', 'l.exists(x, l.exists(y, y < 0))']) {
      expect(evaluate(text, list, 0)).toEqual({ ok: false, message: expect.stringContaining('costs more than') });
    }
    expect(evaluate('l', { l: Array.from({ length: 10_001 }, () => 0) }, 0).ok).toBe(false);
    expect(failure(`["${'a'.repeat(20)}"]${'.map(x, x + x)'.repeat(60)}`)).toContain('longer than');
  });

  it.each([
    ['lists that grow at each step', 'numbers.all(x, size(numbers + numbers + numbers) > 0)'],
    ['lists that are looked through at each step', 'numbers.all(x, !(-1 in numbers))'],
    ['lists that are compared at each step', 'numbers.all(x, numbers == numbers)'],
    ['maps that are compared at each step', 'machines.all(x, x in machines)'],
    ['texts that are searched at each step', 'numbers.all(x, !long.contains("b"))'],
    ['texts that grow first', 'numbers.all(x, !(long + long + long).contains("b"))'],
    ['texts that are cut into characters', 'numbers.all(x, size(long.split("")) > 0)'],
    ['patterns that go back and forth', `numbers.all(x, !glob(long, "*${'a*'.repeat(100)}b"))`],
    ['JSON that is nested deeply', 'numbers.all(x, size(json(nested)) == 0)'],
    ['sums over and over', 'numbers.all(x, sum(numbers) > 0)'],
    ['a value that shares its parts', 'hundred.map(a, hundred.map(b, hundred)).map(c, hundred.map(d, c)).map(e, hundred.map(f, e)) == [1]'],
    ['a value too large to be stored', 'numbers.map(x, numbers)'],
  ])('stops at %s', { timeout: 60_000 }, (_, text) => {
    const numbers = Array.from({ length: 10_000 }, (_value, index) => index);
    const machines = numbers.map((index) => ({ name: `n${index}`, tags: { ring: 'a' } }));
    const nested = '['.repeat(20_000) + ']'.repeat(20_000);
    const outcome = evaluate(text, { numbers, machines, nested, hundred: numbers.slice(0, 100), long: 'a'.repeat(65_536) }, 0);
    expect(outcome).toEqual({
      ok: false,
      message: expect.stringMatching(/costs more than|more than 10000 items|not JSON|more than 100000 parts/),
    });
  });

  it('lets honest work through: thousands of machines against a list of names', () => {
    const names = Array.from({ length: 500 }, (_, index) => `web-${index}`);
    const machines = Array.from({ length: 5000 }, (_, index) => ({ name: `web-${index}`, tags: { ring: index % 2 === 0 ? 'a' : 'b' } }));
    const text = 'size(machines.filter(machine, machine.name in names && machine.tags.ring == "a"))';
    expect(evaluate(text, { names, machines }, 0)).toEqual({ ok: true, value: 250 });
    expect(evaluate(Array.from({ length: 300 }, () => 'one').join(' + '), { one: 1 }, 0)).toEqual({ ok: true, value: 300 });
  });

  it('never throws, whatever the text is', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: 'binary' }), (text) => typeof evaluate(text, SCOPE, NOW_MS).ok === 'boolean'),
      { numRuns: 500, verbose: true },
    );
  });

  it('gives stored values back unchanged', () => {
    const stored = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.boolean(),
        fc.string(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
        fc.integer({ min: 0, max: 1e12 }).map(durationValue),
        fc.integer({ min: 0, max: 1e13 }).map(timeValue),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(stored, (given) => {
        const outcome = evaluate('it', { it: given }, 0);
        expect(outcome).toEqual({ ok: true, value: given });
      }),
      { verbose: true },
    );
  });
});

describe('renderTemplate', () => {
  it('keeps the type of a text that is only one expression and writes mixed text', () => {
    const rendered = renderTemplate(
      { n: '${{ inputs.limit }}', mixed: 'after ${{ inputs.wait }} at ${{ now() }}', list: [' ${{ result.allowed }} '], plain: 5 },
      SCOPE,
      NOW_MS,
    );
    expect(rendered).toEqual({ ok: true, value: { n: 3, mixed: 'after 15m at 2026-01-05T09:00:00Z', list: [['TestFailover']], plain: 5 } });
  });

  it('does not end an expression at braces inside it', () => {
    expect(renderTemplate('${{ {"a": "}}"}.a }}!', SCOPE, 0)).toEqual({ ok: true, value: '}}!' });
  });

  it('refuses null in text, and a delimiter that is not closed', () => {
    expect(renderTemplate('host ${{ target.address }}', SCOPE, 0)).toEqual({ ok: false, message: expect.stringContaining('null') });
    expect(renderTemplate('host ${{ target.name', SCOPE, 0).ok).toBe(false);
  });
});

describe('asText', () => {
  it('writes each type in its one spelling', () => {
    const texts = ['x', 3, 0.1, true, durationValue(5_400_000), timeValue(0), [1, durationValue(1000)], { a: null }].map((given) =>
      asText(given),
    );
    expect(texts.map((text) => text.ok && text.value)).toEqual([
      'x',
      '3',
      '0.1',
      'true',
      '1h30m',
      '1970-01-01T00:00:00Z',
      '[1,"1s"]',
      '{"a":null}',
    ]);
    expect(asText(null).ok).toBe(false);
  });
});

describe('freeNames', () => {
  it('finds scope names, steps and functions, but not what a macro binds', () => {
    const found = freeNames('steps.lag.outputs.bytes + steps["up"].results.map(r, r.x + inputs.limit).size()');
    expect(found).toEqual({
      names: new Set(['steps', 'inputs']),
      steps: new Set(['lag', 'up']),
      allSteps: false,
      functions: new Set(['map', 'size']),
    });
    expect(freeNames('steps[target.name].status').allSteps).toBe(true);
  });

  it('looks into nested values', () => {
    expect(templateNames({ a: ['x ${{ vars.title }}'], b: { c: '${{ steps.lag.status }}' } }).names).toEqual(new Set(['vars', 'steps']));
  });
});
