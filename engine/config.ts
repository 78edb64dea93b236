import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { AZURE_CLOUD_NAMES, azureHosts } from './azure-clouds.ts';
import { RunwardError } from './errors.ts';

const count = (low: number, high: number, fallback: number) => z.number().int().min(low).max(high).default(fallback);
const file = () => z.string().min(1).optional();

const azureSchema = z
  .strictObject({
    cloud: z
      .enum(AZURE_CLOUD_NAMES)
      .optional()
      .describe(
        'Which Azure: public, usgov, china, or custom for the two addresses below; default: custom when armEndpoint is set, else public',
      ),
    armEndpoint: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe('Address of Azure Resource Manager in a custom cloud, or of the simulator'),
    authorityHost: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe('Where tokens come from in a custom cloud'),
    audience: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe('What tokens are asked for in a custom cloud, when that is not https://management.azure.com'),
    extraHosts: z
      .array(z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/i, 'must be a host or host:port'))
      .max(20)
      .default([])
      .describe('Further hosts that may get a token, for example of a private link; Azure Resource Manager of the cloud may anyway'),
    proxy: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'must hold no user and no password')
      .optional()
      .describe('Proxy for Azure and its sign-in, as http://host:port; HTTPS_PROXY and its like are never read'),
    caFile: file().describe('PEM file of a further certificate authority; the simulator needs its own'),
    credential: z
      .enum(['managed-identity', 'workload-identity', 'client-secret', 'cli'])
      .optional()
      .describe(
        'The one identity that is used, there is no fallback to another: default client-secret when clientSecretFile is set, else managed-identity; cli is for plan and doctor on a computer of a person',
      ),
    tenantId: z.string().min(1).optional().describe('Entra tenant of the identity; not needed by a managed identity'),
    clientId: z.string().min(1).optional().describe('Client id of the identity; absent with managed-identity: the system-assigned one'),
    clientSecretFile: file().describe('File with the client secret; its mode must be 0600'),
    federatedTokenFile: file().describe('File with the token that workload-identity exchanges; it is read again at each exchange'),
    replicationCache: z
      .array(z.string().regex(/^[a-z0-9]+=\/subscriptions\/.+$/i, 'must be REGION=ARM id of a storage account'))
      .default([])
      .describe('REGION=ARM id of the cache storage account that reversed protection uses in that region'),
    restoreStaging: z
      .array(z.string().regex(/^[a-z0-9]+=\/subscriptions\/.+$/i, 'must be REGION=ARM id of a storage account'))
      .default([])
      .describe('REGION=ARM id of the storage account that Azure Backup stages restores in that region in'),
    timeScale: z
      .number()
      .min(1)
      .max(10_000)
      .optional()
      .describe('How much faster than Azure the simulated estate runs; absent for the real one'),
  })
  .prefault({});

const sshSchema = z
  .strictObject({ knownHostsFile: file().describe('Pinned host keys in the format of OpenSSH; a host that is not in it is refused') })
  .prefault({});

const retentionSchema = z
  .strictObject({
    readinessRunDays: count(0, 3650, 7).describe(
      'Days after which the run of readiness checks is removed once newer checks tell what it told; 0 keeps every one. Other runs are never removed',
    ),
  })
  .prefault({});

