import { describe, expect, it } from 'vitest';
import { CODES } from '../../engine/language/codes.ts';
import { GOLDENS } from '../support/goldens.ts';
import { listFiles } from './source-tree.ts';

const FOLDER = 'test/golden/bad/';
// Said by the server alone; they get their pair together with what says them.
const OF_THE_SERVER = ['RW516', 'RW519', 'RW520'];
const files = listFiles().filter((path) => path.startsWith(FOLDER));

describe('goldens of findings', () => {
  it('every code has one, so that somebody can come upon it', () => {
    expect(Object.keys(CODES).filter((code) => !OF_THE_SERVER.includes(code) && !GOLDENS.some((golden) => golden.code === code))).toEqual(
      [],
    );
    expect(Object.keys(CODES).filter((code) => /^RW\d{3}$/.test(code)).length).toBeGreaterThanOrEqual(85);
  });

  it('every golden is named after a code that exists', () => {
    expect(GOLDENS.filter((golden) => !Object.hasOwn(CODES, golden.code)).map((golden) => golden.name)).toEqual([]);
  });

  it('every golden says what people and what programs read, and nothing else lies beside it', () => {
    const expected = GOLDENS.flatMap(({ name, files: [, ...beside] }) => [
      ...['json', 'out', 'yaml'].map((ending) => `${FOLDER}${name}.${ending}`),
      ...beside.map((file) => `test/golden/${file.path}`),
    ]);
    expect(files).toEqual(expected.toSorted());
  });
});
