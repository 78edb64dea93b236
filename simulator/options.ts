import { parseArgs } from 'node:util';
import { plantNamed } from './plants.ts';
import type { Pace } from './clock.ts';
import type { Isolation } from './machine/isolation.ts';
import type { Plant } from './plants.ts';

/** What the command line says. */
export interface Options {
  readonly estate: string;
  readonly port: number;
  readonly controlPort: number;
  readonly stateFolder: string | undefined;
  readonly pace: Pace;
  /** Instant (ms) at which a manual clock stands; undefined for the wall clock. */
  readonly startMs: number | undefined;
  readonly seed: number | undefined;
  readonly faultsFile: string | undefined;
  /** The ways to contain scripts that may be tried, best first; none of them means that scripts are not run. */
  readonly isolation: readonly Isolation[];
  /** Whether machines get the host's curl, where it has one, or the simulator's own. */
  readonly curl: 'host' | 'own';
  readonly names: readonly string[];
  readonly retryAfterZero: boolean;
  /** A test failover that the state does not allow is refused, or is accepted and its job fails: Azure's choice is not published. */
  readonly secondTestFailover: 'refuse' | 'fail-job';
  /** What of a request can be read back from a backup job: its id and expiry, its expiry, or nothing. */
  readonly marks: 'both' | 'expiry' | 'none';
  /** Where requests and answers are written down. */
  readonly recordFolder: string | undefined;
  /** Wrong behaviours to plant, for tests of tests. */
  readonly plants: readonly Plant[];
  /** Whose credentials are printed; the estate's first principal without it. */
  readonly principal: string | undefined;
  /** Begins a new world although the state folder remembers one. */
  readonly fresh: boolean;
  readonly printEnv: boolean;
}

/** What --help prints. */
export const USAGE = `runward-simulator: a stateful stand-in for the Azure control plane, on this computer only

  --estate FILE|NAME    estate to start with (contoso-shop)
  --port N              HTTPS port of Azure Resource Manager and sign-in (0: any)
  --control-port N      HTTP port of the control API (0: any)
  --state DIR           state folder (a new temporary one); a world lives on in it
  --fresh               begins a new world; otherwise the one that DIR remembers goes on
  --scale N             divides every duration by N (1)
  --profile P           real, demo (60), ci (600) or instant-but-async
  --clock wall|manual   manual: time moves only by POST /control/clock
  --start TIME          where a manual clock stands (2026-01-05T09:00:00Z)
  --seed N              other random numbers than the estate's
  --faults FILE         faults to arm at the start, a JSON list
  --isolation WAY       auto, userns, chroot; none: scripts are not run
  --curl host|own       which curl machines get (host, where it has one)
  --name HOST           one more name in the certificate; may be repeated
  --second-test-failover refuse|fail-job
                        how a test failover ends that the state does not allow (refuse)
  --backup-marks both|expiry|none
                        what a backup job tells of the request that started it (both)
  --retry-after-zero    answers Retry-After: 0
  --record DIR          writes requests and answers to DIR/exchanges.jsonl
  --plant E1...E22      plants a wrong behaviour; may be repeated (a test of tests)
  --principal NAME      whose credentials are printed (the estate's first one)
  --print-env           also prints RUNWARD_AZURE_* lines for a client

  estate check FILE|NAME says what is wrong with an estate, and starts nothing
  --print-schema         prints the JSON schema of an estate file

Example: runward-simulator --estate contoso-shop --scale 60
`;

const ISOLATION = { auto: ['userns', 'chroot'], userns: ['userns'], chroot: ['chroot'], none: [] } as const;

const PROFILES: Readonly<Record<string, Pace>> = {
  real: { kind: 'scaled', scale: 1 },
  demo: { kind: 'scaled', scale: 60 },
  ci: { kind: 'scaled', scale: 600 },
  'instant-but-async': { kind: 'fixed', stageMs: 20 },
};

/** Reads the command line. Throws an error that names the flag. */
export function readOptions(given: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...given],
    options: {
      estate: { type: 'string', default: 'contoso-shop' },
      port: { type: 'string', default: '0' },
      'control-port': { type: 'string', default: '0' },
      state: { type: 'string' },
      scale: { type: 'string' },
      profile: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
      start: { type: 'string', default: '2026-01-05T09:00:00Z' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      isolation: { type: 'string', default: 'auto' },
      curl: { type: 'string', default: 'host' },
      name: { type: 'string', multiple: true, default: [] },
      'second-test-failover': { type: 'string', default: 'refuse' },
      'backup-marks': { type: 'string', default: 'both' },
      'retry-after-zero': { type: 'boolean', default: false },
      record: { type: 'string' },
      plant: { type: 'string', multiple: true, default: [] },
      principal: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      'print-env': { type: 'boolean', default: false },
    },
  });
  if (values.scale !== undefined && values.profile !== undefined) throw new Error('--scale and --profile exclude each other');
  return {
    estate: values.estate,
    port: whole('--port', values.port, 65_535),
    controlPort: whole('--control-port', values['control-port'], 65_535),
    stateFolder: values.state,
    pace: paceOf(values.scale, values.profile),
    startMs: oneOf('--clock', values.clock, ['wall', 'manual']) === 'manual' ? instant(values.start) : undefined,
    seed: values.seed === undefined ? undefined : whole('--seed', values.seed, Number.MAX_SAFE_INTEGER),
    faultsFile: values.faults,
    isolation: ISOLATION[oneOf('--isolation', values.isolation, ['auto', 'userns', 'chroot', 'none'])],
    curl: oneOf('--curl', values.curl, ['host', 'own']),
    names: values.name,
    secondTestFailover: oneOf('--second-test-failover', values['second-test-failover'], ['refuse', 'fail-job']),
    marks: oneOf('--backup-marks', values['backup-marks'], ['both', 'expiry', 'none']),
    retryAfterZero: values['retry-after-zero'],
    recordFolder: values.record,
    plants: values.plant.map(plantNamed),
    principal: values.principal,
    fresh: values.fresh,
    printEnv: values['print-env'],
  };
}

function paceOf(scale: string | undefined, profile: string | undefined): Pace {
  if (profile !== undefined) {
    const pace = PROFILES[profile];
    if (pace === undefined) throw new Error(`--profile: "${profile}" is none of ${Object.keys(PROFILES).join(', ')}`);
    return pace;
  }
  const number = Number(scale ?? '1');
  if (!(number >= 1 && number <= 100_000)) throw new Error(`--scale: "${scale}" is not a number from 1 to 100000`);
  return { kind: 'scaled', scale: number };
}

function whole(flag: string, text: string, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > most || text.trim() === '')
    throw new Error(`${flag}: "${text}" is not a whole number from 0 to ${most}`);
  return number;
}

function oneOf<Word extends string>(flag: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`${flag}: "${text}" is none of ${words.join(', ')}`);
  return found;
}

function instant(text: string): number {
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw new Error(`--start: "${text}" is not a time`);
  return atMs;
}
