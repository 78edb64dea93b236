import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { formatDocument } from '../../../engine/language/format.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

function formatted(text: string): string {
  const answer = formatDocument({ path: 'runbooks/x.yaml', text });
  if (answer.kind === 'refused') throw new Error(answer.reason ?? answer.findings.map(({ code }) => code).join(' '));
  return answer.text;
}

/** The documents that ship. */
function documents(): readonly string[] {
  const folders = ['runbooks', 'runbooks/inventories'].map((name) => join(ROOT, name));
  const texts = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  return texts.filter((text) => formatDocument({ path: 'x.yaml', text }).kind === 'formatted');
}

describe('the canonical form', () => {
  it('orders keys, separates steps, quotes expressions and keeps comments with what they stand at', () => {
    const written = `# about the file
kind: Runbook
apiVersion: runward/v1
metadata: { title: A title, owner: team-a, name: tidy }

purpose: operations


environment: test
timeout: 10m   # long enough
steps:
  # asks first
  - uses: http.check@1
    # where it is
    with: {url: 'http://localhost/'}
    id: ask
    name: \${{ run.id }} asks

  - {id: look, wait: 1s}
  - id: say
    run: |
      echo a # b
    effect: read
`;
    expect(formatted(written)).toBe(`# about the file
apiVersion: runward/v1
kind: Runbook
metadata: { name: tidy, title: A title, owner: team-a }

purpose: operations

environment: test
timeout: 10m # long enough
steps:
  # asks first
  - id: ask
    name: "\${{ run.id }} asks"
    uses: http.check@1
    # where it is
    with: { url: 'http://localhost/' }

  - { id: look, wait: 1s }

  - id: say
    effect: read
    run: |
      echo a # b
`);
  });

  it('writes in block style what ends beyond 100 columns, from the outside in', () => {
    const long = 'x'.repeat(60);
    const text = `kind: Runbook\nmetadata: { name: a, labels: { one: ${long}, two: ${long} }, links: [a, b] }\n`;
    expect(formatted(text)).toBe(`kind: Runbook\nmetadata:\n  name: a\n  labels:\n    one: ${long}\n    two: ${long}\n  links: [a, b]\n`);
  });

  it('leaves a file alone that it cannot read', () => {
    const answer = formatDocument({ path: 'x.yaml', text: 'a: *b\n' });
    expect(answer).toMatchObject({ kind: 'refused', findings: [{ code: 'RW104' }] });
  });

  it('changes nothing the second time, and never the value', () => {
    for (const text of documents()) {
      const once = formatted(text);
      expect(formatted(once)).toBe(once);
      expect(parse(once)).toEqual(parse(text));
    }
  }, 60_000);

  it('keeps every comment wherever it stands, or leaves the file alone', () => {
    const texts = documents();
    fc.assert(
      fc.property(fc.nat(texts.length - 1), fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }), (which, places) => {
        const lines = (texts[which] ?? '').split('\n');
        for (const place of places) {
          const at = place % lines.length;
          const indent = /^ */.exec(lines[at] ?? '')?.[0] ?? '';
          lines.splice(at, 0, `${indent}# note ${at}`);
        }
        const text = lines.join('\n');
        const answer = formatDocument({ path: 'x.yaml', text });
        if (answer.kind === 'refused') return;
        // Inside a script a line like this is text of the script and no comment: then it is part of the value.
        expect(answer.text.match(/# note \d+/g)?.toSorted()).toEqual(text.match(/# note \d+/g)?.toSorted());
        expect(formatted(answer.text)).toBe(answer.text);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
