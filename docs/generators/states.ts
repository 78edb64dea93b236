import type { EdgeTable } from '../../engine/edges.ts';
import { RUN_EDGES, RUN_WORDS } from '../../engine/run/run-state.ts';
import { STEP_EDGES, STEP_WORDS } from '../../engine/run/step-state.ts';
import { SCHEDULE_EDGES, SCHEDULE_WORDS } from '../../engine/schedule/schedule-state.ts';
import { code, fence, page, table } from './markdown.ts';

/** docs/reference/states.md: the state tables of run, step and schedule, drawn and written out. */
export function statesPage(): string {
  return page(
    'States',
    'A run, its steps and a schedule move only along these edges. A pair of state and event that is not listed is a bug: it raises `RUN_BAD_EDGE` and the run stops. The tables of run and step also check every write inside the store.',
    [
      '## Run',
      'A run in `paused` or `unknown` is parked: it waits for a person. States without an edge out are ends.',
      diagram(RUN_EDGES),
      edges(RUN_EDGES),
      words(RUN_WORDS),
      '## Step',
      '`intent` means: stored that the request may leave now, no answer known yet. `submitted` means: accepted, and known how to follow it. `unknown` means: it cannot be told whether the effect happened, and nothing is sent again.',
      diagram(STEP_EDGES),
      edges(STEP_EDGES),
      words(STEP_WORDS),
      '## Schedule',
      'A `paused` schedule records its slots as skipped. A `parked` one owes more slots than any outage explains and waits for a person.',
      diagram(SCHEDULE_EDGES),
      edges(SCHEDULE_EDGES),
      words(SCHEDULE_WORDS),
    ],
  );
}

function diagram(edgeTable: EdgeTable): string {
  const lines = Object.entries(edgeTable).flatMap(([from, row]) => {
    const targets = [...new Set(Object.values(row))];
    if (targets.length === 0) return [`  ${from} --> [*]`];
    return targets.map((to) => {
      const events = Object.keys(row).filter((event) => row[event] === to);
      return `  ${from} --> ${to}: ${events.join(', ')}`;
    });
  });
  const first = Object.keys(edgeTable)[0] ?? '';
  return fence('mermaid', ['stateDiagram-v2', `  [*] --> ${first}`, ...lines].join('\n'));
}

function edges(edgeTable: EdgeTable): string {
  const rows = Object.entries(edgeTable).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to]) => [code(from), code(event), code(to)]),
  );
  return table(['State', 'Event', 'Next'], rows);
}

function words(all: Readonly<Record<string, { readonly mark: string; readonly ascii: string; readonly word: string }>>): string {
  return table(
    ['State', 'Mark', 'ASCII', 'Word shown'],
    Object.entries(all).map(([state, one]) => [code(state), one.mark, one.ascii, one.word]),
  );
}
