/** Who may import whom. A file belongs to the area with the longest matching path; what a row does not list is refused. */
export interface Area {
  /** A file, or a folder with everything below it. */
  readonly path: string;
  /** Files or folders that may be imported as values, beside the area itself. `*-state.ts` means the state tables of the engine. */
  readonly imports: readonly string[];
  /** Files or folders of which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages by name; `node:*` allows the modules of Node. */
  readonly packages: readonly string[];
}

/** The part of the engine that everybody may import: ports, errors, names, values and bounds. */
export const FOUNDATION = [
  'azure-backup',
  'azure-calls',
  'azure-clouds',
  'azure-compute',
  'azure-operations',
  'azure-resources',
  'azure-rights',
  'edges',
  'errors',
  'ids',
  'json',
  'limits',
  'log-line',
  'ports',
  'store',
  'target',
  'values',
  'version',
].map((name) => `engine/${name}.ts`);

const STATES = '*-state.ts';
// How durations and instants are written: leaves of the language that import nothing above the foundation.
const WRITTEN_VALUES = ['engine/language/duration.ts', 'engine/language/instant.ts'];
// The part of the language that turns a text into a tree of values with places.
const READER = ['diagnostics', 'guard', 'near', 'read', 'scalar-offsets', 'source-text', 'tree'].map(
  (name) => `engine/language/${name}.ts`,
);
const CEL = '@marcbachmann/cel-js';

/** The direction of the house: language, plan and run know the actions, the actions know ports only, adapters know one vendor each. */
export const AREAS: readonly Area[] = [
  ...FOUNDATION.map((path) => ({
    path,
    imports: FOUNDATION,
    types: ['engine/audit', 'engine/dsc', 'engine/gates', 'engine/retention', 'engine/run', 'engine/schedule'],
    packages: ['zod'],
  })),
  { path: 'engine/json.ts', imports: FOUNDATION, packages: ['canonicalize'] },
  { path: 'engine/config.ts', imports: FOUNDATION, packages: ['zod', 'yaml'] },
  {
    path: 'engine/language',
    imports: [...FOUNDATION, 'engine/actions/registry.ts', 'engine/actions/action.ts', 'engine/dsc/document.ts'],
    types: ['engine/dsc/template.ts'],
    packages: ['zod', 'yaml', CEL],
  },
  // Rules look at documents that are right already, so they may ask what the clock and the roles make of them.
  {
    path: 'engine/language/lint',
    imports: [...FOUNDATION, 'engine/language', 'engine/schedule', 'engine/access/decide.ts'],
    packages: [],
  },
  {
    path: 'engine/plan',
    // A plan must name steps and targets as the run that follows it does, so it takes these two from there.
    // It tells what of a document can never be set.
    imports: [
      ...FOUNDATION,
      'engine/language',
      'engine/actions',
      'engine/gates',
      'engine/dsc/document.ts',
      'engine/dsc/set-plan.ts',
      'engine/run/scope.ts',
      'engine/run/step-path.ts',
    ],
    types: ['engine/dsc'],
    packages: ['zod'],
  },
  {
    path: 'engine/run',
    imports: [...FOUNDATION, 'engine/language', 'engine/plan', 'engine/actions', 'engine/gates', 'engine/audit', 'engine/evidence'],
    // Workers tell of slots as well: they have the channels.
    types: ['engine/schedule/stored-schedule.ts'],
    packages: ['zod'],
  },
  { path: 'engine/actions', imports: [...FOUNDATION, ...WRITTEN_VALUES], packages: ['zod'] },
  // Configuration documents are read by the language's own reader: one guard, one way to name a place.
  { path: 'engine/dsc', imports: [...FOUNDATION, ...READER, ...WRITTEN_VALUES], packages: ['zod', 'ipaddr.js'] },
  { path: 'engine/actions/registry.ts', imports: [...FOUNDATION, 'engine/actions'], packages: [] },
  ...['dsc-test', 'dsc-set', 'dsc-export', 'dsc-compare', 'dsc-ask', 'dsc-observe', 'dsc-record'].map((name) => ({
    path: `engine/actions/${name}.ts`,
    imports: [...FOUNDATION, ...WRITTEN_VALUES, 'engine/actions', 'engine/dsc'],
    types: ['engine/language/diagnostics.ts'],
    packages: ['zod'],
  })),
  {
    path: 'engine/gates',
    // Windows open at the slots of a pattern, so that both follow the same clock.
    imports: [...FOUNDATION, STATES, 'engine/schedule/slots.ts'],
    types: ['engine/run', 'engine/plan', 'engine/audit', 'engine/language'],
    packages: ['zod'],
  },
  ...['engine/access', 'engine/audit'].map((path) => ({
    path,
    imports: [...FOUNDATION, STATES],
    types: ['engine/run', 'engine/plan', 'engine/audit', 'engine/language'],
    packages: ['zod'],
  })),
  {
    path: 'engine/schedule',
    imports: [...FOUNDATION, STATES, ...WRITTEN_VALUES],
    types: ['engine/run', 'engine/language'],
    packages: ['cron-parser'],
  },
  {
    path: 'engine/evidence',
    imports: [
      ...FOUNDATION,
      STATES,
      ...WRITTEN_VALUES,
      'engine/audit',
      'engine/language/runbook.ts',
      'engine/run/step-path.ts',
      'engine/run/verdict.ts',
    ],
    types: ['engine/run', 'engine/plan', 'engine/actions'],
    packages: ['zod'],
  },
  // Looks back on runs and judges them; nothing of a run may depend on it.
  {
    path: 'engine/recovery',
    imports: [...FOUNDATION, ...WRITTEN_VALUES, 'engine/evidence', 'engine/run'],
    types: ['engine/language', 'engine/plan', 'engine/actions', 'engine/schedule'],
    packages: [],
  },
  // Removes what nothing needs any more, and says so in the chain.
  {
    path: 'engine/retention',
    imports: [...FOUNDATION, ...WRITTEN_VALUES, STATES, 'engine/audit', 'engine/recovery/answered.ts', 'engine/run/step-path.ts'],
    types: ['engine/run'],
    packages: [],
  },

  { path: 'adapters/redis', imports: [...FOUNDATION, STATES], types: ['engine'], packages: ['ioredis', 'bullmq', 'node:*'] },
  { path: 'adapters/memory', imports: [...FOUNDATION, STATES], types: ['engine'], packages: ['node:*'] },
  { path: 'adapters/azure', imports: FOUNDATION, types: ['engine'], packages: ['@azure/*', 'node:*'] },
  { path: 'adapters/shell', imports: FOUNDATION, types: ['engine'], packages: ['ssh2', 'node:*'] },
  { path: 'adapters/system', imports: FOUNDATION, types: ['engine'], packages: ['pino', 'node-cron', 'node:*'] },
  { path: 'adapters/embedded-redis.ts', imports: FOUNDATION, packages: ['node:*'] },

  { path: 'worker', imports: ['engine'], packages: ['node:*'] },
  { path: 'worker/main.ts', imports: ['engine', 'adapters', 'worker'], packages: ['node:*'] },
  { path: 'server', imports: ['engine'], packages: ['fastify', 'fastify-type-provider-zod', '@fastify/swagger', 'zod', 'node:*'] },
  { path: 'server/main.ts', imports: ['engine', 'adapters', 'server'], packages: ['node:*'] },
  // Plays tests of runbooks: the product's planner and engine in memory, so that a laptop needs nothing else.
  { path: 'runbook-test', imports: ['engine', 'adapters/memory', 'adapters/system/ids.ts'], packages: [] },
  { path: 'cli', imports: ['engine', 'runbook-test', 'cli/azure', 'cli/demo.ts', 'cli/dev.ts'], packages: ['commander', 'zod', 'node:*'] },
  // Commands that ask Azure themselves, with the identity of the computer that they run on.
  { path: 'cli/azure', imports: ['engine', 'adapters/azure', 'cli'], packages: ['node:*'] },
  { path: 'cli/demo.ts', imports: ['engine', 'adapters', 'cli'], packages: ['commander', 'node:*'] },
  { path: 'cli/dev.ts', imports: ['engine', 'adapters', 'cli'], packages: ['commander', 'node:*'] },

  // Runs in a browser: of ours it takes words and edges of the states, and types.
  { path: 'console', imports: [STATES], types: ['engine'], packages: ['preact'] },
  { path: 'console/vite.config.ts', imports: [], packages: ['vite', 'node:*'] },

  // One wrong belief must not hide on both sides of the wire, so the stand-in for Azure knows nothing of ours.
  { path: 'simulator', imports: [], packages: ['zod', 'yaml', '@peculiar/x509', 'node:*'] },

  { path: 'docs', imports: ['engine', 'server', 'cli', 'simulator'], packages: ['zod', 'commander', 'node:*'] },
  { path: 'bench', imports: ['engine', 'adapters', 'server', 'worker', 'cli'], packages: ['*'] },
  { path: 'test', imports: ['engine', 'runbook-test', 'adapters', 'server', 'worker', 'cli', 'simulator', 'docs'], packages: ['*'] },
  { path: 'vite.config.ts', imports: [], packages: ['vite', 'node:*'] },
  { path: 'vitest.config.ts', imports: [], packages: ['vitest', 'node:*'] },
];

