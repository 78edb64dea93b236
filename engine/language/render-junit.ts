import type { Finding } from './diagnostics.ts';
import { PLAIN, renderFinding } from './render-human.ts';
import type { FindingReport } from './finding-report.ts';
import type { SourceText } from './source-text.ts';

/** Findings as a JUnit report: a suite for each file, a case for each finding. Warnings pass and stand in the output of their case; a clean file is one passing case. */
export function findingsJunit({ findings, sources }: FindingReport): string {
  const paths = [...new Set([...sources.map((source) => source.path), ...findings.map((finding) => finding.file)])];
  const suites = paths.map((path) => ({ path, own: findings.filter((finding) => finding.file === path) }));
  const tests = suites.reduce((sum, { own }) => sum + Math.max(own.length, 1), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="runward" tests="${tests}" failures="${failuresOf(findings)}" errors="0">`,
    ...suites.flatMap(({ path, own }) => [
      `  <testsuite name="${xml(path)}" tests="${Math.max(own.length, 1)}" failures="${failuresOf(own)}" errors="0">`,
      ...(own.length === 0
        ? [`    <testcase classname="${xml(path)}" name="no findings"/>`]
        : own.flatMap((one) => testCase(one, sources))),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

function testCase(finding: Finding, sources: readonly SourceText[]): readonly string[] {
  const { file, line, column, code } = finding;
  const text = xml(
    renderFinding(
      finding,
      sources.find((source) => source.path === file),
      PLAIN,
    ),
  );
  const inner =
    finding.severity === 'error'
      ? `<failure type="${code}" message="${xml(finding.message)}">${text}</failure>`
      : `<system-out>${text}</system-out>`;
  return [
    `    <testcase classname="${xml(file)}" name="${code} at ${line}:${column}" file="${xml(file)}" line="${line}">`,
    `      ${inner}`,
    '    </testcase>',
  ];
}

function failuresOf(findings: readonly Finding[]): number {
  return findings.filter((finding) => finding.severity === 'error').length;
}

// XML 1.0 has no way to write most control characters, not even escaped.
function xml(text: string): string {
  return Array.from(text, (character) => ENTITIES[character] ?? (isXmlCharacter(character) ? character : '�')).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function isXmlCharacter(character: string): boolean {
  const point = character.codePointAt(0) ?? 0;
  return point === 0x9 || point === 0xa || (point >= 0x20 && point !== 0xfffe && point !== 0xffff && (point < 0xd800 || point > 0xdfff));
}
