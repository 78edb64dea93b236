import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { danglingReferences } from './estate-references.ts';
import type { EstateFinding } from './estate-references.ts';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const address = z.ipv4();
const period = z.string().regex(/^\d+(s|m|h|d)$/);
const tags = z.record(z.string(), z.string()).default({});

/** An own rule of the security group that guards a network; what is left out is any. */
const securityRule = z.strictObject({
  name,
  priority: z.int().min(100).max(4096),
  direction: z.enum(['Inbound', 'Outbound']),
  access: z.enum(['Allow', 'Deny']),
  protocol: z.enum(['Tcp', 'Udp', '*']).default('Tcp'),
  source: z.string().default('*'),
  destination: z.string().default('*'),
  port: z.string().default('*'),
});

/** A route of the route table that a network gets when it has any; one to an appliance names its address. */
const route = z
  .strictObject({
    name,
    prefix: z.cidrv4(),
    nextHop: z.enum(['VirtualNetworkGateway', 'VnetLocal', 'Internet', 'VirtualAppliance', 'None']),
    appliance: address.optional(),
  })
  .refine(({ nextHop, appliance }) => (nextHop === 'VirtualAppliance') === (appliance !== undefined), {
    message: 'a route to a VirtualAppliance names its address, and no other route does',
    path: ['appliance'],
  });

const network = z.strictObject({
  name,
  group: name,
  location: name.optional(),
  space: z.cidrv4(),
  /** Machines of a reachable network answer on the addresses that ARM reports; those of an isolated one answer each other only. */
  reachable: z.boolean(),
  peerings: z.array(name).default([]),
  dns: z.array(address).default([]),
  rules: z.array(securityRule).default([]),
  routes: z.array(route).default([]),
  /** Whether a NAT gateway leads out of it. */
  nat: z.boolean().default(false),
});

const machine = z.strictObject({
  name,
  group: name,
  role: name,
  address,
  tags,
  units: z.array(name).default([]),
  size: z.string().optional(),
  power: z.enum(['running', 'deallocated']).optional(),
  /** Whether disks and interface stay when the machine is deleted, as the portal has it by default. */
  detach: z.boolean().default(false),
});

/** Machines that differ by number only: names `web-001`, `web-002`, and addresses that follow each other. */
const fleet = z.strictObject({
  prefix: name,
  count: z.int().positive().max(10_000),
  group: name,
  role: name,
  firstAddress: address,
  tags,
  power: z.enum(['running', 'deallocated']).optional(),
});

const backup = z.strictObject({
  policies: z.array(z.strictObject({ name, keep: period })),
  items: z.strictObject({
    machines: z.union([z.literal('all'), z.array(name)]),
    except: z.array(name).default([]),
    policy: name,
    history: period,
  }),
});

const replication = z.strictObject({
  policy: z.strictObject({ name, keep: period, crashEvery: period, appEvery: period, multiVm: z.array(z.array(name)).default([]) }),
  pair: z.strictObject({ from: name, to: name, cache: name, network: name, targetGroup: name }),
  items: z.array(name),
});

const right = z.string().regex(/^[A-Za-z*][A-Za-z.*/]*$/);

const principal = z.strictObject({
  name,
  clientId: z.uuid(),
  secret: z.string().min(8).optional(),
  /** What it may do, and where: at an ARM id, the subscription, or what has this name in the estate. Without any it is Owner. */
  roles: z.array(z.strictObject({ role: z.string().min(1), scope: z.string().min(1) })).optional(),
  /** Whether it is the identity of the computer that runs the client: the computer's own, or one that was given to it. */
  managedIdentity: z.enum(['system', 'user']).optional(),
  /** Subject of the tokens of a workload that may sign in as this principal. */
  federatedSubject: z.string().min(1).optional(),
});

