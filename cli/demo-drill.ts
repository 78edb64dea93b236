import { randomUUID } from 'node:crypto';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient, ApiEvent } from './api-client.ts';
import type { Child } from './child-process.ts';
import type { DemoLines } from './demo-lines.ts';
import { followRun } from './follow-run.ts';
import { liveScreen } from './live-screen.ts';
import type { RunModel } from './run-model.ts';
import { renderRunTree } from './run-tree.ts';
import { needsAscii, type TextStream } from './terminal.ts';
import { eventLine } from './watch-run.ts';

/** A drill to play live. */
export interface DrillRequest {
  readonly client: ApiClient;
  readonly lines: DemoLines;
  readonly stream: TextStream;
  readonly colour: boolean;
  readonly runbook: string;
  /** Starts a worker that takes the place of the killed one; absent: nothing is killed. */
  readonly kill?: { readonly worker: Child; readonly replace: () => Promise<Child> } | undefined;
  readonly signal: AbortSignal;
}

/** What the drill came to. `takeoverMs` is the time from the kill to the first event of the new owner. */
export interface DrillEnd {
  readonly run: RunSummary;
  readonly killedAtMs?: number;
  readonly takeoverMs?: number;
  readonly killedDuring?: string;
}

interface PlanView {
  readonly planHash: string;
  readonly counts: { readonly READ: number; readonly MUTATES: number; readonly UNKNOWN: number; readonly GATE: number };
}

/** Plans, starts and shows a drill; decides its approval as the local person; kills the worker during the second failover. */
export async function playDrill(request: DrillRequest): Promise<DrillEnd> {
  const { client, lines } = request;
  const open = await unfinished(request);
  if (open !== undefined) {
    lines.line('run', `${open.number} is still ${open.status} from an earlier start and goes on: it was accepted, so it is not lost`);
    return watch({ ...request, kill: undefined }, open);
  }
  const plan = await client.post<PlanView>('/plans', { runbook: request.runbook, inputs: {} });
  const { counts } = plan;
  lines.line(
    'plan',
    `${request.runbook} · ${counts.READ} read · ${counts.MUTATES} mutate · ${counts.UNKNOWN} unknown · ${counts.GATE} gate · hash ${plan.planHash.slice(0, 8)}`,
  );
  const started = await client.post<RunSummary>('/runs', { planHash: plan.planHash, reason: 'demo' }, randomUUID());
  lines.line('run', `${started.number} started by ${started.requester.name} as ${started.purpose} · ${started.url}`);
  return watch(request, started);
}

/** A drill that an earlier demo left under way. */
async function unfinished({ client, runbook }: DrillRequest): Promise<RunSummary | undefined> {
  const { items } = await client.get<{ readonly items: readonly { readonly id: string; readonly status: string }[] }>(
    `/runs?runbook=${runbook}&limit=1`,
  );
  const [last] = items;
  if (last === undefined || !['queued', 'running', 'waiting'].includes(last.status)) return undefined;
  return client.get<RunSummary>(`/runs/${last.id}`);
}

async function watch(request: DrillRequest, started: RunSummary): Promise<DrillEnd> {
  const view = viewer(request);
  const decided = new Set<string>();
  let model: RunModel = { run: started, snapshotAtMs: Date.now() };
  let end: Partial<DrillEnd> = {};
  for await (const followed of followRun(request.client, started.id, request.signal)) {
    ({ model } = followed);
    view.show(followed);
    await approve(request, { model, decided, view });
    if (request.kill !== undefined && end.killedAtMs === undefined) {
      const victim = acceptedFailover(followed.event);
      if (victim !== undefined) {
        end = { killedAtMs: Date.now(), killedDuring: victim };
        request.kill.worker.kill('SIGKILL');
        view.clear();
        request.lines.line(
          'kill',
          `worker ${request.kill.worker.pid} got SIGKILL while ${victim} was under way; another worker starts`,
          'warn',
        );
        const next = await request.kill.replace();
        view.clear();
        request.lines.line('worker', `${next.pid} ready · the dead worker's lease must run out before it may go on`);
      }
    } else if (
      end.killedAtMs !== undefined &&
      end.takeoverMs === undefined &&
      followed.event !== undefined &&
      Date.parse(followed.event.at) > end.killedAtMs + 1000
    ) {
      end = { ...end, takeoverMs: Date.parse(followed.event.at) - end.killedAtMs };
      view.clear();
      request.lines.line(
        'takeover',
        `the run goes on ${((end.takeoverMs ?? 0) / 1000).toFixed(1)} s after the kill, from its record`,
        'good',
      );
    }
  }
  view.end();
  return { ...end, run: model.run };
}

/** The machine whose test failover in the second tier Azure has just accepted: the moment at which a dead worker would hurt most. */
function acceptedFailover(event: ApiEvent | undefined): string | undefined {
  const accepted = event?.type === 'runward.step.accepted' && event.step?.startsWith('failover_app[') === true;
  return accepted ? `the test failover of ${event.item ?? 'a machine'}` : undefined;
}

async function approve(
  request: DrillRequest,
  at: { readonly model: RunModel; readonly decided: Set<string>; readonly view: Viewer },
): Promise<void> {
  const { run } = at.model;
  const gate = run.waitingFor.find(({ kind, step }) => kind === 'approval' && !at.decided.has(step));
  if (gate === undefined) return;
  at.decided.add(gate.step);
  at.view.clear();
  request.lines.line('approval', `${gate.step} asks: ${gate.message}`);
  await request.client.post(
    `/approvals/${run.number}.${gate.step}/approve`,
    { planHash: run.planHash, reason: 'demo: approved by the local person' },
    randomUUID(),
  );
  at.view.clear();
  request.lines.line('approved', 'by local, who also started the run: the evidence says self-approved (local)', 'warn');
}

/** Polls, and the beginnings of single machines, would drown the changes that a reader waits for. */
function isWorthALine({ type, item }: ApiEvent): boolean {
  const word = type.slice(type.lastIndexOf('.') + 1);
  if (word === 'still_running' || word === 'postponed') return false;
  return item === undefined || (word !== 'opened' && word !== 'intent_written');
}

interface Viewer {
  readonly show: (followed: { readonly model: RunModel; readonly event?: ApiEvent }) => void;
  /** Takes the tree away, so that a line can follow; it is painted again below. */
  readonly clear: () => void;
  readonly end: () => void;
}

function viewer({ stream, colour }: DrillRequest): Viewer {
  if (stream.isTTY !== true || process.env['TERM'] === 'dumb') {
    return {
      show: ({ model, event }) => {
        if (event !== undefined && isWorthALine(event)) stream.write(`${eventLine(model.run.number, event)}\n`);
      },
      clear: () => undefined,
      end: () => undefined,
    };
  }
  const screen = liveScreen(stream);
  let last: RunModel | undefined;
  const paint = (): void => {
    if (last === undefined) return;
    const view = { nowMs: Date.now(), columns: Math.min(120, stream.columns ?? 100), colour, ascii: needsAscii(process.env) };
    screen.paint(renderRunTree(last, { ...view, rows: Math.max(6, (process.stdout.rows ?? 40) - 2) }));
  };
  const timer = setInterval(paint, 500);
  return {
    show: ({ model }) => {
      last = model;
      paint();
    },
    clear: screen.clear,
    end: () => {
      clearInterval(timer);
      paint();
      screen.end();
    },
  };
}
