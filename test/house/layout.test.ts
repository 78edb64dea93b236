import { describe, expect, it } from 'vitest';
import { AREAS, DEPTH_MAX, EMPTY_NAMES, LINES_MAX, LINES_MEDIAN_MAX, PLACES, REFUSED_WORDS, TOP_FILES } from './rules.ts';
import { isModule, listFiles, readFiles, type SourceFile } from './source-tree.ts';

// The file systems of simulated machines have the depth of real ones.
const MACHINE_FILES = /^simulator\/estates\/[^/]+\/files\//;
const WRITTEN_BY_TOOLS = /^(package-lock\.json|docs\/(reference|schemas)\/|test\/golden\/)/;
const TEXT = /\.(ts|tsx|md|yaml|yml|json|html|css|svg|sh|conf)$|(^|\/)(Dockerfile|run)$/;

describe('layout', () => {
  const paths = listFiles();
  const modules = readFiles((path) => isModule(path));

  it('every file lies in a place that the rules name', () => {
    expect(paths.filter((path) => !hasPlace(path))).toEqual([]);
    expect(hasPlace('attic/notes.md')).toBe(false);
    expect(hasPlace('notes.md')).toBe(false);
  });

  it('no file lies deeper than three folders below its top folder', () => {
    expect(paths.filter((path) => foldersBelowTop(path) > DEPTH_MAX && !WRITTEN_BY_TOOLS.test(path) && !MACHINE_FILES.test(path))).toEqual(
      [],
    );
    expect(foldersBelowTop('engine/a/b/c/d/x.ts')).toBe(4);
  });

  it('no module has a name that says nothing', () => {
    expect(paths.filter((path) => EMPTY_NAMES.test(path))).toEqual([]);
    expect(['engine/index.ts', 'cli/utils.ts', 'worker/helpers.ts', 'server/types.ts'].every((path) => EMPTY_NAMES.test(path))).toBe(true);
    expect(EMPTY_NAMES.test('engine/language/index-of.ts')).toBe(false);
  });

  it('no module is longer than 400 lines and half of them are short', () => {
    const sizes = modules.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }));
    expect(sizes.filter((size) => size.lines > LINES_MAX)).toEqual([]);
    const median = sizes.map((size) => size.lines).toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)];
    expect(median).toBeLessThan(LINES_MEDIAN_MAX);
  });
});

describe('words', () => {
  // The rules themselves and the reference, which repeats what other files say, would only count a finding twice.
  const texts = readFiles((path) => TEXT.test(path) && !WRITTEN_BY_TOOLS.test(path) && !path.startsWith('test/house/'));

  it('no text promises what cannot be kept or puts work off', () => {
    expect(texts.flatMap(refusedWords)).toEqual([]);
  });

  it('finds a planted word with its line', () => {
    expect(refusedWords({ path: 'README.md', text: 'one\nevery step runs exactly once' })).toHaveLength(1);
    expect(refusedWords({ path: 'README.md', text: 'one\nevery step runs exactly once' })[0]).toMatch(/^README\.md:2: /);
  });
});

function hasPlace(path: string): boolean {
  if (!path.includes('/')) return TOP_FILES.includes(path);
  const inArea = isModule(path) && AREAS.some((area) => path === area.path || path.startsWith(`${area.path}/`));
  return inArea || (!isModule(path) && PLACES.some((place) => path.startsWith(`${place}/`)));
}

function foldersBelowTop(path: string): number {
  return path.split('/').length - 2;
}

function refusedWords(file: SourceFile): readonly string[] {
  return file.text
    .split('\n')
    .flatMap((line, index) =>
      REFUSED_WORDS.filter((word) => word.pattern.test(line)).map((word) => `${file.path}:${index + 1}: ${line.trim()} (${word.why})`),
    );
}
