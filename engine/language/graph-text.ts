import type { Graph, GraphGroup, GraphNode, NodeShape } from './graph.ts';

/** How a graph can be written. */
export const GRAPH_FORMATS = ['tree', 'mermaid', 'dot'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

const MERMAID: Readonly<Record<NodeShape, readonly [open: string, close: string]>> = {
  work: ['["', '"]'],
  gate: ['{{"', '"}}'],
  check: ['("', '")'],
  wait: ['(["', '"])'],
  runbook: ['[["', '"]]'],
};
const DOT: Readonly<Record<NodeShape, string>> = { work: 'box', gate: 'hexagon', check: 'ellipse', wait: 'cds', runbook: 'component' };

/** The graph as an indented tree, as text for mermaid (mermaid.js.org) or for Graphviz (graphviz.org). */
export function graphText(graph: Graph, format: GraphFormat): string {
  switch (format) {
    case 'tree':
      return graph.groups.flatMap((group) => treeLines(group, 0)).join('\n');
    case 'mermaid':
      return mermaidText(graph);
    case 'dot':
      return dotText(graph);
  }
}

function treeLines(member: GraphNode | GraphGroup, depth: number): readonly string[] {
  const line = `${'  '.repeat(depth)}${member.label}`;
  return isGroup(member) ? [line, ...member.members.flatMap((one) => treeLines(one, depth + 1))] : [line];
}

function mermaidText({ groups, edges }: Graph): string {
  const lines = (member: GraphNode | GraphGroup, depth: number): readonly string[] => {
    const indent = '  '.repeat(depth);
    if (!isGroup(member)) {
      const [open, close] = MERMAID[member.shape];
      return [`${indent}${member.id}${open}${escaped(member.label)}${close}`];
    }
    const inside = member.members.flatMap((one) => lines(one, depth + 1));
    return [`${indent}subgraph ${member.id}["${escaped(member.label)}"]`, ...inside, `${indent}end`];
  };
  const arrows = edges.map(({ from, to, kind }) => `  ${from} ${kind === 'needs' ? '-. needs .->' : '-->'} ${to}`);
  return ['flowchart TD', ...groups.flatMap((group) => lines(group, 1)), ...arrows].join('\n');
}

function dotText({ groups, edges }: Graph): string {
  const lines = (member: GraphNode | GraphGroup, depth: number): readonly string[] => {
    const indent = '  '.repeat(depth);
    if (!isGroup(member)) return [`${indent}${member.id} [label=${JSON.stringify(member.label)}, shape=${DOT[member.shape]}];`];
    const inside = member.members.flatMap((one) => lines(one, depth + 1));
    return [`${indent}subgraph cluster_${member.id} {`, `${indent}  label=${JSON.stringify(member.label)};`, ...inside, `${indent}}`];
  };
  const arrows = edges.map(({ from, to, kind }) => `  ${from} -> ${to}${kind === 'needs' ? ' [style=dashed, label=needs]' : ''};`);
  return ['digraph runbook {', ...groups.flatMap((group) => lines(group, 1)), ...arrows, '}'].join('\n');
}

function isGroup(member: GraphNode | GraphGroup): member is GraphGroup {
  return 'members' in member;
}

// Mermaid reads entities instead of quotes (mermaid.js.org/syntax/flowchart.html).
function escaped(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll('"', '#quot;');
}
