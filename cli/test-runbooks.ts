import { join, relative } from 'node:path';
import { actions } from '../engine/actions/registry.ts';
import { RunwardError } from '../engine/errors.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { loadDocuments, type Loaded } from '../engine/language/load.ts';
import { type Coverage, coverageOf, percentOf } from '../runbook-test/coverage.ts';
import type { TestReport } from '../runbook-test/run-test.ts';
import { findingsText } from './findings.ts';
import { type Flags, isOn, textFlag } from './flags.ts';
import { playTests } from './play-tests.ts';
import { needsAscii } from './terminal.ts';
import type { Session } from './program-options.ts';
import { isTestPath, readDocuments } from './project-documents.ts';
import { junitText, reportJson, reportText, type RunbookCoverage, summaryText, type TestsReport, thinOf } from './test-report.ts';

const FAILED_EXIT = 1;
const FOUND_EXIT = 3;

/** `test`: exit code 0 when all cases passed, 1 when one failed or too little was reached, 3 when a document has errors. */
export async function testRunbooks(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const given = (args[0] as readonly string[] | undefined) ?? [];
  const paths = given.length > 0 ? given : [relative(process.cwd(), join(session.project, 'runbooks', 'tests')) || '.'];
  const { asked, beside } = await readDocuments(paths, session.project, true);
  const files = asked.filter(({ path }) => isTestPath(path));
  if (files.length === 0)
    throw new RunwardError('USAGE_FLAG', `there are no tests in ${paths.join(', ')}`, { next: 'tests of runbooks are named *.test.yaml' });
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const { seed, minPercent } = numbersOf(flags);
  const wanted = files.map(({ path }) => path);
  const tests = await playTests([...asked, ...beside], loaded, { wanted, seed, filter: textFlag(flags, 'filter') ?? '' });
  const report: TestsReport = { tests, seed, minPercent, coverage: coverages(loaded, tests) };
  const findings = loaded.findings.filter(({ severity, file }) => severity === 'error' && isAbout(loaded, files, file));
  const exit = exitOf(report, findings.length);
  if (findings.length > 0) session.output.warn(findingsText(findings, [...asked, ...beside], session.output.colour));
  const ascii = needsAscii(process.env);
  session.output.data({
    text: () => (session.format === 'junit' ? junitText(report, findings) : reportText(report, { all: isOn(flags, 'coverage'), ascii })),
    json: reportJson(report, findings, exit),
    names: report.tests.flatMap(({ runbook, cases }) => cases.map(({ name }) => `${runbook}: ${name}`)),
  });
  session.output.say(summaryText(report, findings.length), exit === 0 ? 'good' : 'bad');
  return exit;
}

interface Numbers {
  readonly seed: number;
  readonly minPercent: number | undefined;
}

function coverages(loaded: Loaded, tests: readonly TestReport[]): readonly RunbookCoverage[] {
  return [...new Set(tests.map(({ runbook }) => runbook))].toSorted().flatMap((name) => {
    const found = loaded.runbooks.get(name);
    if (found === undefined) return [];
    const reached = tests.flatMap((test) => (test.runbook === name ? test.reached : []));
    const coverage: Coverage = coverageOf(found.runbook, reached);
    return [{ runbook: name, path: found.path, percent: percentOf(coverage), ...coverage }];
  });
}

// Errors of a test, or of any document that its runbook may be made of.
function isAbout(loaded: Loaded, files: readonly DocumentFile[], file: string): boolean {
  const playable = new Set(loaded.tests.map(({ path }) => path));
  return files.some(({ path }) => path === file) || (!isTestPath(file) && files.some(({ path }) => !playable.has(path)));
}

function exitOf(report: TestsReport, errors: number): number {
  if (errors > 0) return FOUND_EXIT;
  const failed = report.tests.some(({ cases }) => cases.some(({ status }) => status === 'failed'));
  return failed || thinOf(report).length > 0 || report.tests.length === 0 ? FAILED_EXIT : 0;
}

function numbersOf(flags: Flags): Numbers {
  const percent = textFlag(flags, 'minCoverage');
  return {
    seed: whole(textFlag(flags, 'seed') ?? '1', '--seed', 4_294_967_295),
    minPercent: percent === undefined ? undefined : whole(percent, '--min-coverage', 100),
  };
}

function whole(text: string, flag: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new RunwardError('USAGE_FLAG', `${flag}: "${text}" is not a whole number from 0 to ${max}`);
}
