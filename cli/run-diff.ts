import type { JsonObject } from '../engine/json.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { argument } from './flags.ts';
import { snapshot } from './follow-run.ts';
import type { Session } from './program-options.ts';
import { resolveRun } from './run-reference.ts';
import { clockText, plainText, tableText } from './terminal.ts';

/** What a plan of a run holds, as far as two of them are compared. */
interface ComparedPlan {
  readonly planHash: string;
  readonly inputs: JsonObject;
  readonly steps: readonly { readonly path: string; readonly kind: string; readonly action: string }[];
}

/** One difference: where it is, and both sides; `-` where a side has nothing. */
export interface Difference {
  readonly what: 'run' | 'input' | 'plan' | 'status' | 'duration' | 'output';
  readonly name: string;
  readonly left: string;
  readonly right: string;
}

interface Side {
  readonly run: RunSummary;
  readonly plan: ComparedPlan;
}

/** `run diff`: inputs, plan, statuses, durations and outputs of two runs, only where they differ. */
export async function diffRuns(session: Session, args: readonly unknown[]): Promise<number> {
  const client = await connect(session);
  const left = await sideOf(client, argument(args, 0));
  const right = await sideOf(client, argument(args, 1));
  const differences = differencesOf(left, right);
  const [a, b] = [`RUN-${left.run.number}`, `RUN-${right.run.number}`];
  session.output.data({
    text: () =>
      differences.length === 0
        ? 'the two runs do not differ'
        : tableText(
            ['WHAT', 'NAME', a, b],
            differences.map((one) => [one.what, plainText(one.name), plainText(one.left), plainText(one.right)]),
          ),
    json: { apiVersion: 'runward/v1', kind: 'RunDiff', left: left.run.number, right: right.run.number, differences },
    lines: differences,
    names: differences.map(({ what, name }) => `${what} ${name}`),
  });
  return 0;
}

async function sideOf(client: ApiClient, reference: string): Promise<Side> {
  const { run } = await snapshot(client, await resolveRun(client, reference));
  return { run, plan: await client.get<ComparedPlan>(`/runs/${run.id}/plan`) };
}

/** Everything in which two runs differ, in the order in which a reader asks. Pure. */
export function differencesOf(left: Side, right: Side): readonly Difference[] {
  return [
    ...pairs('run', facts(left.run), facts(right.run)),
    ...pairs('input', texts(left.plan.inputs), texts(right.plan.inputs)),
    ...(left.plan.planHash === right.plan.planHash ? [] : pairs('plan', planOf(left), planOf(right))),
    ...pairs('status', statuses(left.run), statuses(right.run)),
    ...pairs('duration', durations(left.run), durations(right.run)),
    ...pairs('output', texts(left.run.outputs ?? {}), texts(right.run.outputs ?? {})),
  ];
}

type Texts = Readonly<Record<string, string>>;

function pairs(what: Difference['what'], left: Texts, right: Texts): readonly Difference[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names
    .filter((name) => left[name] !== right[name])
    .map((name) => ({ what, name, left: left[name] ?? '-', right: right[name] ?? '-' }));
}

function facts({ runbook, purpose, environment, status }: RunSummary): Texts {
  return { runbook, purpose, environment, status };
}

function planOf({ plan }: Side): Texts {
  const rows = plan.steps.map(({ path, kind, action }) => [path, `${kind} ${action}`] as const);
  return { hash: plan.planHash.slice(0, 12), ...Object.fromEntries(rows) };
}

function texts(values: JsonObject): Texts {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function statuses({ steps }: RunSummary): Texts {
  return Object.fromEntries(steps.map(({ path, status }) => [path, status]));
}

/** To the second, as it is shown: two good runs differ in their milliseconds and in nothing that matters. */
function durations({ steps }: RunSummary): Texts {
  const timed = steps.flatMap(({ path, startedAt, endedAt }) =>
    startedAt === undefined || endedAt === undefined ? [] : [[path, clockText(Date.parse(endedAt) - Date.parse(startedAt))] as const],
  );
  return Object.fromEntries(timed);
}
