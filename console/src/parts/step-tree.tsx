import { useState } from 'preact/hooks';
import type { ItemSummary, RunSummary, StepSummary } from '../../../engine/run/summary.ts';
import { plainText } from '../plain-text.ts';
import { clockText } from '../time.ts';
import { stepWords } from '../words.ts';
import { StatusMark } from './status-mark.tsx';
import { type Axis, TimeBar } from './time-bar.tsx';

/** What is chosen: a step by its path, and one of its items. */
export interface Choice {
  readonly path: string;
  readonly item?: string;
}

interface Props {
  readonly run: RunSummary;
  readonly nowMs: number;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
}

const SECTIONS = { readiness: 'Readiness', steps: 'Steps', finally: 'Finally' } as const;
// A run of 500 steps and 2,000 items must scroll smoothly: the rest comes on request.
const ROWS_MAX = 40;
const BEFORE_CHOICE = 5;

/** The steps of a run with their bars on one time axis; the items of the chosen fan-out stand under it. */
export function StepTree({ run, nowMs, choice, onChoose }: Props) {
  const [from, setFrom] = useState(() => firstRow(run, choice));
  const [rowMax, setRowMax] = useState(ROWS_MAX);
  const axis: Axis = {
    fromMs: Date.parse(run.startedAt ?? run.createdAt),
    toMs: run.endedAt === undefined ? nowMs : Date.parse(run.endedAt),
  };
  const shown = run.steps.slice(from, from + rowMax);
  return (
    <>
      {from > 0 && (
        <button type="button" onClick={() => setFrom(Math.max(0, from - ROWS_MAX))}>
          {from} earlier steps
        </button>
      )}
      {(['readiness', 'steps', 'finally'] as const).map((section) => {
        const steps = shown.filter((step) => step.section === section);
        if (steps.length === 0) return null;
        return (
          <section key={section} aria-label={SECTIONS[section]}>
            <h3>{SECTIONS[section]}</h3>
            <ol class="tree">
              {steps.map((step) => (
                <StepRow key={step.path} {...{ step, axis, choice, onChoose }} />
              ))}
            </ol>
          </section>
        );
      })}
      {run.steps.length > from + rowMax && (
        <button type="button" onClick={() => setRowMax(rowMax + ROWS_MAX)}>
          {run.steps.length - from - rowMax} more steps
        </button>
      )}
    </>
  );
}

interface RowProps {
  readonly step: StepSummary;
  readonly axis: Axis;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
}

function StepRow({ step, axis, choice, onChoose }: RowProps) {
  const [rowMax, setRowMax] = useState(ROWS_MAX);
  const chosen = choice?.path === step.path;
  return (
    <li>
      <Row
        name={step.name}
        note={itemsText(step)}
        depth={step.depth}
        state={step}
        axis={axis}
        chosen={chosen && choice?.item === undefined}
        onClick={() => onChoose({ path: step.path })}
      />
      {chosen && step.items.length > 0 && (
        <ol class="tree">
          {urgentFirst(step.items)
            .slice(0, rowMax)
            .map((item) => (
              <li key={item.key}>
                <Row
                  name={item.key}
                  note=""
                  depth={step.depth + 1}
                  state={item}
                  axis={axis}
                  chosen={choice?.item === item.key}
                  onClick={() => onChoose({ path: step.path, item: item.key })}
                />
              </li>
            ))}
          {step.items.length > rowMax && (
            <li>
              <button type="button" onClick={() => setRowMax(rowMax + ROWS_MAX)}>
                {step.items.length - rowMax} more items
              </button>
            </li>
          )}
        </ol>
      )}
    </li>
  );
}

interface RowParts {
  readonly name: string;
  readonly note: string;
  readonly depth: number;
  readonly state: Pick<ItemSummary, 'status' | 'startedAt' | 'endedAt' | 'percent'>;
  readonly axis: Axis;
  readonly chosen: boolean;
  readonly onClick: () => void;
}

function Row({ name, note, depth, state, axis, chosen, onClick }: RowParts) {
  const words = stepWords(state.status);
  const tookMs =
    state.startedAt === undefined
      ? undefined
      : (state.endedAt === undefined ? axis.toMs : Date.parse(state.endedAt)) - Date.parse(state.startedAt);
  return (
    <button type="button" class={`row depth-${Math.min(depth, 4)}`} aria-current={chosen ? 'true' : undefined} onClick={onClick}>
      <span class="name">
        {plainText(name)} {note !== '' && <small>{note}</small>}
      </span>
      <StatusMark
        words={state.percent === undefined || words.tone !== 'busy' ? words : { ...words, word: `${words.word} ${state.percent} %` }}
      />
      <TimeBar axis={axis} startedAt={state.startedAt} endedAt={state.endedAt} tone={words.tone} />
      <span class="n">{tookMs === undefined ? '' : clockText(tookMs)}</span>
    </button>
  );
}

function itemsText(step: StepSummary): string {
  if (step.items.length === 0) return '';
  const done = step.items.filter((item) => ['succeeded', 'recovered', 'skipped'].includes(item.status)).length;
  return `${done} of ${step.items.length}`;
}

// In a long run the reader begins where something goes on.
function firstRow(run: RunSummary, choice: Choice | undefined): number {
  const index = run.steps.findIndex(({ path }) => path === choice?.path);
  return index < ROWS_MAX ? 0 : index - BEFORE_CHOICE;
}

const URGENCY = { bad: 0, open: 1, busy: 2, dim: 3, good: 3 } as const;

// A long list begins with what went wrong; a short one stays in the order of the plan.
function urgentFirst(items: readonly ItemSummary[]): readonly ItemSummary[] {
  if (items.length <= ROWS_MAX) return items;
  return items.toSorted((a, b) => URGENCY[stepWords(a.status).tone] - URGENCY[stepWords(b.status).tone]);
}
