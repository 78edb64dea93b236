import { describe, expect, it } from 'vitest';
import { CODES } from '../../engine/language/codes.ts';
import { GOLDENS } from '../support/goldens.ts';
import { SAID_GOLDENS } from '../support/said-goldens.ts';
import { listFiles } from './source-tree.ts';

const FOLDER = 'test/golden/bad/';
const SAID_FOLDER = 'test/golden/said/';
const files = listFiles().filter((path) => path.startsWith(FOLDER));

describe('goldens of findings', () => {
  it('every code has one, so that somebody can come upon it', () => {
    const shown = new Set([...GOLDENS, ...SAID_GOLDENS].map(({ code }) => code));
    expect(Object.keys(CODES).filter((code) => !shown.has(code))).toEqual([]);
    expect(Object.keys(CODES).filter((code) => /^RW\d{3}$/.test(code)).length).toBeGreaterThanOrEqual(85);
  });

  it('every golden is named after a code that exists', () => {
    expect([...GOLDENS, ...SAID_GOLDENS].filter((golden) => !Object.hasOwn(CODES, golden.code)).map((golden) => golden.name)).toEqual([]);
  });

  it('every golden says what people and what programs read, and nothing else lies beside it', () => {
    const expected = GOLDENS.flatMap(({ name, files: [, ...beside] }) => [
      ...['json', 'out', 'yaml'].map((ending) => `${FOLDER}${name}.${ending}`),
      ...beside.map((file) => `test/golden/${file.path}`),
    ]);
    expect(files).toEqual(expected.toSorted());
  });

  it('what is said of good documents has what people read beside it, and nothing else', () => {
    const expected = SAID_GOLDENS.flatMap(({ name }) => ['out', 'yaml'].map((ending) => `${SAID_FOLDER}${name}.${ending}`));
    expect(listFiles().filter((path) => path.startsWith(SAID_FOLDER))).toEqual(expected);
  });
});
