import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { wholeProgram } from '../../docs/generators/command-line.ts';
import { GENERATED_FOLDERS, generatedFiles } from '../../docs/generators/reference.ts';
import { actions } from '../../engine/actions/registry.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import { listFiles, readFiles, ROOT, type SourceFile } from './source-tree.ts';

describe('the generated files of docs/', () => {
  it('say what the code says; `npm run docs` writes them anew', async () => {
    const files = await generatedFiles();
    const isInFolder = (path: string): boolean => GENERATED_FOLDERS.some((folder) => path.startsWith(`docs/${folder}/`));
    const written = files.map((file) => `docs/${file.path}`).filter(isInFolder);
    expect(listFiles().filter(isInFolder)).toEqual(written.toSorted());
    const old = files.filter((file) => readFileSync(join(ROOT, 'docs', file.path), 'utf8') !== file.text);
    expect(old.map((file) => file.path)).toEqual([]);
  });
});

describe('links', () => {
  const pages = readFiles((path) => path.endsWith('.md'));

  it('every relative link leads to a file and to a heading in it', () => {
    expect(pages.flatMap(deadLinks)).toEqual([]);
  });

  it('sees a dead link and a dead heading', () => {
    const planted = { path: 'docs/x.md', text: '[a](no-such-file.md) [b](../README.md#no-such-heading) [c](https://example.org)' };
    expect(deadLinks(planted)).toEqual(['docs/x.md: no-such-file.md', 'docs/x.md: ../README.md#no-such-heading']);
  });
});

describe('commands in the documentation', () => {
  const scripts = Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: object }).scripts);
  const pages = readFiles((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');

  it('every `npm run` names a script that exists', () => {
    const named = pages.flatMap((page) =>
      [...page.text.matchAll(/npm run ([a-z][\w:-]*)/g)].map((match) => ({ page: page.path, script: match[1] ?? '' })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((one) => !scripts.includes(one.script))).toEqual([]);
  });

  it('every script of package.json names a file that exists', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };
    const files = Object.values(manifest.scripts).flatMap((script) =>
      [...script.matchAll(/node (?:--watch )?(\S+\.ts)/g)].map((match) => match[1] ?? ''),
    );
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('runward in the documentation', () => {
  const blocks = readFiles((path) => path.endsWith('.md') && !path.startsWith('docs/reference/')).flatMap((page) =>
    [...page.text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```/gm)].map((match) => ({ path: page.path, text: match[1] ?? '' })),
  );
  const lines = blocks.flatMap(({ path, text }) =>
    [...text.matchAll(/\brunward ([a-z].*?)(?:\s+#.*)?$/gm)].map((match) => ({ path, words: (match[1] ?? '').split(/\s+/) })),
  );

  it('names commands and flags that exist', async () => {
    const program = await wholeProgram();
    expect(lines.length).toBeGreaterThan(10);
    expect(
      lines.flatMap(({ path, words }) => unknownWords(program, words).map((word) => `${path}: runward ${words.join(' ')}: ${word}`)),
    ).toEqual([]);
    expect(unknownWords(program, ['run', 'begin', 'x'])).toEqual(['begin']);
    expect(unknownWords(program, ['run', 'list', '--newest'])).toEqual(['--newest']);
  });
});

describe('runbooks in the documentation', () => {
  const blocks = readFiles((path) => path.endsWith('.md')).flatMap((page) =>
    [...page.text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match, n) => ({ path: `${page.path}#${n + 1}`, text: match[1] ?? '' })),
  );
  const runbooks = blocks.filter((block) => block.text.startsWith('apiVersion: runward/v1'));

  it('are accepted by the loader without an error', () => {
    expect(runbooks.map((block) => block.path)).toContain('README.md#1');
    const { findings } = loadDocuments(runbooks, { actions });
    expect(findings.filter((finding) => finding.severity === 'error')).toEqual([]);
  });
});

/** The first word that is no command below the one before it, and every flag that the command does not have. */
function unknownWords(program: Command, words: readonly string[]): readonly string[] {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0) break;
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) return [word];
    command = next;
  }
  const known = new Set([...program.options, ...command.options].flatMap((option) => [option.short, option.long]));
  // The options of a process are its own, and are passed on to it.
  if (['server', 'worker', 'simulator'].includes(words[0] ?? '')) return [];
  return words.map((word) => word.split('=', 1)[0] ?? '').filter((word) => word.startsWith('-') && word !== '-' && !known.has(word));
}

function deadLinks(page: SourceFile): readonly string[] {
  const prose = page.text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page.path, link)).map((link) => `${page.path}: ${link}`);
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? from : posix.join(posix.dirname(from), path);
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(readFileSync(join(ROOT, target), 'utf8')).includes(heading);
}

// The way in which GitHub makes the anchor of a heading.
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
