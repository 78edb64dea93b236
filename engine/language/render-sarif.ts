import type { JsonObject, JsonValue } from '../json.ts';
import { VERSION } from '../version.ts';
import { type Code, CODES } from './codes.ts';
import type { Finding } from './diagnostics.ts';
import type { FindingReport } from './finding-report.ts';
import { lineText } from './source-text.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * Findings as a log for code scanning: SARIF 2.1.0 (OASIS standard, errata 01), columns in Unicode code points. A finding that only moved
 * keeps its fingerprint, which is made of its code, its pointer and the text of its line.
 */
export function findingsSarif(report: FindingReport): JsonObject {
  const used = [...new Set(report.findings.map((finding) => finding.code))].toSorted();
  const seen = new Map<string, number>();
  const results = report.findings.map((finding): JsonObject => {
    const text = `${finding.code}:${finding.pointer}:${lineOf(finding, report).trim()}`;
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    return {
      ruleId: finding.code,
      ruleIndex: used.indexOf(finding.code),
      level: finding.severity,
      message: { text: `${finding.message}. ${finding.hint}` },
      locations: [{ ...location(finding), ...logical(finding.pointer) }],
      partialFingerprints: { 'codePointerText/v1': `${report.digest(text)}:${count}` },
      ...related(finding),
      ...fixes(finding),
    };
  });
  const driver = { name: 'runward', version: VERSION, semanticVersion: VERSION, rules: used.map(rule) };
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'unicodeCodePoints', results }],
  };
}

function rule(code: Code): JsonObject {
  const { message, hint, severity } = CODES[code];
  return {
    id: code,
    // Marks are filled in per finding.
    shortDescription: { text: message.replaceAll(/\{[a-z]+\}/g, '…') },
    help: { text: `${hint}. More: runward explain ${code}` },
    defaultConfiguration: { level: severity },
  };
}

function location(place: Pick<Finding, 'file' | 'line' | 'column'> & Partial<Pick<Finding, 'endLine' | 'endColumn'>>): JsonObject {
  const { line, column, endLine, endColumn } = place;
  const region = {
    startLine: line,
    startColumn: column,
    ...(endLine === undefined || endColumn === undefined ? {} : { endLine, endColumn }),
  };
  return { physicalLocation: { artifactLocation: { uri: uriOf(place.file) }, region } };
}

function logical(pointer: string): JsonObject {
  return pointer === '' ? {} : { logicalLocations: [{ fullyQualifiedName: pointer, kind: 'value' }] };
}

// A path becomes a relative reference: no character of it may be read as something else.
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function related(finding: Finding): JsonObject {
  if (finding.related.length === 0) return {};
  return {
    relatedLocations: finding.related.map((place, id): JsonValue => ({ id, message: { text: place.message }, ...location(place) })),
  };
}

function fixes(finding: Finding): JsonObject {
  if (finding.fix === undefined) return {};
  const { line, column, endLine, endColumn } = finding;
  const deletedRegion = { startLine: line, startColumn: column, endLine, endColumn };
  const replacements = [{ deletedRegion, insertedContent: { text: finding.fix.text } }];
  return {
    fixes: [{ description: { text: finding.hint }, artifactChanges: [{ artifactLocation: { uri: uriOf(finding.file) }, replacements }] }],
  };
}

function lineOf(finding: Finding, { sources }: FindingReport): string {
  const source = sources.find((each) => each.path === finding.file);
  return source === undefined ? '' : lineText(source, finding.line);
}
