import type { Runbook, Step } from './runbook.ts';

/** How a step is drawn. */
export type NodeShape = 'work' | 'gate' | 'check' | 'wait' | 'runbook';

/** One step that holds no others. */
export interface GraphNode {
  readonly id: string;
  readonly label: string;
  readonly shape: NodeShape;
}

/** A block or phase with what stands in it, in written order. */
export interface GraphGroup {
  readonly id: string;
  readonly label: string;
  readonly members: readonly (GraphNode | GraphGroup)[];
}

/** `after` is the written order, `needs` a dependency between branches. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'after' | 'needs';
}

/** The steps of a runbook and what follows what. */
export interface Graph {
  readonly groups: readonly GraphGroup[];
  readonly edges: readonly GraphEdge[];
}

interface Ends {
  readonly entries: readonly string[];
  readonly exits: readonly string[];
}

const NOTHING: Ends = { entries: [], exits: [] };

/** Draws a runbook: readiness, steps and finally as groups, blocks inside them. Pure. */
export function graphOf(runbook: Runbook): Graph {
  const edges: GraphEdge[] = [];
  const phases = [
    { id: 'readiness', label: 'readiness', steps: runbook.readiness?.checks ?? [], together: true },
    { id: 'steps', label: runbook.title, steps: runbook.steps, together: false },
    { id: 'finally', label: 'finally', steps: runbook.finally, together: false },
  ].filter(({ steps }) => steps.length > 0);
  let before: readonly string[] = [];
  const groups = phases.map(({ id, label, steps, together }): GraphGroup => {
    const members = steps.map((step) => memberOf(step));
    const ends = together ? joinBranches(steps, edges) : joinSequence(steps, edges);
    connect(before, ends.entries, edges);
    before = ends.exits;
    return { id: `phase_${id}`, label, members };
  });
  return { groups, edges };
}

function memberOf(step: Step): GraphNode | GraphGroup {
  const { body } = step;
  if (body.kind === 'steps') {
    const last = body.finally.length === 0 ? [] : [{ id: `${step.id}_finally`, label: 'finally', members: body.finally.map(memberOf) }];
    return { id: step.id, label: labelOf(step), members: [...body.steps.map(memberOf), ...last] };
  }
  if (body.kind === 'parallel') return { id: step.id, label: `${labelOf(step)} (together)`, members: body.steps.map(memberOf) };
  return { id: step.id, label: labelOf(step), shape: shapeOf(step) };
}

function shapeOf({ body }: Step): NodeShape {
  if (body.kind === 'approval' || body.kind === 'manual') return 'gate';
  if (body.kind === 'assert') return 'check';
  if (body.kind === 'wait') return 'wait';
  return body.kind === 'call' ? 'runbook' : 'work';
}

function labelOf(step: Step): string {
  const { body, target } = step;
  const what =
    body.kind === 'uses'
      ? ` · ${body.action}`
      : body.kind === 'call'
        ? ` · ${body.runbook}`
        : body.kind === 'run'
          ? ` · script (${body.effect})`
          : '';
  const whom = target === undefined ? '' : ` · each of ${target.kind === 'set' ? target.set : 'what was made'}`;
  return `${step.id}${what}${whom}`;
}

function joinSequence(steps: readonly Step[], edges: GraphEdge[]): Ends {
  let ends = NOTHING;
  for (const step of steps) {
    const own = endsOf(step, edges);
    if (own.entries.length === 0) continue;
    connect(ends.exits, own.entries, edges);
    ends = { entries: ends.entries.length === 0 ? own.entries : ends.entries, exits: own.exits };
  }
  return ends;
}

function joinBranches(steps: readonly Step[], edges: GraphEdge[]): Ends {
  const ends = new Map(steps.map((step) => [step.id, endsOf(step, edges)]));
  for (const step of steps)
    for (const need of step.needs)
      for (const from of ends.get(need)?.exits ?? [])
        for (const to of ends.get(step.id)?.entries ?? []) edges.push({ from, to, kind: 'needs' });
  const needed = new Set(steps.flatMap(({ needs }) => needs));
  return {
    entries: steps.filter(({ needs }) => needs.length === 0).flatMap(({ id }) => ends.get(id)?.entries ?? []),
    exits: steps.filter(({ id }) => !needed.has(id)).flatMap(({ id }) => ends.get(id)?.exits ?? []),
  };
}

function endsOf(step: Step, edges: GraphEdge[]): Ends {
  const { body } = step;
  if (body.kind === 'parallel') return joinBranches(body.steps, edges);
  if (body.kind === 'steps') return joinSequence([...body.steps, ...body.finally], edges);
  return { entries: [step.id], exits: [step.id] };
}

function connect(from: readonly string[], to: readonly string[], edges: GraphEdge[]): void {
  for (const one of from) for (const other of to) edges.push({ from: one, to: other, kind: 'after' });
}
