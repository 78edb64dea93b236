import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DscCase } from '../../conformance/dsc-case.ts';
import { judgeCase } from '../../conformance/dsc-judge.ts';

const FILE = join(import.meta.dirname, '../../conformance/sample.json');

describe('the document language', () => {
  it('does what our own cases of the reference say', () => {
    const cases = JSON.parse(readFileSync(FILE, 'utf8')) as readonly DscCase[];
    const results = cases.map((each) => ({ id: each.id, result: judgeCase(each) }));
    expect(results.filter(({ result }) => result.kind !== 'passed')).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });

  it('is not passed by an engine that is wrong', () => {
    const [first] = JSON.parse(readFileSync(FILE, 'utf8')) as readonly [DscCase];
    expect(judgeCase({ ...first, expected: { ...first.expected, tree: '(statement (stringLiteral))' } }).kind).toBe('failed');
  });
});
