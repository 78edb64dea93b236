import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderFinding, renderSummary } from '../../../engine/language/render-human.ts';
import { findingsJson } from '../../../engine/language/render-json.ts';
import { sourceText } from '../../../engine/language/source-text.ts';
import { findingsOf, type Golden, GOLDEN_FOLDER, GOLDENS } from '../../support/goldens.ts';

const CASES = GOLDENS.map((golden) => [golden.name, golden] as const);

describe('broken documents', () => {
  it.each(CASES)('%s shows the code that it is named after', async (_, golden) => {
    expect((await findingsOf(golden)).map((finding) => finding.code)).toContain(golden.code);
  });

  // `npx vitest run --project unit golden -u` writes the outputs anew; what changed is read before it is committed.
  it.each(CASES)('%s is explained to people and programs as its golden files say', async (name, { files, ...golden }) => {
    const findings = await findingsOf({ ...golden, files });
    const sources = new Map(files.map((file) => [file.path, sourceText(file.path, file.text)]));
    const shown = [
      ...findings.map((finding) => renderFinding(finding, sources.get(finding.file))),
      renderSummary(findings, files.length),
      '',
    ];
    await expect(shown.join('\n')).toMatchFileSnapshot(join(GOLDEN_FOLDER, `${name}.out`));
    const json = `${JSON.stringify(findingsJson(findings, files.length), undefined, 2)}\n`;
    await expect(json).toMatchFileSnapshot(join(GOLDEN_FOLDER, `${name}.json`));
  });

  // A byte order mark is one only at the very start.
  it.each(CASES.filter(([, { code }]) => code !== 'RW101'))(
    '%s: seven blank lines above move every finding by seven lines and nothing else',
    async (_, golden) => {
      const moved = await findingsOf(movedDown(golden, 7));
      const main = golden.files[0]?.path;
      const lower = (file: string, line: number) => (file === main ? line + 7 : line);
      const shifted = (await findingsOf(golden)).map((finding) => ({
        ...finding,
        line: atStart(finding) ? finding.line : lower(finding.file, finding.line),
        endLine: atStart(finding) ? finding.endLine : lower(finding.file, finding.endLine),
        hint: finding.hint.replace(/in line (\d+)/, (_text, line: string) => `in line ${Number(line) + 7}`),
        related: finding.related.map((place) => ({ ...place, line: lower(place.file, place.line) })),
      }));
      expect(moved).toEqual(shifted);
    },
  );

  it.each(CASES)('%s offers a fix only where applying it removes the finding', async (_, golden) => {
    for (const finding of await findingsOf(golden)) {
      if (finding.fix === undefined) continue;
      const left = await findingsOf(repaired(golden, finding, finding.fix.text));
      const remains = left.some((other) => other.code === finding.code && other.line === finding.line && other.column === finding.column);
      expect(remains, `${finding.code} ${finding.fix.text}`).toBe(false);
    }
  });
});

function movedDown(golden: Golden, lines: number): Golden {
  const [first, ...others] = golden.files;
  return first === undefined ? golden : { ...golden, files: [{ ...first, text: '\n'.repeat(lines) + first.text }, ...others] };
}

function repaired(
  golden: Golden,
  place: { readonly file: string; readonly line: number; readonly column: number; readonly endColumn: number },
  fix: string,
): Golden {
  const files = golden.files.map((file) => {
    if (file.path !== place.file) return file;
    const lines = file.text.split('\n');
    const line = Array.from(lines[place.line - 1] ?? '');
    lines[place.line - 1] = [...line.slice(0, place.column - 1), fix, ...line.slice(place.endColumn - 1)].join('');
    return { ...file, text: lines.join('\n') };
  });
  return { ...golden, files };
}

// Findings about a file as a whole stand at its first character.
function atStart(finding: { readonly line: number; readonly column: number; readonly endColumn: number }): boolean {
  return finding.line === 1 && finding.column === 1 && finding.endColumn === 1;
}
