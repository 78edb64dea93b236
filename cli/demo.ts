import { existsSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { startRedis } from '../adapters/embedded-redis.ts';
import { createLog } from '../adapters/system/log.ts';
import { createKeyPair } from '../adapters/system/signer.ts';
import { RUN_WORDS } from '../engine/run/run-state.ts';
import { VERSION } from '../engine/version.ts';
import { apiClient } from './api-client.ts';
import { reportDrift, watchSchedule } from './demo-more.ts';
import { type DrillEnd, playDrill } from './demo-drill.ts';
import { type DemoLines, demoLines } from './demo-lines.ts';
import { countLedger, reportEvidence, reportVerdict } from './demo-report.ts';
import { serverPort } from './server-port.ts';
import { countFlag, type Flags, isOn, textFlag } from './flags.ts';
import { examplesFirst } from './help.ts';
import { announce, type LocalStack, startSimulator, startStack } from './local-stack.ts';
import { handled, type Session } from './program-options.ts';
import { projectRoot } from './project-root.ts';
import { findLocalServer } from './server-address.ts';

const RUNBOOK = 'demo-drill';
/** A dead worker's runs are taken over after this time; a production worker keeps them for 30 s. */
const LEASE_MS = 4_000;
const SCAN_MS = 1_000;

/** `demo`: from nothing to a verified drill. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('start everything on this computer, run a recovery drill against a simulated estate and prove it')
    .option('--exit', 'stop after the drift check, with the exit code of the drill')
    .option('--fresh', 'forget what an earlier demo left in .runward/demo')
    .option('--no-kill', 'leave the worker alive')
    .option('--seed <n>', 'random numbers of the simulated estate', '42')
    .option('--scale <n>', 'how much faster than Azure the simulated estate runs', '60')
    .option('--port <n>', 'port of the server (default: 7080, or a free one when that is taken)')
    .option('--redis <url>', 'use this Redis instead of starting one')
    .action(handled(async (session, _args, flags) => demo(session, flags)))
    .addHelpText('before', examplesFirst(['runward demo', 'runward demo --exit --no-kill', 'npm run demo -- --exit']));
}

async function demo(session: Session, flags: Flags): Promise<number> {
  const { stdout } = process;
  const lines = demoLines(stdout, session.output.colour);
  stdout.write(`runward demo ${VERSION} · everything runs on this machine, nothing is sent anywhere\n`);
  const earlier = await findLocalServer(session.project);
  if (earlier !== undefined) return another(session, lines, earlier.address);
  const dataDir = join(session.project, '.runward', 'demo');
  if (isOn(flags, 'fresh') && existsSync(dataDir)) rmSync(dataDir, { recursive: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const stopped = new AbortController();
  const interrupted = interrupt(stopped);
  const log = createLog({ level: 'info', redact: (text) => text, file: join(dataDir, 'logs', 'demo.log') });
  const url = textFlag(flags, 'redis');
  const redis = await startRedis({ dataDir, allowDownload: true, log, ...(url === undefined ? {} : { url }) });
  try {
    lines.line('redis', redis.describe);
    if (redis.kind === 'javascript') lines.line('warning', 'in-memory store: everything is lost when it stops · durability none', 'warn');
    const stack = await open(session, flags, { dataDir, redisUrl: redis.url, lines });
    const forget = announce(session.project, stack.url);
    try {
      return await play(session, flags, { stack, lines, dataDir, stopped: stopped.signal, interrupted });
    } finally {
      forget();
      await stack.stop();
    }
  } finally {
    await redis.stop();
  }
}

async function open(
  session: Session,
  flags: Flags,
  at: { readonly dataDir: string; readonly redisUrl: string; readonly lines: DemoLines },
): Promise<LocalStack> {
  const { dataDir, redisUrl, lines } = at;
  const scale = countFlag(flags, 'scale', { flag: '--scale', max: 10_000 });
  const seed = countFlag(flags, 'seed', { flag: '--seed', max: 1_000_000_000 });
  const port = await serverPort(flags);
  const keysDir = join(dataDir, 'keys');
  await createKeyPair(keysDir);
  const simulator = await startSimulator({ dataDir, scale, seed });
  lines.line('azure', `simulator ${String(simulator.ready['endpoint'])} · contoso-shop, seed ${seed} · ${scale} times faster than Azure`);
  lines.more(`${String(simulator.ready['machines'])} machines in westeurope, replicating to northeurope`);
  const project = projectRoot();
  const stack = await startStack({ project, dataDir, keysDir, redisUrl, port, scale, seed, leaseMs: LEASE_MS, scanMs: SCAN_MS }, simulator);
  lines.line('server', `${stack.url} · local mode: loopback and simulator only, no sign-in`);
  return stack;
}

interface Playing {
  readonly stack: LocalStack;
  readonly lines: DemoLines;
  readonly dataDir: string;
  readonly stopped: AbortSignal;
  readonly interrupted: Promise<void>;
}

async function play(session: Session, flags: Flags, at: Playing): Promise<number> {
  const { stack, lines, dataDir } = at;
  const worker = await stack.startWorker();
  lines.line('worker', `${worker.pid} ready`);
  const client = apiClient({ baseUrl: stack.url, token: undefined, fetch });
  const { items } = await client.get<{ readonly items: readonly unknown[] }>('/runbooks');
  lines.line('project', `${items.length} runbooks published: valid`);
  const { colour } = session.output;
  const kill = flags['kill'] === false ? {} : { kill: { worker, replace: stack.startWorker } };
  const end = await playDrill({ client, lines, stream: process.stdout, colour, runbook: RUNBOOK, signal: at.stopped, ...kill });
  if (at.stopped.aborted) return 130;
  const exit = await report(at, { client, end, colour });
  const [drifted] = await reportDrift(lines, client);
  if (isOn(flags, 'exit')) {
    lines.line('stop', `worker, server, simulator and store stop now · the data stays in ${dataDir}`);
    return exit;
  }
  if (drifted !== undefined) lines.more(`npx runward drift show ${drifted} tells what differs`);
  lines.line('page', `${end.run.url} · every run, gate, schedule and drifted machine on ${stack.url}`);
  lines.line('api', `${stack.url}/api/v1/runs/${end.run.number} · Ctrl-C stops everything, the data stays in ${dataDir}`);
  lines.more('try        npx runward run show latest · npx runward run list · npx runward plan shop-drill');
  await Promise.race([at.interrupted, watchSchedule(lines, client, at.stopped)]);
  await at.interrupted;
  lines.line('stop', 'worker, server, simulator and store stop now');
  return exit;
}

async function report(
  at: Playing,
  drill: { readonly client: ReturnType<typeof apiClient>; readonly end: DrillEnd; readonly colour: boolean },
): Promise<number> {
  const { entries } = (await at.stack.control('ledger')) as { readonly entries: Parameters<typeof countLedger>[0] };
  const ledger = countLedger(entries, drill.end.run.createdAt);
  reportVerdict(at.lines, drill.end, ledger);
  const holds = await reportEvidence(at.lines, drill.client, {
    run: drill.end.run,
    dir: join(at.dataDir, 'evidence'),
    colour: drill.colour,
  });
  const exit = RUN_WORDS[drill.end.run.status].exit;
  return exit === 0 && (!holds || ledger.twice.length > 0) ? 1 : exit;
}

/** A demo runs in this folder already: play another drill on it and leave it running. */
async function another(session: Session, lines: DemoLines, address: string): Promise<number> {
  lines.line('server', `a demo runs in this folder already: ${address}`);
  const client = apiClient({ baseUrl: address, token: undefined, fetch });
  const end = await playDrill({
    client,
    lines,
    stream: process.stdout,
    colour: session.output.colour,
    runbook: RUNBOOK,
    signal: new AbortController().signal,
  });
  await reportEvidence(lines, client, {
    run: end.run,
    dir: join(session.project, '.runward', 'demo', 'evidence'),
    colour: session.output.colour,
  });
  return RUN_WORDS[end.run.status].exit;
}

function interrupt(stopped: AbortController): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      stopped.abort();
      resolve();
      process.once('SIGINT', () => process.exit(130));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    process.once('SIGHUP', stop);
  });
}
