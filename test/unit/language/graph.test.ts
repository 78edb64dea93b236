import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { graphOf } from '../../../engine/language/graph.ts';
import { graphText } from '../../../engine/language/graph-text.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import type { Runbook } from '../../../engine/language/runbook.ts';

const TEXT = `apiVersion: runward/v1
kind: Runbook
metadata: { name: sample, title: 'A "sample"', owner: team-a }
purpose: operations
environment: test
timeout: 10m
steps:
  - id: go
    approval: { by: [group:ops], need: 1, message: "Go?" }
  - id: work
    steps:
      - { id: pause, wait: 1s }
      - id: checks
        parallel:
          - { id: port, uses: tcp.check@1, with: { host: localhost, port: 22 } }
          - { id: page, needs: [port], uses: http.check@1, with: { url: "http://localhost/" } }
          - { id: other, wait: 1s }
    finally:
      - { id: tidy, wait: 1s }
  - id: end
    assert: [{ that: "true", message: never }]
`;

function runbook(text: string): Runbook {
  const { runbooks, findings } = loadDocuments([{ path: 'runbooks/sample.yaml', text }], { actions });
  const [loaded] = [...runbooks.values()];
  if (loaded === undefined) throw new Error(findings.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return loaded.runbook;
}

describe('the graph of a runbook', () => {
  it('joins steps in written order, branches by their needs, and blocks through what is inside', () => {
    const { edges } = graphOf(runbook(TEXT));
    expect(edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`).toSorted()).toEqual(
      [
        'go after pause',
        'pause after port',
        'pause after other',
        'port needs page',
        'page after tidy',
        'other after tidy',
        'tidy after end',
      ].toSorted(),
    );
  });

  it('is text for mermaid, with quotes as mermaid wants them', () => {
    const text = graphText(graphOf(runbook(TEXT)), 'mermaid');
    expect(text).toMatch(/^flowchart TD\n {2}subgraph phase_steps\["A #quot;sample#quot;"\]\n {4}go\{\{"go"\}\}\n/);
    expect(text).toContain('        subgraph checks["checks (together)"]'.slice(2));
    expect(text).toContain('port -. needs .-> page');
  });

  it('is an indented tree for people, and text for Graphviz', () => {
    const graph = graphOf(runbook(TEXT));
    expect(graphText(graph, 'tree').split('\n').slice(0, 4)).toEqual(['A "sample"', '  go', '  work', '    pause']);
    expect(graphText(graph, 'dot')).toContain('subgraph cluster_work {');
  });

  it('holds every step of every runbook that ships', () => {
    const path = 'runbooks/network-isolation.yaml';
    const text = readFileSync(join(import.meta.dirname, '..', '..', '..', path), 'utf8');
    const ids = [...text.matchAll(/^ +- id: (\w+)$/gm)].map(([, id = '']) => id);
    const mermaid = graphText(graphOf(runbook(text)), 'mermaid');
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(mermaid).toMatch(new RegExp(`^ *(subgraph )?${id}[\\[({]`, 'm'));
  });
});