/** Where files may lie that hold no code. Everything else needs an area above. */
export const PLACES: readonly string[] = [
  'runbooks',
  'configurations',
  'templates',
  'bin',
  'docker',
  'docs',
  'test',
  '.ci',
  'simulator',
  'console',
];

/** Files that may lie at the top. */
export const TOP_FILES: readonly string[] = [
  '.gitignore',
  '.npmrc',
  '.dockerignore',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'knip.json',
  'package-lock.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'vite.config.ts',
  'vitest.config.ts',
];

/** File names that say nothing about what is inside. */
export const EMPTY_NAMES = /(^|\/)(index|types|constants|util[^/]*|helper[^/]*|common[^/]*|base[^/]*)\.(ts|tsx)$/;

/** Folders that a file may have between its top folder and itself. */
export const DEPTH_MAX = 3;
export const LINES_MAX = 400;
export const LINES_MEDIAN_MAX = 150;
export const RUNTIME_DEPENDENCIES_MAX = 24;
export const PACKAGES_MAX = 200;

/** Words that no text of the product may hold, with the reason that is printed. */
export const REFUSED_WORDS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /exactly[\s-]once/i, why: 'no distributed system can promise it; say "sent at most once" or "counted once in the ledger"' },
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, why: 'finish it, refuse it by name, or file an issue' },
  { pattern: /\bfor now\b|\bin a real (system|deployment)\b/i, why: 'say what is true, not what may come' },
];
