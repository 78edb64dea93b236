import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { makeMemoryStore } from '../adapters/memory/store.ts';
import { createLocalShell } from '../adapters/shell/local.ts';
import type { ActionContext } from '../engine/actions/action.ts';
import { dscTest } from '../engine/actions/dsc-test.ts';
import { readConfiguration } from '../engine/dsc/document.ts';
import { requestKey } from '../engine/dsc/fact.ts';
import { probeScript } from '../engine/dsc/probe-script.ts';
import type { RunId, StepKey } from '../engine/ids.ts';
import type { Target } from '../engine/target.ts';

/**
 * W5: a drift check of one host with verdict, evidence and record (store in memory), beside our own bare script of the same observations
 * in `sh` in the same run. The ratio tells what is around the script; what the script itself costs stands in `floorMs`: it starts some
 * processes for every observation. Prints one JSON line for each number of resources. Run it with `node bench/w5-drift.ts [REPEATS]`.
 */

const PATH = 'configurations/bench.dsc.yaml';
const repeats = Number(process.argv[2] ?? '5');
const shell = createLocalShell();
const store = makeMemoryStore({ nowMs: () => Date.now() });
const ids = { sha256: (text: string): string => createHash('sha256').update(text).digest('hex') };
const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 5))),
};
const target = {
  key: 'host',
  name: 'host',
  id: 'host',
  lockId: 'host',
  kind: 'host',
  os: 'linux',
  via: 'local',
  tags: {},
} as unknown as Target;

for (const resources of [50, 500]) {
  const text = documentOf(resources);
  const floor = median(await timed(repeats, async () => bare(text)));
  const whole = median(await timed(repeats, async () => check(text)));
  const line = {
    workload: 'W5',
    resources,
    floorMs: Math.round(floor),
    checkMs: Math.round(whole),
    ratio: Number((whole / floor).toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
await shell.close();

function documentOf(resources: number): string {
  const one = (index: number): string =>
    index % 2 === 0
      ? `  - { type: Runward.Linux/File, name: f${index}, properties: { path: /etc/bench-${index}, _exist: false } }`
      : `  - { type: Runward.Linux/FileLine, name: l${index}, properties: { path: /etc/passwd, absent: "^bench-${index}:" } }`;
  return [
    '$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json',
    'resources:',
    ...Array.from({ length: resources }, (_, index) => one(index)),
    '',
  ].join('\n');
}

/** The same observations without anything around them. */
function bare(text: string): void {
  const configuration = readConfiguration({ path: PATH, text }, []);
  const asked = (configuration?.instances ?? []).flatMap(({ type, properties }) => type.requests(properties as never));
  const once = [...new Map(asked.map((request) => [requestKey(request), request])).values()];
  const requests = new Map(once.map((request, index) => [index + 1, request]));
  const script = probeScript(requests, '0'.repeat(32), { answerMaxBytes: 16_384, probeSeconds: 10 });
  const { status } = spawnSync('sh', [], { input: script, maxBuffer: 67_108_864 });
  if (status !== 0) throw new Error('the bare script failed');
}

/** A whole check: script, verdict, evidence and record. */
async function check(text: string): Promise<void> {
  const context = {
    runId: randomUUID() as RunId,
    stepKey: randomUUID() as StepKey,
    stepPath: 'check',
    attempt: 1,
    send: 1,
    requestId: randomUUID(),
    requestIds: [],
    target,
    input: dscTest.input.parse({ document: PATH }),
    configurations: { [PATH]: text },
    createdAtMs: Date.now(),
    before: undefined,
    signal: new AbortController().signal,
  } satisfies ActionContext<unknown>;
  for (;;) {
    const outcome = await dscTest.read({ shell, clock, ids } as never, context as never);
    if (outcome.kind === 'unanswered') continue;
    if (outcome.kind !== 'succeeded') throw new Error(outcome.failure.message);
    const around = { runbook: 'bench', environment: 'bench', nowMs: Date.now() };
    await dscTest.record?.({ store, ids } as never, { ...context, ...around } as never, outcome);
    return;
  }
}

async function timed(times: number, work: () => Promise<void>): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const startMs = performance.now();
    await work();
    taken.push(performance.now() - startMs);
  }
  return taken;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
