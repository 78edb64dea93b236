import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { findingsOf, type Golden, GOLDENS } from '../../support/goldens.ts';

const SEED = Number(process.env['POSITIONS_SEED'] ?? 20_260_105);

// A directive and a byte order mark are what they are only at the start; a document that YAML cannot read has no places between values.
const MOVABLE = GOLDENS.filter(({ code, name }) => code !== 'RW101' && code !== 'RW102' && name !== 'rw104-directive');

const USUAL = new Map<string, Promise<readonly Finding[]>>();

async function usual(golden: Golden): Promise<readonly Finding[]> {
  const known = USUAL.get(golden.name) ?? findingsOf(golden);
  USUAL.set(golden.name, known);
  return known;
}

/** Line numbers (from 0) before which a blank line or a comment changes nothing: where a key or an item begins, outside of scripts. */
function gaps(text: string): readonly number[] {
  const lines = text.split('\n');
  const found: number[] = [];
  let block: number | undefined;
  lines.forEach((line, index) => {
    const indent = line.length - line.trimStart().length;
    if (block !== undefined && line.trim() !== '' && indent <= block) block = undefined;
    if (block === undefined && /^\s*(- )?[\w$-]+:( |$)/.test(line)) found.push(index);
    if (block === undefined && /[:-] [|>][+-]?\s*$/.test(line)) block = indent;
  });
  return found;
}

function withInserted(
  golden: Golden,
  inserted: readonly Inserted[],
): { readonly golden: Golden; readonly line: (before: number) => number } {
  const [main, ...others] = golden.files;
  const text = main?.text ?? '';
  const places = gaps(text);
  const chosen = inserted.map(({ place, what }) => ({ before: places[place % places.length] ?? 0, what }));
  const lines = text.split('\n').flatMap((line, index) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    return [...chosen.filter(({ before }) => before === index).map(({ what }) => (what === 'blank' ? '' : `${indent}# ${what}`)), line];
  });
  const moved = { path: main?.path ?? '', text: lines.join('\n') };
  return {
    golden: { ...golden, files: [moved, ...others] },
    line: (before) => before + chosen.filter((each) => each.before < before).length,
  };
}

interface Inserted {
  readonly place: number;
  readonly what: string;
}

function shifted(finding: Finding, main: string, line: (before: number) => number): Finding {
  const isWhole = finding.line === 1 && finding.column === 1 && finding.endColumn === 1;
  const own = finding.file === main && !isWhole;
  return {
    ...finding,
    line: own ? line(finding.line) : finding.line,
    endLine: own ? line(finding.endLine) : finding.endLine,
    hint: finding.hint.replace(/in line (\d+)/, (_, at: string) => `in line ${line(Number(at))}`),
    related: finding.related.map((place) => (place.file === main ? { ...place, line: line(place.line) } : place)),
  };
}

describe('places', () => {
  it('move by the lines that 1,000 blank lines and comments take, and nothing else changes', { timeout: 120_000 }, async () => {
    const what = fc.constantFrom('blank', 'a comment: with a colon', 'uses: # nothing', '"quoted', '${{ inputs.x }}', '😀 { [ | >');
    const insertion = fc.record({ place: fc.nat(), what });
    const property = fc.asyncProperty(
      fc.constantFrom(...MOVABLE),
      fc.array(insertion, { minLength: 4, maxLength: 4 }),
      async (golden, inserted) => {
        const { golden: moved, line } = withInserted(golden, inserted);
        const main = golden.files[0]?.path ?? '';
        expect(await findingsOf(moved)).toEqual((await usual(golden)).map((finding) => shifted(finding, main, line)));
      },
    );
    await fc.assert(property, { numRuns: 250, seed: SEED });
  });

  it('are the same where lines end with CR LF', { timeout: 60_000 }, async () => {
    for (const golden of GOLDENS) {
      const files = golden.files.map((file) => ({ ...file, text: file.text.replaceAll('\n', '\r\n') }));
      expect(await findingsOf({ ...golden, files }), golden.name).toEqual(await usual(golden));
    }
  });

  it('count code points, before the place and inside it, in text and in bytes', () => {
    const text = `apiVersion: runward/v1
kind: Runbook
metadata: { name: a, title: "😀 é e\u0301 日本", ownr: team-shop }
purpose: operations
environment: test
timeout: 1h
steps:
  - { id: a, name: "😀", wait: "😀😀" }
  - { id: b, assert: [{ that: '"😀" == inputs.x', message: m }] }
`;
    const found = (given: string | Uint8Array) =>
      loadDocuments([{ path: 'a.yaml', text: given }], { actions }).findings.map(
        ({ code, line, column, endColumn }) => `${code} ${line}:${column}-${endColumn}`,
      );
    expect(found(text)).toEqual(['RW202 3:42-46', 'RW213 8:31-35', 'RW402 9:46-47']);
    expect(found(new TextEncoder().encode(text))).toEqual(found(text));
    expect(found(Uint8Array.of(0x61, 0x3a, 0x20, 0xff))).toEqual(['RW101 1:1-1']);
  });
});

describe('twins', () => {
  const HEAD =
    'apiVersion: runward/v1\nkind: Runbook\nmetadata: { name: a, title: A, owner: team-a }\npurpose: operations\nenvironment: test\ntimeout: 1h\n';
  const said = (body: string) =>
    loadDocuments([{ path: 'a.yaml', text: HEAD + body }], { actions }).findings.map(({ code, line, hint }) => `${line} ${code} ${hint}`);

  it('an unknown key near a missing one is one finding', () => {
    expect(said('steps:\n  - { id: a, uess: http.check@1, with: { url: "http://x.example" } }\n')).toEqual([
      '8 RW202 did you mean "uses"?',
    ]);
    expect(said('stesp:\n  - { id: a, wait: 1m }\n')).toEqual(['7 RW202 did you mean "steps"?']);
    expect(said('steps:\n  - { id: a, approval: { by: [group:x], ned: 1, message: "1?" } }\n')).toEqual(['8 RW202 did you mean "need"?']);
  });

  it('an unknown action silences its arguments and results; an unknown step is told at each use, its fields are not', () => {
    const body = `steps:
  - { id: a, uses: http.chek@1, with: { anything: 1 } }
  - { id: b, assert: [{ that: steps.a.outputs.any == 1, message: m }, { that: steps.zz.outputs.any, message: m }, { that: steps.zz.status == "x", message: m }] }
`;
    expect(said(body)).toEqual([
      '8 RW406 did you mean "http.check@1"?',
      expect.stringContaining('9 RW401'),
      expect.stringContaining('9 RW401'),
    ]);
  });

  it('a document that cannot be read has findings about reading only', () => {
    expect(said('steps:\n  - { id: a, uess: x\n  bad: [\n').every((line) => line.includes('RW10'))).toBe(true);
  });
});
