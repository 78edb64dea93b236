import type { Command } from 'commander';

/** One command of the first level: its line in the help, and how its definition is loaded. */
export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(program: Command) => void>;
}

/** Every command of this release, in the order of the help. Only the one that was typed is loaded: start-up is seen by users. */
export const COMMANDS: readonly ListedCommand[] = [
  { name: 'status', summary: 'what needs a person, worst first', load: async () => (await import('./commands/status.ts')).statusCommand },
  { name: 'init', summary: 'a new project from a template', load: async () => (await import('./commands/init.ts')).initCommand },
  {
    name: 'validate',
    summary: 'check runbooks, inventories and calendars, offline',
    load: async () => (await import('./commands/validate.ts')).validateCommand,
  },
  { name: 'test', summary: 'play the tests of runbooks, offline', load: async () => (await import('./commands/test.ts')).testCommand },
  {
    name: 'fmt',
    summary: 'write documents in canonical form',
    load: async () => (await import('./commands/fmt.ts')).fmtCommand,
  },
  { name: 'schema', summary: 'the JSON Schema of the documents', load: async () => (await import('./commands/schema.ts')).schemaCommand },
  {
    name: 'lint',
    summary: 'validate, and warn of what is mostly a mistake, offline',
    load: async () => (await import('./commands/lint.ts')).lintCommand,
  },
  {
    name: 'explain',
    summary: 'what a code, an action or a key means',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    name: 'plan',
    summary: 'what a run would read, change and wait for',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  { name: 'run', summary: 'start, watch and control runs', load: async () => (await import('./commands/run.ts')).runCommand },
  { name: 'start', summary: 'short for run start', load: short('start') },
  { name: 'watch', summary: 'short for run watch', load: short('watch') },
  { name: 'logs', summary: 'short for run logs', load: short('logs') },
  { name: 'approval', summary: 'decide about gates that wait', load: async () => (await import('./commands/approval.ts')).approvalCommand },
  {
    name: 'schedule',
    summary: 'what starts runs by the clock',
    load: async () => (await import('./commands/schedule.ts')).scheduleCommand,
  },
  { name: 'lock', summary: 'targets that runs hold', load: async () => (await import('./commands/lock.ts')).lockCommand },
  {
    name: 'kill',
    summary: 'the kill switch: nothing is changed anywhere while it is on',
    load: async () => (await import('./commands/controls.ts')).killCommand,
  },
  {
    name: 'freeze',
    summary: 'times in which nothing may be changed in an environment',
    load: async () => (await import('./commands/controls.ts')).freezeCommand,
  },
  { name: 'runbook', summary: 'runbooks that the server has', load: async () => (await import('./commands/runbook.ts')).runbookCommand },
  {
    name: 'drift',
    summary: 'check machines against their configuration documents',
    load: async () => (await import('./commands/drift.ts')).driftCommand,
  },
  {
    name: 'dr',
    summary: 'what drills prove, whether applications are ready, and starting a drill',
    load: async () => (await import('./commands/dr.ts')).drCommand,
  },
  {
    name: 'backup',
    summary: 'how machines are backed up, and when a restore was proved',
    load: async () => (await import('./commands/backup.ts')).backupCommand,
  },
  {
    name: 'evidence',
    summary: 'export and verify the signed proof of a run',
    load: async () => (await import('./commands/evidence.ts')).evidenceCommand,
  },
  {
    name: 'audit',
    summary: 'who did what to the installation, and what retention removed',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  {
    name: 'doctor',
    summary: 'check this computer and the chosen server',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'azure',
    summary: 'what Azure must grant',
    load: async () => (await import('./commands/azure.ts')).azureCommand,
  },
  {
    name: 'conformance',
    summary: 'whether Azure behaves as this program takes it for',
    load: async () => (await import('./commands/conformance.ts')).conformanceCommand,
  },
  {
    name: 'demo',
    summary: 'a recovery drill from nothing, everything on this computer',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  { name: 'dev', summary: 'server, worker, store and simulator in this folder', load: async () => (await import('./dev.ts')).devCommand },
  { name: 'server', summary: 'run the server', load: process('server') },
  { name: 'worker', summary: 'run a worker', load: process('worker') },
  { name: 'simulator', summary: 'run the stand-in for Azure', load: process('simulator') },
  { name: 'version', summary: 'the version of this program', load: async () => (await import('./commands/version.ts')).versionCommand },
];

const LATER_WORDS = 'dsc queue delivery auth token config context store completion';
const LATER_BELOW: Readonly<Record<string, string>> = {
  drift: 'diff accept replay',
  schedule: 'backfill',
  runbook: 'versions publish',
  evidence: 'list show',
  worker: 'list drain',
};

/** The command of a later release that was typed: it is answered by name, and it is not in the help. */
export function laterCommand(words: readonly string[]): string | undefined {
  const [name = '', below = ''] = words;
  if (LATER_WORDS.split(' ').includes(name)) return name;
  return LATER_BELOW[name]?.split(' ').includes(below) === true ? `${name} ${below}` : undefined;
}

function short(name: string): ListedCommand['load'] {
  return async () => {
    const { shortCommand } = await import('./commands/run.ts');
    return (program) => shortCommand(program, name);
  };
}

function process(name: 'server' | 'worker' | 'simulator'): ListedCommand['load'] {
  return async () => {
    const { processCommand } = await import('./commands/process.ts');
    return (program) => processCommand(program, name);
  };
}
