import type { Finding } from '../engine/language/diagnostics.ts';
import type { Coverage } from '../runbook-test/coverage.ts';
import type { CaseReport, TestReport } from '../runbook-test/run-test.ts';
import { OUTCOMES } from './output.ts';
import { measuredClockText, plainText, tableText } from './terminal.ts';

/** What the cases of one runbook reached, in all of its test files. */
export interface RunbookCoverage extends Coverage {
  readonly runbook: string;
  readonly path: string;
  readonly percent: number;
}

/** Everything that a call of `runward test` found. */
export interface TestsReport {
  readonly tests: readonly TestReport[];
  readonly seed: number;
  readonly minPercent: number | undefined;
  readonly coverage: readonly RunbookCoverage[];
}

/** The table of cases, the first difference of each failed one, and the coverage; with `all` also what was not reached. */
export function reportText(report: TestsReport, how: { readonly all: boolean; readonly ascii: boolean }): string {
  const mark = (status: CaseReport['status']): string => {
    const good = status === 'passed';
    return how.ascii ? (good ? 'ok passed' : 'x failed') : good ? '✓ passed' : '✗ failed';
  };
  const rows = report.tests.flatMap(({ runbook, cases }) =>
    cases.map(({ name, status, virtualMs }) => [runbook, mark(status), measuredClockText(virtualMs), name]),
  );
  const coverage = report.coverage.map((one) => [one.runbook, `${one.percent}%`, reachedText(one), how.all ? one.path : '']);
  return [
    tableText(['RUNBOOK', 'STATUS', 'TIME', 'CASE'], rows),
    ...failures(report),
    '',
    tableText(
      ['RUNBOOK', 'REACHED', 'OF ITS STEPS AND CONDITIONS', ...(how.all ? ['FILE'] : [])],
      coverage.map((row) => (how.all ? row : row.slice(0, 3))),
    ),
    ...(how.all ? missedLines(report.coverage) : []),
  ].join('\n');
}

/** One line about the whole call. */
export function summaryText(report: TestsReport, errors: number): string {
  const cases = report.tests.flatMap((test) => test.cases);
  const failed = cases.filter(({ status }) => status === 'failed').length;
  const thin = thinOf(report).map(({ runbook }) => runbook);
  return [
    `${cases.length} ${cases.length === 1 ? 'case' : 'cases'}: ${cases.length - failed} passed, ${failed} failed`,
    ...(cases.length === 0 && errors === 0 ? ['no name of a case or runbook holds the text of --filter'] : []),
    ...(errors > 0 ? [`${errors} ${errors === 1 ? 'error' : 'errors'} in documents`] : []),
    ...(thin.length > 0 ? [`less than ${report.minPercent}% reached in ${thin.join(', ')}`] : []),
    `seed ${report.seed}`,
  ].join(' · ');
}

/** Runbooks of which the cases reached less than was asked for. */
export function thinOf({ coverage, minPercent }: TestsReport): readonly RunbookCoverage[] {
  return coverage.filter(({ percent }) => percent < (minPercent ?? 0));
}

/** The report as a document for programs. Times are milliseconds. */
export function reportJson(report: TestsReport, findings: readonly Finding[], exit: number): unknown {
  const cases = report.tests.flatMap((test) => test.cases);
  const failed = cases.filter(({ status }) => status === 'failed').length;
  return {
    apiVersion: 'runward/v1',
    kind: 'TestReport',
    outcome: OUTCOMES[exit] ?? 'failed',
    seed: report.seed,
    counts: { passed: cases.length - failed, failed },
    files: report.tests.map(({ path, runbook, cases: own }) => ({
      path,
      runbook,
      cases: own.map((one) => ({ ...one, differences: one.differences.map(({ message, at }) => ({ message, ...at })) })),
    })),
    coverage: report.coverage.map(({ runbook, path, percent, points, missed }) => ({
      runbook,
      path,
      percent,
      points: points.length,
      missed,
    })),
    findings,
  };
}

/** The report as JUnit XML: a suite for each file; the time of a case is virtual. Errors of documents are a suite of their own, and so is a share that is not reached. */
export function junitText(report: TestsReport, findings: readonly Finding[]): string {
  const suites = report.tests.map(({ path, runbook, cases }) => {
    const failed = cases.filter(({ status }) => status === 'failed').length;
    const head = `<testsuite name="${xml(path)}" tests="${cases.length}" failures="${failed}" errors="0">`;
    const seed = `<properties><property name="seed" value="${report.seed}"/></properties>`;
    return [head, seed, ...cases.map((one) => junitCase(one, { path, runbook })), '</testsuite>'].join('\n');
  });
  const errors = findings.map(
    ({ file, line, column, code, message }) =>
      `<testcase classname="${xml(file)}" name="${code}"><error message="${xml(`${file}:${line}:${column} ${message}`)}"/></testcase>`,
  );
  const documents =
    errors.length === 0
      ? []
      : [`<testsuite name="documents" tests="${errors.length}" failures="0" errors="${errors.length}">`, ...errors, '</testsuite>'];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="runward test">',
    ...suites,
    ...documents,
    ...junitCoverage(report),
    '</testsuites>',
  ].join('\n');
}

function junitCoverage(report: TestsReport): readonly string[] {
  const { coverage, minPercent } = report;
  if (minPercent === undefined || coverage.length === 0) return [];
  const thin = thinOf(report);
  const cases = coverage.map((one) => {
    const head = `<testcase classname="${xml(one.runbook)}" name="at least ${minPercent}% reached"`;
    if (!thin.includes(one)) return `${head}/>`;
    const message = `${one.percent}% reached: ${reachedText(one)} steps and conditions`;
    return `${head}><failure message="${message}">${xml(missedLines([one]).join('\n'))}</failure></testcase>`;
  });
  return [`<testsuite name="coverage" tests="${cases.length}" failures="${thin.length}" errors="0">`, ...cases, '</testsuite>'];
}

function junitCase(one: CaseReport, of: { readonly path: string; readonly runbook: string }): string {
  const head = `<testcase classname="${xml(of.runbook)}" name="${xml(one.name)}" time="${(one.virtualMs / 1000).toFixed(3)}"`;
  const [first] = one.differences;
  if (first === undefined) return `${head}/>`;
  const places = one.differences.map(({ message, at }) => `${of.path}:${at.line}:${at.column} ${message}`);
  return `${head}><failure message="${xml(first.message)}">${xml(places.join('\n'))}</failure></testcase>`;
}

function failures(report: TestsReport): readonly string[] {
  return report.tests.flatMap(({ path, runbook, cases }) =>
    cases.flatMap(({ name, differences }) => {
      const [first] = differences;
      if (first === undefined) return [];
      const more = differences.length - 1;
      return [
        '',
        plainText(`${runbook}: ${name}`),
        plainText(`  --> ${path}:${first.at.line}:${first.at.column}`),
        plainText(`  ${first.message}`),
        ...(more > 0 ? [`  and ${more} more ${more === 1 ? 'difference' : 'differences'}`] : []),
      ];
    }),
  );
}

function reachedText({ points, missed }: Coverage): string {
  return `${points.length - missed.length} of ${points.length}`;
}

function missedLines(coverage: readonly RunbookCoverage[]): readonly string[] {
  return coverage.flatMap(({ path, missed }) =>
    missed.map(({ kind, text, line }) => `${path}:${line} no case reached ${kind} ${text}`).map(plainText),
  );
}

function xml(text: string): string {
  return plainText(text.replaceAll('\n', ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