const estate = z.strictObject({
  estate: name,
  seed: z.int().nonnegative(),
  tenant: z.uuid(),
  subscriptions: z.array(z.strictObject({ id: z.uuid(), name: z.string() })).length(1),
  regions: z.strictObject({ primary: name, recovery: name }),
  principals: z.array(principal).min(1),
  /** Custom roles, beside the built-in ones. */
  roles: z
    .array(z.strictObject({ name: z.string().min(1), actions: z.array(right).min(1), notActions: z.array(right).default([]) }))
    .default([]),
  locks: z
    .array(z.strictObject({ name, scope: z.string().min(1), level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().optional() }))
    .default([]),
  resourceGroups: z.array(z.strictObject({ name, location: name, tags })),
  networks: z.array(network),
  machineDefaults: z.strictObject({
    size: z.string(),
    image: z.string(),
    power: z.enum(['running', 'deallocated']),
    osDiskGb: z.int().positive(),
    dataDisksGb: z.array(z.int().positive()),
    /** Machines without files, services and agent: they cost nothing, and nothing runs inside. */
    bare: z.boolean().default(false),
  }),
  machines: z.array(machine).default([]),
  fleets: z.array(fleet).default([]),
  vaults: z.array(
    z.strictObject({
      name,
      group: name,
      replication: replication.optional(),
      backup: backup.optional(),
      plans: z.array(z.strictObject({ name, groups: z.array(z.array(name)) })).default([]),
    }),
  ),
  /** Traffic Manager profiles and alerts of Azure Monitor. Machines of a role in a network stand behind an endpoint. */
  trafficManager: z
    .array(
      z.strictObject({
        name,
        group: name,
        front: z.strictObject({ address, port: z.int().min(1).max(65_535) }).optional(),
        endpoints: z.array(
          z.strictObject({ name, target: z.string(), enabled: z.boolean(), network: name.optional(), role: name.optional() }),
        ),
      }),
    )
    .default([]),
  alerts: z.array(z.strictObject({ id: z.uuid(), name: z.string(), fired: z.boolean(), target: z.string() })).default([]),
  /** Rules that look at a path behind a profile's front: an alert fires when it has failed for the window, and ends when it has been well for three. */
  alertRules: z
    .array(
      z.strictObject({
        name,
        group: name,
        severity: z.int().min(0).max(4).default(1),
        enabled: z.boolean().default(true),
        front: name,
        path: z.string().startsWith('/'),
        windowMinutes: z.int().positive().default(1),
      }),
    )
    .default([]),
  agents: z.record(name, z.string()).default({}),
  lacks: z.record(name, z.array(z.string().regex(/^[a-z0-9_-]+$/))).default({}),
});

/** The JSON schema of an estate file. */
export function estateSchema(): object {
  return z.toJSONSchema(estate, { io: 'input' });
}

/** What an estate file says, checked. */
export type Estate = z.infer<typeof estate>;
export type EstateMachine = Estate['machines'][number];
export type EstateVault = Estate['vaults'][number];
export type EstateBackup = NonNullable<EstateVault['backup']>;

/** An estate with the folder of its files. */
export interface LoadedEstate {
  readonly estate: Estate;
  readonly filesFolder: string;
}

/** The file of an estate given by path, or by the name of one that ships. Throws when there is none. */
export function estateFile(given: string): string {
  if (/\.ya?ml$/.test(given)) return resolve(given);
  // In the package the sources are compiled into dist/, and the estates stay where they are.
  const places = [join(import.meta.dirname, 'estates'), join(import.meta.dirname, '..', '..', 'simulator', 'estates')];
  for (const place of places) {
    const file = join(place, given, 'estate.yaml');
    if (existsSync(file)) return file;
  }
  throw new Error(`estate "${given}": no such file, and no estate of this name ships`);
}

/** Reads and checks an estate file. Throws an error whose message names file, line and column of each finding. */
export function loadEstate(file: string): LoadedEstate {
  const lines = new LineCounter();
  const text = readFileSync(file, 'utf8');
  const document = parseDocument(text, { lineCounter: lines });
  const syntax = document.errors[0];
  if (syntax !== undefined) throw new Error(`${file}: ${syntax.message}`);
  const refuse = (findings: readonly EstateFinding[]): never => {
    throw new Error(
      findings.map(({ path, message }) => `${file}:${place(document, lines, path)}: ${path.join('.')}: ${message}`).join('\n'),
    );
  };
  const parsed = estate.safeParse(document.toJS());
  if (!parsed.success) return refuse(parsed.error.issues);
  const machines = [...parsed.data.machines, ...parsed.data.fleets.flatMap(fleetMachines)];
  const whole = { ...parsed.data, machines };
  const dangling = danglingReferences(whole);
  return dangling.length > 0 ? refuse(dangling) : { estate: whole, filesFolder: join(dirname(file), 'files') };
}

function fleetMachines(given: Estate['fleets'][number]): readonly EstateMachine[] {
  const { prefix, count, group, role, firstAddress, power } = given;
  const first = firstAddress.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
    const own = {
      name: `${prefix}-${String(index + 1).padStart(3, '0')}`,
      group,
      role,
      address,
      tags: given.tags,
      units: [],
      detach: false,
    };
    return power === undefined ? own : { ...own, power };
  });
}

function place(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const found: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(found) && found.range) {
      const { line, col } = lines.linePos(found.range[0]);
      return `${line}:${col}`;
    }
  }
  return '1:1';
}

/** Milliseconds of a period like "5m" or "24h". */
export function periodMs(text: string): number {
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? 0);
}