const configSchema = z.strictObject({
  redisUrl: z
    .url({ protocol: /^rediss?$/ })
    .default('redis://127.0.0.1:6379')
    .describe('The store: redis:// or rediss:// with user, password and database'),
  host: z.string().min(1).default('127.0.0.1').describe('Address that the server listens on'),
  port: count(0, 65_535, 7080).describe('Port that the server listens on; 0 takes a free one'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address under which people reach the server; links begin with it, also `run.url` in expressions, which is empty without it'),
  auth: z.enum(['none', 'token']).default('none').describe('none: one local person, loopback and simulator only; token: API tokens'),
  bootstrapTokenFile: file().describe('File with the first administrator token, taken over at the start of the server'),
  dataDir: z.string().min(1).default('.runward').describe('Folder of everything that this installation keeps on disk'),
  projectDir: file().describe('Project that the server publishes when it starts'),
  keysDir: file().describe('Folder of the signing keys; default: keys below dataDir'),
  ticketsDir: file().describe('Folder of the send tickets, outside the store on purpose; default: tickets below dataDir'),
  secretsDir: file().describe('Folder of file secrets; default: secrets below dataDir'),
  logsDir: file().describe('Folder of the logs of runs, shared by servers and workers; default: run-logs below dataDir'),
  hooksDir: file().describe('Folder of the secrets of webhooks, one file each; read by servers only; default: hooks below dataDir'),
  channelsFile: file().describe(
    'JSON file of the channels that notices and notify.send can reach: {"teams:shop": "secret:teams-shop"}, where the secret holds an https address; read by workers only',
  ),
  allowLocalScripts: z.boolean().default(false).describe('Whether scripts may run on the worker itself (via: local)'),
  httpAllowHosts: z
    .array(z.string().min(1))
    .max(500)
    .default([])
    .describe('Hosts, host:port pairs or CIDR blocks that checks may reach although they are private'),
  retention: retentionSchema.describe('What is removed after a while'),
  azure: azureSchema.describe('The cloud'),
  ssh: sshSchema.describe('Scripts over SSH'),
  environment: z
    .string()
    .min(1)
    .default('production')
    .describe('What this worker works for; in production it refuses the identity of a person (azure.credential: cli)'),
  workerConcurrency: count(1, 200, 10).describe('Runs that one worker carries at once'),
  leaseMs: count(2000, 300_000, 30_000).describe('How long a worker owns a run without renewing; renewed at a third of it'),
  scanMs: count(250, 300_000, 15_000).describe('How often server and worker look for runs that nobody owns'),
  startsPerMinute: count(1, 100_000, 10).describe('Starts of runs that one principal may ask for in a minute'),
  writesPerMinute: count(1, 100_000, 60).describe(
    'Other changes that one principal may ask for in a minute; cancel has its own budget of the same size',
  ),
  readsPerMinute: count(1, 1_000_000, 600).describe('Reads that one principal may make in a minute'),
  streamMax: count(1, 1000, 20).describe('Event streams that one principal may keep open'),
  kill: z.enum(['0', '1']).default('0').describe('1: this worker sends no new request that may change something, whatever the store says'),
  killFile: z
    .string()
    .min(1)
    .default('/etc/runward/STOP')
    .describe('While this file is there, a worker sends no new request that may change something; what the file holds is the reason'),
  productionRunMax: count(1, 1000, 5).describe('Runs in environment production that one principal may have under way'),
});

/** The settings of a server or worker process; every number carries its unit in its name. */
export type Config = Readonly<Omit<Parsed, 'azure'>> & {
  readonly azure: Readonly<Omit<Parsed['azure'], 'armEndpoint' | 'authorityHost' | 'cloud'>> & ReturnType<typeof azureHosts>;
};

type Parsed = z.infer<typeof configSchema>;

/** One setting as the reference lists it. */
export interface ConfigKey {
  readonly key: string;
  readonly env: string;
  readonly description: string;
  readonly default?: string;
}

// What the command line and the scripts of runbooks use; the same prefix, other readers.
const FOREIGN = new Set(
  ['SERVER', 'CONTEXT', 'TOKEN', 'PROJECT', 'OUTPUT', 'NO_INPUT', 'CONFIG_FILE', 'RUN_ID', 'STEP', 'TARGET', 'ATTEMPT'].map(
    (name) => `RUNWARD_${name}`,
  ),
);

/**
 * The settings from environment variables (`RUNWARD_*`, first), the text of a YAML file, and defaults (last).
 * Throws USAGE_CONFIG_INVALID naming every setting that is unknown or out of bounds.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, fileText?: string): Config {
  const problems: string[] = [];
  const settings = readFile(fileText, problems);
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('RUNWARD_') || text === undefined || FOREIGN.has(name)) continue;
    const field = FIELDS.find((candidate) => candidate.env === name);
    if (field === undefined) problems.push(`${name}: unknown setting`);
    else put(settings, field.path, valueOf(field.schema, text));
  }
  const parsed = configSchema.safeParse(settings);
  for (const issue of parsed.error?.issues ?? []) problems.push(problemText(issue, settings));
  if (parsed.success) problems.push(...identityProblems(parsed.data.azure));
  if (!parsed.success || problems.length > 0) {
    throw new RunwardError('USAGE_CONFIG_INVALID', `the configuration does not hold: ${problems.join('; ')}`, { problems });
  }
  return { ...parsed.data, azure: { ...parsed.data.azure, ...azureHosts(parsed.data.azure) } };
}

/** Every setting with its variable and meaning, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  const defaults: Readonly<Record<string, unknown>> = configSchema.parse({});
  return FIELDS.map((field) => {
    const value = field.path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], defaults);
    return {
      key: field.path.join('.'),
      env: field.env,
      description: field.schema.description ?? '',
      ...(value === undefined ? {} : { default: JSON.stringify(value) }),
    };
  });
}

// What a credential or a cloud needs beside itself, so that half of one is never taken for another.
function identityProblems(azure: Parsed['azure']): readonly string[] {
  const { cloud, credential } = azure;
  const missing = (word: string, keys: readonly (keyof Parsed['azure'])[]): readonly string[] =>
    keys.filter((key) => azure[key] === undefined).map((key) => `azure.${key}: is needed by ${word}`);
  const surplus = (word: string, keys: readonly (keyof Parsed['azure'])[]): readonly string[] =>
    keys.filter((key) => azure[key] !== undefined).map((key) => `azure.${key}: has no meaning with ${word}`);
  const hosts = ['armEndpoint', 'authorityHost', 'audience'] as const;
  return [
    ...(cloud === 'custom' ? missing('azure.cloud custom', ['armEndpoint', 'authorityHost']) : []),
    ...(cloud !== undefined && cloud !== 'custom' ? surplus(`azure.cloud ${cloud}`, hosts) : []),
    ...credentialProblems(credential ?? (azure.clientSecretFile === undefined ? 'managed-identity' : 'client-secret'), missing, surplus),
  ];
}

type Keys = (word: string, keys: readonly (keyof Parsed['azure'])[]) => readonly string[];

function credentialProblems(credential: NonNullable<Parsed['azure']['credential']>, missing: Keys, surplus: Keys): readonly string[] {
  const word = `azure.credential ${credential}`;
  switch (credential) {
    case 'managed-identity':
      return surplus(word, ['tenantId', 'clientSecretFile', 'federatedTokenFile']);
    case 'workload-identity':
      return [...missing(word, ['tenantId', 'clientId', 'federatedTokenFile']), ...surplus(word, ['clientSecretFile'])];
    case 'client-secret':
      return [...missing(word, ['tenantId', 'clientId', 'clientSecretFile']), ...surplus(word, ['federatedTokenFile'])];
    case 'cli':
      return surplus(word, ['clientId', 'clientSecretFile', 'federatedTokenFile']);
  }
}

interface Field {
  readonly path: readonly string[];
  readonly env: string;
  readonly schema: z.ZodType;
}

const FIELDS: readonly Field[] = fieldsOf(configSchema.shape, []);

function fieldsOf(shape: Readonly<Record<string, z.ZodType>>, above: readonly string[]): readonly Field[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const path = [...above, key];
    const inner = innermost(schema);
    if (inner instanceof z.ZodObject) return fieldsOf(inner.shape as Readonly<Record<string, z.ZodType>>, path);
    const words = path.map((part) => part.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
    return [{ path, env: `RUNWARD_${words.join('_')}`, schema }];
  });
}

function innermost(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return innermost(schema.unwrap() as z.ZodType);
  }
  return schema;
}

// A text that does not fit stays text, so that the schema refuses it with the name of the setting.
function valueOf(schema: z.ZodType, text: string): unknown {
  const inner = innermost(schema);
  if (inner instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (inner instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text;
  if (inner instanceof z.ZodArray)
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return text;
}

function put(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    settings[key] = value;
    return;
  }
  const below = { ...(settings[key] as Record<string, unknown> | undefined) };
  put(below, rest, value);
  settings[key] = below;
}

function readFile(text: string | undefined, problems: string[]): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  try {
    const value: unknown = parseYaml(text, { maxAliasCount: 0, schema: 'core' });
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { ...value };
    problems.push('the file must hold settings by name');
  } catch (error) {
    problems.push(`the file is not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'}`);
  }
  return {};
}

function problemText(issue: z.core.$ZodIssue, settings: Readonly<Record<string, unknown>>): string {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown setting`).join('; ');
  const key = issue.path.join('.');
  if (key === 'auth' && settings['auth'] === 'oidc') return 'auth: oidc (sign-in with Entra ID) is not in this release, use token';
  return `${key}: ${issue.message}`;
}
