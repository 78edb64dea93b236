import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { renderFinding, renderSummary } from '../../../engine/language/render-human.ts';
import { sourceText } from '../../../engine/language/source-text.ts';

const FOLDER = join(import.meta.dirname, '../../golden/bad');
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

function findingsOf(text: string, path: string) {
  return loadDocuments([{ path, text }], { actions }).findings;
}

describe('broken documents', () => {
  it('are at least twenty, and each of them is named after the code that it must have', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(20);
    const without = NAMES.filter((name) => {
      const codes = findingsOf(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8'), name).map((finding) => finding.code.toLowerCase());
      return !codes.some((code) => name.startsWith(code));
    });
    expect(without).toEqual([]);
  });

  it.each(NAMES)('%s is explained as its golden file says', (name) => {
    const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
    const path = `bad/${name}.yaml`;
    const findings = findingsOf(text, path);
    const shown = [...findings.map((finding) => renderFinding(finding, sourceText(path, text))), renderSummary(findings, 1), ''].join('\n');
    expect(shown).toBe(readFileSync(join(FOLDER, `${name}.out`), 'utf8'));
  });

  it.each(NAMES)('%s: seven blank lines above move every finding by seven lines and nothing else', (name) => {
    const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
    // A directive must stand on the first line that is not blank; moving it is moving another document.
    const moved = findingsOf(`${'\n'.repeat(7)}${text}`, 'x');
    const shifted = findingsOf(text, 'x').map((finding) => ({
      ...finding,
      line: atStart(finding) ? finding.line : finding.line + 7,
      endLine: atStart(finding) ? finding.endLine : finding.endLine + 7,
      message: finding.message,
      hint: finding.hint.replace(/in line (\d+)/, (_, line: string) => `in line ${Number(line) + 7}`),
      related: finding.related.map((place) => ({ ...place, line: place.line + 7 })),
    }));
    expect(moved).toEqual(shifted);
  });

  it('offer a fix only where applying it removes the finding', () => {
    const offered = NAMES.flatMap((name) => {
      const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
      return findingsOf(text, name).flatMap((finding) =>
        finding.fix === undefined ? [] : [{ name, text, finding, fix: finding.fix.text }],
      );
    });
    expect(offered.length).toBeGreaterThan(10);
    const useless = offered.filter(({ name, text, finding, fix }) => {
      const lines = text.split('\n');
      const line = lines[finding.line - 1] ?? '';
      lines[finding.line - 1] = line.slice(0, finding.column - 1) + fix + line.slice(finding.endColumn - 1);
      const left = findingsOf(lines.join('\n'), name);
      return left.some((other) => other.code === finding.code && other.line === finding.line && other.column === finding.column);
    });
    expect(useless.map(({ name, fix }) => `${name}: ${fix}`)).toEqual([]);
  });
});

// Findings about a file as a whole stand at its first character.
function atStart(finding: { readonly line: number; readonly column: number; readonly endColumn: number }): boolean {
  return finding.line === 1 && finding.column === 1 && finding.endColumn === 1;
}
