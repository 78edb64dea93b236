import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { actions } from '../engine/actions/registry.ts';
import { RunwardError } from '../engine/errors.ts';
import { CODES } from '../engine/language/codes.ts';
import { didYouMean, type Finding, inOrder } from '../engine/language/diagnostics.ts';
import { judged } from '../engine/language/finding-report.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { readIgnoreList, warningCodes } from '../engine/language/lint/ignore-list.ts';
import { chosen, lintDocuments } from '../engine/language/lint/lint.ts';
import { nearest } from '../engine/language/near.ts';
import { explainWord } from './explain.ts';
import { printFindings } from './findings.ts';
import type { Flags } from './flags.ts';
import { pairsOf, textFlag } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

const CONFIG = '.runward/config.yaml';

/** `lint`: what `validate` says and what is allowed and mostly a mistake. Exit code 3 when anything of the level is found. */
export async function lintProject(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const explained = textFlag(flags, 'explain');
  if (explained !== undefined) return explainWord(session, explained);
  const only = codesOf(flags, 'rule');
  const ignored = codesOf(flags, 'ignore');
  const level = levelOf(flags);
  const { asked, beside } = await readDocuments((args[0] as readonly string[] | undefined) ?? [], session.project);
  const config = await readConfig(session.project);
  const findings: Finding[] = [];
  for (const file of config) for (const code of readIgnoreList(file, findings)) ignored.add(code);
  const tested = await testedRunbooks(session.project);
  const linted = lintDocuments([...asked, ...beside], { actions, tested, nowMs: Date.now() });
  const names = new Set(asked.map((file) => file.path));
  findings.push(...linted.findings.filter((finding) => names.has(finding.file)));
  const kept = inOrder(chosen(findings, { ignored, ...(only.size === 0 ? {} : { only }) }));
  const exit = printFindings(session, kept, [...asked, ...config.filter(({ path }) => kept.some(({ file }) => file === path))]);
  return level === 'error' ? exit : exitOf(kept);
}

function exitOf(findings: readonly Finding[]): number {
  return judged(findings, true).length === 0 ? 0 : 3;
}

function levelOf(flags: Flags): string {
  const level = textFlag(flags, 'level') ?? 'warning';
  if (level !== 'warning' && level !== 'error') throw new RunwardError('USAGE_FLAG', `--level: "${level}" is neither warning nor error`);
  return level;
}

function codesOf(flags: Flags, flag: string): Set<string> {
  const codes = pairsOf(flags, flag).flatMap((text) => text.split(','));
  for (const code of codes) {
    if (warningCodes().some((known) => known === code)) continue;
    const near = nearest(code, warningCodes());
    const why = Object.hasOwn(CODES, code)
      ? 'is an error, and errors are always shown'
      : `is no code of a warning${near === undefined ? '' : `: ${didYouMean(near)}`}`;
    throw new RunwardError('USAGE_FLAG', `--${flag}: "${code}" ${why}`, { next: 'runward explain RW521' });
  }
  return new Set(codes);
}

async function readConfig(project: string): Promise<readonly DocumentFile[]> {
  const place = join(project, CONFIG);
  const text = await readFile(place).catch(() => undefined);
  return text === undefined ? [] : [{ path: relative(process.cwd(), place) || CONFIG, text }];
}

/** Names of the runbooks that a test file of the project is about. */
async function testedRunbooks(project: string): Promise<ReadonlySet<string>> {
  const folder = join(project, 'runbooks');
  const names = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => /\.test\.ya?ml$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return new Set(texts.flatMap((text) => /^runbook:\s*["']?([a-z][a-z0-9-]*)/m.exec(text)?.[1] ?? []));
}
