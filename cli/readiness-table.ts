import { FACT_WORDS, READY_WORDS, type MachineFact, type PlanFact, type ReadyWord } from '../engine/recovery/recovery-state.ts';
import { ageText, needsAscii, tableText } from './terminal.ts';

interface FactView<Name extends string> {
  readonly fact: Name;
  readonly state: ReadyWord;
  readonly is: string;
  readonly limit?: string;
  readonly message?: string;
}

interface Judged<Name extends string> {
  readonly ready: ReadyWord;
  readonly message?: string;
  readonly at?: string;
  readonly run?: number;
  readonly facts: readonly FactView<Name>[];
}

/** A recovery plan with its machines as the API shows it. */
export interface PlanReadinessView extends Judged<PlanFact> {
  readonly plan: string;
  readonly machines: readonly (Judged<MachineFact> & { readonly machine: string })[];
}

const SHOWN = ['rpo', 'recovery_point', 'test_failover'] as const satisfies readonly MachineFact[];
const ALL = ['protection', 'health', ...SHOWN, 'test_leftover', 'agent', 'disks'] as const satisfies readonly MachineFact[];
const WHYS_SHOWN = 3;

/** Recovery plans and their machines with each figure and its limit; `wide` shows every row, otherwise those that change by themselves. */
export function readinessTable(plans: readonly PlanReadinessView[], at: { readonly nowMs: number; readonly wide: boolean }): string {
  if (plans.length === 0) return '';
  const facts: readonly MachineFact[] = at.wide ? ALL : SHOWN;
  const headings = ['MACHINE', 'READY', ...facts.map((fact) => FACT_WORDS[fact].replace(' ', '-').toUpperCase()), 'AGE', 'RUN', 'WHY'];
  const rows = plans.flatMap(({ plan, machines, ...own }) => [
    [plan, readyMark(own.ready), ...facts.map(() => '-'), ...lastCells({ ...own, ...machinesText(own, machines) }, at.nowMs)],
    ...machines.map((machine) => [
      `  ${machine.machine}`,
      readyMark(machine.ready),
      ...facts.map((fact) => figureText(machine.facts.find((each) => each.fact === fact))),
      ...lastCells(machine, at.nowMs),
    ]),
  ]);
  return tableText(headings, rows);
}

const WANTING = ['not_ready', 'unknown', 'at_risk'] as const;

// A plan with nothing wrong of its own is as good as its worst machine.
function machinesText(own: Judged<PlanFact>, machines: PlanReadinessView['machines']): { readonly message?: string } {
  if (own.facts.some(({ state }) => state !== 'ready')) return {};
  const counts = WANTING.flatMap((word) => {
    const count = machines.filter(({ ready }) => ready === word).length;
    return count === 0 ? [] : [`${count} ${word.replace('_', ' ')}`];
  });
  return counts.length === 0 ? {} : { message: `${counts.join(', ')} of ${machines.length} machines` };
}

function lastCells({ at, run, ...judged }: Judged<MachineFact | PlanFact>, nowMs: number): readonly string[] {
  return [at === undefined ? '-' : ageText(nowMs - Date.parse(at)), run === undefined ? '-' : String(run), whyText(judged)];
}

function figureText(fact: FactView<string> | undefined): string {
  if (fact === undefined) return '-';
  return fact.limit === undefined || fact.state === 'ready' ? fact.is : `${fact.is} of ${fact.limit}`;
}

function whyText({ message, facts }: Pick<Judged<MachineFact | PlanFact>, 'message' | 'facts'>): string {
  if (message !== undefined) return message;
  const wrong = facts.filter(({ state }) => state !== 'ready');
  const told = wrong.slice(0, WHYS_SHOWN).map(({ fact, message: why, ...figure }) => {
    const what = `${FACT_WORDS[fact]}: ${figureText({ fact, ...figure })}`;
    return why === undefined ? what : `${what}, ${why}`;
  });
  const more = wrong.length > WHYS_SHOWN ? ` and ${wrong.length - WHYS_SHOWN} more` : '';
  return wrong.length === 0 ? '-' : `${told.join('; ')}${more}`;
}

function readyMark(ready: ReadyWord): string {
  const { mark, ascii, word } = READY_WORDS[ready];
  return `${needsAscii(process.env) ? ascii : mark} ${word}`;
}
