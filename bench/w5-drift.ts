import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeMemoryStore } from '../adapters/memory/store.ts';
import { createLocalShell } from '../adapters/shell/local.ts';
import type { ActionContext } from '../engine/actions/action.ts';
import { dscTest } from '../engine/actions/dsc-test.ts';
import { configure, readConfiguration } from '../engine/dsc/document.ts';
import { requestKey } from '../engine/dsc/fact.ts';
import { probeScript } from '../engine/dsc/probe-script.ts';
import type { RunId, StepKey } from '../engine/ids.ts';
import type { Target } from '../engine/target.ts';

/**
 * W5: a drift check of one host with verdict, evidence and record (store in memory). With `--floor DIR` the resources are those of
 * `w5-gen.mjs` there, and the bare batched script of `w5-run.mjs` is measured in turn with the check: `ratio` is against it. Without, the bare
 * script is our own. Prints one JSON line for each number of resources: `npm run bench -- W5 --floor ../shared/bench --repeats 9`.
 */
const { values: flags } = parseArgs({ options: { floor: { type: 'string' }, repeats: { type: 'string', default: '9' } } });

const PATH = 'configurations/bench.dsc.yaml';
const repeats = Number(flags.repeats);
const shell = createLocalShell();
const store = makeMemoryStore({ nowMs: () => Date.now() });
const ids = { sha256: (text: string): string => createHash('sha256').update(text).digest('hex') };
const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
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
  const peer = flags.floor === undefined ? undefined : peerOf(flags.floor, resources);
  const text = peer === undefined ? documentOf(resources) : peerDocument(peer.facts);
  const [floors, checks]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < repeats; turn += 1) {
    floors.push(await timed(() => (peer === undefined ? bare(text) : runScript(peer.script))));
    checks.push(await timed(() => check(text)));
  }
  const [floor, whole] = [median(floors), median(checks)];
  const line = {
    workload: 'W5',
    resources,
    floor: peer === undefined ? 'own bare script' : 'floor-batch-sh-local',
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
  const template = readConfiguration({ path: PATH, text }, []);
  const made = template === undefined ? undefined : configure(template, {});
  if (made?.kind !== 'configured') throw new Error('the document of the measurement has errors');
  const asked = made.configuration.instances.flatMap(({ type, properties }) => type.requests(properties as never));
  const once = [...new Map(asked.map((request) => [requestKey(request), request])).values()];
  const requests = new Map(once.map((request, index) => [index + 1, request]));
  const script = probeScript(requests, '0'.repeat(32), { answerMaxBytes: 16_384, probeSeconds: 10 });
  runScript(script);
}

function runScript(script: string): void {
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
    if (outcome.check === undefined) throw new Error('the check did not end with a verdict');
    const around = { runbook: 'bench', environment: 'bench', nowMs: Date.now() };
    await dscTest.record?.({ store, ids } as never, { ...context, ...around } as never, outcome);
    return;
  }
}

interface PeerFact {
  readonly t: 'file' | 'dir' | 'line' | 'pkg' | 'user' | 'group' | 'sysctl';
  readonly k: string;
  readonly v: string;
  readonly mode: string;
  readonly content: string;
  readonly line: string;
  readonly uid: string;
  readonly shell: string;
}

/** The peer's resources of this host, and its script that observes them. */
function peerOf(folder: string, resources: number): { readonly facts: readonly PeerFact[]; readonly script: string } {
  const own = mkdtempSync(join(tmpdir(), 'runward-w5-'));
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'w5-gen.mjs'), String(resources), own], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`w5-gen.mjs failed: ${stderr}`);
  const facts = JSON.parse(readFileSync(join(own, 'facts.json'), 'utf8')) as readonly PeerFact[];
  return { facts, script: readFileSync(join(own, 'probe-batch.sh'), 'utf8') };
}

/** The same resources as a document. Groups are no type of ours; the peer's few are left out. */
function peerDocument(facts: readonly PeerFact[]): string {
  const properties: Readonly<Record<Exclude<PeerFact['t'], 'group'>, (fact: PeerFact) => readonly [string, object]>> = {
    file: (fact: PeerFact) => ['File', { path: fact.k, content: fact.content, mode: fact.mode, owner: 'root' }],
    dir: (fact: PeerFact) => ['File', { path: fact.k, type: 'directory', mode: fact.mode }],
    line: (fact: PeerFact) => ['FileLine', { path: fact.k, line: fact.line }],
    pkg: (fact: PeerFact) => ['Package', { name: fact.k, version: fact.v }],
    user: (fact: PeerFact) => ['User', { name: fact.k, uid: Number(fact.uid), shell: fact.shell }],
    sysctl: (fact: PeerFact) => ['Sysctl', { key: fact.k, value: fact.v }],
  };
  const resources = facts.flatMap((fact, index) => {
    if (fact.t === 'group') return [];
    const [type, wanted] = properties[fact.t](fact);
    return [{ type: `Runward.Linux/${type}`, name: `r${index}`, properties: wanted }];
  });
  return JSON.stringify({ $schema: 'https://aka.ms/dsc/schemas/v3/bundled/config/document.json', resources });
}

async function timed(work: () => Promise<void> | void): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
