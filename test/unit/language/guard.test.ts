import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const HEAD =
  'apiVersion: runward/v1\nkind: Runbook\nmetadata: { name: a, title: A, owner: b }\npurpose: operations\nenvironment: e\ntimeout: 1h\n';
const STEPS = 'steps:\n  - { id: a, wait: 1s }\n';

function codes(text: string | Uint8Array): readonly string[] {
  return loadDocuments([{ path: 'x.yaml', text }], { actions }).findings.map((finding) => `${finding.code}: ${finding.message}`);
}

describe('the document guard', () => {
  it('lets a plain document pass', () => {
    expect(codes(HEAD + STEPS)).toEqual([]);
  });

  it.each([
    ['too many bytes', `${HEAD}${STEPS}#${'x'.repeat(262_144)}`, 'it has'],
    ['NUL', `${HEAD}${STEPS}#\0`, 'NUL'],
    ['a byte order mark', `\uFEFF${HEAD}${STEPS}`, 'byte order mark'],
    ['bytes that are not UTF-8', new Uint8Array([0x61, 0xff, 0xfe]), 'not UTF-8'],
    ['half a surrogate pair', `${HEAD}${STEPS}# \ud800`, 'not UTF-8'],
  ])('refuses %s', (_, text, reason) => {
    expect(codes(text)).toEqual([expect.stringMatching(new RegExp(`^RW101: .*${reason}`))]);
  });

  it.each([
    ['flow lists', '['.repeat(100_000)],
    ['closed flow lists', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['flow maps', '{a: '.repeat(60_000)],
    ['compact sequences', `${'- '.repeat(60_000)}a`],
    ['explicit keys', `${'? '.repeat(60_000)}a`],
    ['indentation', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}k:`).join('\n')],
    ['keys of one map', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['keys of one flow map', `{${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join(', ')}}`],
    ['tokens', '- a\n'.repeat(60_000)],
  ])('stops %s before they are composed', (_, text) => {
    expect(codes(text)).toEqual([expect.stringMatching(/^RW107/)]);
  });

  it('bounds what is checked against each other: steps and vars', () => {
    const steps = Array.from({ length: 501 }, (_, index) => `  - { id: s${index}, wait: 1s }\n`).join('');
    expect(codes(`${HEAD}steps:\n${steps}`)).toEqual(['RW107: document too deep or too large: 500 steps']);
    const vars = Array.from({ length: 201 }, (_, index) => `  v${index}: 1\n`).join('');
    expect(codes(`${HEAD}vars:\n${vars}${STEPS}`)).toEqual(['RW207: "vars" is out of bounds: at most 200 entries']);
  });

  it('bounds aliases, whatever they would grow to', () => {
    const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: [*a, *a]`).join('\n')}`;
    expect(codes(bomb).every((code) => code.startsWith('RW104'))).toBe(true);
  });

  it('gives no map a prototype', () => {
    const found = codes(`${HEAD}vars: { __proto__: { polluted: true }, constructor: 1 }\n${STEPS}`);
    expect(found.map((code) => code.slice(0, 5))).toEqual(['RW202']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
