import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../../cli/api-client.ts';
import type { Child } from '../../cli/child-process.ts';
import { evidenceCrypto } from '../../cli/evidence-crypto.ts';
import { verifyEvidence } from '../../engine/evidence/verify.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { type Attendants, attendants } from './attended-run.ts';
import { shippedProject } from './shipped-project.ts';
import type { LedgerLine } from './simulator.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** What the control API tells of the simulated world, as far as tests of whole runbooks look. */
export interface ShopWorld {
  readonly machines: readonly { readonly name: string; readonly group: string; readonly power: string; readonly address: string }[];
  readonly securityGroups: readonly { readonly group: string; readonly rules: readonly unknown[] }[];
  readonly alerts: readonly { readonly name: string; readonly firedMs: number; readonly resolvedMs: number | null }[];
  readonly nics: readonly { readonly name: string; readonly group: string }[];
  readonly disks: readonly { readonly name: string; readonly group: string }[];
  readonly fronts: readonly { readonly name: string; readonly url: string }[];
  readonly vaults: readonly {
    readonly items: readonly { readonly name: string; readonly phase: string; readonly newestUsableMs: number | null }[];
  }[];
}

/** The simulated shop with everything that carries out the runbooks that ship, and the people whom they ask. */
export interface ShippedStage {
  readonly stack: TestStack;
  readonly people: Attendants;
  readonly world: () => Promise<ShopWorld>;
  /** Kills the worker with SIGKILL and starts another one. */
  readonly killWorker: () => Promise<void>;
  /** How much each run that is being carried out has stored. */
  readonly progress: () => Promise<ReadonlyMap<string, number>>;
  /** The public address of the shop. */
  readonly shop: string;
  readonly ledger: () => Promise<readonly LedgerLine[]>;
  /** Reads a file of a machine, undefined while there is none; `write` makes one. */
  readonly read: (machine: string, path: string) => Promise<string | undefined>;
  readonly write: (machine: string, path: string, text: string) => Promise<void>;
  readonly arm: (faults: readonly unknown[]) => Promise<void>;
  /** How often the armed faults struck until now. */
  readonly struck: () => Promise<number>;
  /** The part of a run's evidence that does not verify; undefined when all of it does. */
  readonly wrongEvidence: (run: RunSummary) => Promise<string | undefined>;
  readonly heldLocks: () => Promise<readonly unknown[]>;
  readonly stop: () => Promise<void>;
}

const TOKEN = `rw_${'0'.repeat(12)}_${'a'.repeat(64)}`;

/** Starts Redis, the simulated shop, a server that asks for tokens and one worker. Durations of Azure and of the runbooks' waits are divided by `scale`. */
export async function startShippedStage(options: {
  readonly scale: number;
  readonly leaseMs: number;
  readonly inventories?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
  /** Further flags of the simulator, for example its estate. */
  readonly flags?: readonly string[];
}): Promise<ShippedStage> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-shipped-'));
  const project = await shippedProject(folder, options);
  const secretsDir = join(folder, 'secrets');
  await mkdir(secretsDir, { mode: 0o700 });
  for (const [name, text] of Object.entries({ 'shop-smoke-user': 'smoke-password', ...options.secrets }))
    await writeFile(join(secretsDir, name), text, { mode: 0o600 });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, TOKEN, { mode: 0o600 });
  const settings = {
    RUNWARD_AUTH: 'token',
    RUNWARD_BOOTSTRAP_TOKEN_FILE: tokenFile,
    RUNWARD_SECRETS_DIR: secretsDir,
    RUNWARD_HTTP_ALLOW_HOSTS: '127.0.0.0/8',
    RUNWARD_PRODUCTION_RUN_MAX: '100',
    ...options.settings,
  };
  const { scale, leaseMs, flags = [] } = options;
  const stack = await startTestStack({ scale, leaseMs, project, token: TOKEN, settings, flags });
  let worker: Child = await stack.startWorker();
  const world = async (): Promise<ShopWorld> => (await stack.control('world')) as ShopWorld;
  const [front] = (await world()).fronts;
  const file = (machine: string, path: string): string => `machines/${machine}/files/${path}`;
  return {
    stack,
    people: await attendants(stack.client),
    world,
    killWorker: async () => {
      worker.kill('SIGKILL');
      await worker.ended;
      worker = await stack.startWorker();
    },
    progress: () => progress(stack.client),
    shop: front?.url ?? '',
    ledger: stack.ledger,
    read: async (machine, path) => {
      const text = await stack.control(file(machine, path)).catch(() => undefined);
      return typeof text === 'string' ? text : undefined;
    },
    write: async (machine, path, text) => void (await stack.control(file(machine, path), { method: 'PUT', body: text })),
    arm: async (faults) => {
      for (const fault of faults) await stack.control('faults', { method: 'POST', body: fault });
    },
    struck: async () => {
      const { faults } = (await stack.control('faults')) as { readonly faults: readonly { readonly struck: number }[] };
      return faults.reduce((sum, fault) => sum + fault.struck, 0);
    },
    wrongEvidence: async (run) => {
      const { text } = await stack.client.download(`/runs/${run.id}/evidence?format=json`);
      const { ok, firstWrong } = verifyEvidence(evidenceCrypto, text);
      return ok ? undefined : (firstWrong ?? 'something');
    },
    heldLocks: async () => (await stack.client.get<{ items: readonly unknown[] }>('/locks')).items,
    stop: async () => {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** How much each run that is being carried out has stored. */
export async function progress(client: ApiClient): Promise<ReadonlyMap<string, number>> {
  const { items } = await client.get<{ items: readonly RunSummary[] }>('/runs?limit=100');
  return new Map(items.filter(({ status }) => status === 'running').map(({ id, seq }) => [id, seq]));
}
