import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { checkInputs } from '../../../engine/language/inputs.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { compilePattern } from '../../../engine/language/pattern.ts';

const TEXT = `apiVersion: runward/v1
kind: Runbook
metadata: { name: inputs, title: All input types, owner: team-shop }
purpose: operations
environment: production
timeout: 1h
inputs:
  incident: { type: string, pattern: "^INC-[0-9]{6}$" }
  ring: { type: string, enum: [a, b], default: a }
  count: { type: integer, min: 1, max: 9, default: 3 }
  ratio: { type: number, default: 0.5 }
  wait: { type: duration, min: 1m, max: 1d, default: 1h30m }
  at: { type: datetime, default: "2026-01-05T10:00:00+01:00" }
  sure: { type: boolean, default: false }
  names: { type: array, items: { type: string }, default: [x] }
  shape: { type: object, fields: { a: { type: integer, default: 1 } }, default: {} }
  network: { type: azure_id, resource_type: Microsoft.Network/virtualNetworks, default: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n }
  document: { type: file, default: configurations/web.dsc.yaml }
  password: { type: secret, default: "secret:shop" }
steps:
  - id: all
    assert: [{ that: 'inputs.count > 0', message: There are inputs }]
`;

const loaded = loadDocuments(
  [
    { path: 'runbooks/inputs.yaml', text: TEXT },
    { path: 'configurations/web.dsc.yaml', text: 'resources: []\n' },
  ],
  { actions },
);
const runbook = loaded.runbooks.get('inputs');

function check(given: JsonObject) {
  if (runbook === undefined) throw new Error(JSON.stringify(loaded.findings));
  return checkInputs(runbook, given);
}

function problems(given: JsonObject): readonly string[] {
  const checked = check(given);
  return checked.ok ? [] : checked.findings.map((finding) => `${finding.code} ${finding.line} ${finding.message}`);
}

describe('checkInputs', () => {
  it('applies defaults and stores durations and instants with their type', () => {
    expect(check({ incident: 'INC-204817' })).toEqual({
      ok: true,
      inputs: {
        incident: 'INC-204817',
        ring: 'a',
        count: 3,
        ratio: 0.5,
        wait: { $duration: 5_400_000 },
        at: { $time: Date.UTC(2026, 0, 5, 9) },
        sure: false,
        names: ['x'],
        shape: { a: 1 },
        network: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n',
        document: 'configurations/web.dsc.yaml',
        password: 'secret:shop',
      },
    });
  });

  it('names everything that is wrong, with a pointer and the line of the definition', () => {
    expect(problems({ incident: 'INC-1', ring: 'c', count: 10, wait: '30s', names: ['y', 3], shape: { b: 1 }, nothing: 1 })).toEqual([
      'RW517 7 input /nothing: is not known',
      'RW517 8 input /incident: does not match the pattern',
      'RW517 9 input /ring: is not one of the list',
      'RW517 10 input /count: is too large',
      'RW517 12 input /wait: is too small',
      'RW517 15 input /names/1: must be text',
      'RW517 16 input /shape/b: is not known',
    ]);
    expect(problems({})).toEqual(['RW517 8 input /incident: is missing']);
    expect(
      problems({ incident: 'INC-204817', document: 'runbooks/../secret', password: 'hunter2', at: '2026-02-30T00:00:00Z' }),
    ).toHaveLength(3);
    expect(
      problems({ incident: 'INC-204817', network: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d' }),
    ).toHaveLength(1);
  });
});

describe('patterns', () => {
  it.each([
    ['^INC-[0-9]{6}$', 'INC-204817', 'INC-20481'],
    ['a|bc', 'xbc', 'xb'],
    ['^(ab|c)+$', 'abcab', 'abca'],
    ['^a{2,3}$', 'aaa', 'aaaa'],
    ['^[^/]+$', 'ab', 'a/b'],
    ['\\d+\\.\\w?$', 'x9.y', 'x9y'],
    ['^[a-c\\d-]*$', 'a-9', 'd'],
    ['^$', '', 'x'],
    ['^x?y*z+$', 'yyz', 'xy'],
  ])('%s matches %j and not %j', (source, yes, no) => {
    const pattern = compilePattern(source);
    expect(pattern.ok && [pattern.matches(yes), pattern.matches(no)]).toEqual([true, false]);
    expect([new RegExp(source).test(yes), new RegExp(source).test(no)]).toEqual([true, false]);
  });

  it.each(['(?=a)', '(a)\\1', '(?<n>a)', 'a**', '(a', 'a)', '[a', 'a{2,1}', 'a{999}', '*a'])('%s is not of the linear subset', (source) => {
    expect(compilePattern(source).ok).toBe(false);
  });

  it('stay linear where backtracking does not end', () => {
    const pattern = compilePattern('^(a+)+(a*)*$');
    expect(pattern.ok && pattern.matches(`${'a'.repeat(4000)}b`)).toBe(false);
  });
});
