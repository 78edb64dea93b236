import { z } from 'zod';

export const WHENS = ['before', 'after', 'instead', 'duringJob', 'onPoll', 'onList'] as const;
export type When = (typeof WHENS)[number];

const STATUSES = [408, 429, 500, 502, 503, 504] as const;
const yes = z.literal(true);
const text = z.string().min(1);
const seconds = z
  .number()
  .nonnegative()
  .max(30 * 86_400);
const told = { code: text.optional(), message: text.optional() };

/** What a fault may do, each with its strict shape. Seconds are seconds of Azure, shortened by the pace as every duration is; ms are ms of this computer. */
const SHAPES = {
  status: z.strictObject({ status: z.literal(STATUSES), ...told, retryAfter: z.int().nonnegative().optional(), html: yes.optional() }),
  reset: z.strictObject({ reset: yes }),
  hang: z.strictObject({ hang: z.int().positive().max(600_000) }),
  truncate: z.strictObject({ truncate: yes }),
  garbage: z.strictObject({ garbage: yes }),
  slow: z.strictObject({ slow: z.int().positive().max(10_000) }),
  conflict: z.strictObject({ conflict: yes, ...told }),
  scopeLocked: z.strictObject({ scopeLocked: yes }),
  forbidden: z.strictObject({ forbidden: yes }),
  linkedForbidden: z.strictObject({ linkedForbidden: yes }),
  expiredToken: z.strictObject({ expiredToken: yes }),
  claimsChallenge: z.strictObject({ claimsChallenge: yes }),
  redirect: z.strictObject({ redirect: z.url() }),
  precondition: z.strictObject({ precondition: yes }),
  failJob: z.strictObject({
    failJob: z.strictObject({
      code: text,
      message: text.optional(),
      /** Of a plan's job: so many machines fail, in the order of the plan. */
      machines: z.int().positive().optional(),
      /** Of a plan's job: these machines fail. */
      only: z.array(text).min(1).optional(),
    }),
  }),
  stuck: z.strictObject({ stuck: yes }),
  slowJob: z.strictObject({ slowJob: z.number().gt(1).max(1000) }),
  completedWithInformation: z.strictObject({ completedWithInformation: yes }),
  succeedWrong: z.strictObject({ succeedWrong: yes }),
  leftover: z.strictObject({ leftover: yes }),
  scriptKilled: z.strictObject({ scriptKilled: z.int().nonnegative().max(600_000) }),
  outputLost: z.strictObject({ outputLost: yes }),
  lateEffect: z.strictObject({ lateEffect: seconds, answer: z.enum(['reset', 'timeout']).optional() }),
  loseOperationUrl: z.strictObject({ loseOperationUrl: yes }),
  expireOperation: z.strictObject({ expireOperation: yes }),
  foreignOperationHost: z.strictObject({ foreignOperationHost: z.url() }),
  emptyPollBody: z.strictObject({ emptyPollBody: yes }),
  noHeaders: z.strictObject({ noHeaders: yes }),
  final204: z.strictObject({ final204: yes }),
  shiftPages: z.strictObject({ shiftPages: z.enum(['skip', 'repeat']) }),
  poorList: z.strictObject({ poorList: z.array(text).min(1) }),
  missingPowerState: z.strictObject({ missingPowerState: yes }),
  listLag: z.strictObject({ listLag: seconds }),
  lagRpo: z.strictObject({ lagRpo: seconds }),
  health: z.strictObject({ health: z.enum(['Normal', 'Warning', 'Critical']) }),
  agentOutdated: z.strictObject({ agentOutdated: yes }),
  bootFails: z.strictObject({ bootFails: yes }),
  agentNever: z.strictObject({ agentNever: yes }),
  regionDown: z.strictObject({ regionDown: text }),
  skew: z.strictObject({ skew: z.number().min(-86_400).max(86_400) }),
} as const;

export type DeedKind = keyof typeof SHAPES;
export type Deed = { readonly [Kind in DeedKind]: z.infer<(typeof SHAPES)[Kind]> }[DeedKind];

const ITEM = 'ReplicationProtectedItems_';
const PLAN = 'ReplicationRecoveryPlans_';
const TESTS = [`${ITEM}TestFailover`, `${PLAN}TestFailover`];
const CLEANUPS = [`${ITEM}TestFailoverCleanup`, `${PLAN}TestFailoverCleanup`];
const FAILOVERS = [`${ITEM}UnplannedFailover`, `${PLAN}UnplannedFailover`];
const COMMITS = [`${ITEM}FailoverCommit`, `${PLAN}FailoverCommit`];
const REMOVALS = [`${ITEM}Delete`, `${ITEM}Purge`];
const CHANGE_POINT = `${ITEM}ApplyRecoveryPoint`;
const RECOVERY = [
  ...TESTS,
  ...CLEANUPS,
  ...FAILOVERS,
  ...COMMITS,
  ...REMOVALS,
  CHANGE_POINT,
  `${ITEM}Create`,
  'ReplicationProtectionContainers_SwitchProtection',
  'ReplicationJobs_Restart',
];
/** It fails by itself, whatever a fault orders; until then it can be kept waiting. */
const PLAN_REPROTECT = `${PLAN}Reprotect`;
const RECOVERY_CANCEL = 'ReplicationJobs_Cancel';
const BACKUP = ['Backups_Trigger', 'Restores_Trigger', 'ProtectedItems_CreateOrUpdate', 'ProtectedItems_Delete'];
const BACKUP_CANCEL = 'JobCancellations_Trigger';
const START = 'VirtualMachines_Start';
const POWER = [START, 'VirtualMachines_Deallocate', 'VirtualMachines_PowerOff'];
const PATCHES = 'VirtualMachines_InstallPatches';
const ANY_JOB = [...RECOVERY, PLAN_REPROTECT, RECOVERY_CANCEL, ...BACKUP, BACKUP_CANCEL, ...POWER, PATCHES];
const RUN = ['VirtualMachineRunCommands_CreateOrUpdate'];

/** How a kind of fault is used: when it may strike, on which operations inside a job, and what the client sees of it. Without a `when` it stands as long as it is armed. */
interface Use {
  readonly when: readonly When[];
  readonly jobs?: readonly string[];
  readonly says: string;
}

const REFUSED: readonly When[] = ['before', 'instead', 'onPoll', 'onList'];
const SENT: readonly When[] = ['after', 'onPoll', 'onList'];
const ANY: readonly When[] = ['before', 'after', 'instead', 'onPoll', 'onList'];
const JOB: readonly When[] = ['duringJob'];

const USES: Readonly<Record<DeedKind, Use>> = {
  status: { when: ANY, says: 'the status with the body Azure sends for it; 502, 503 and 504 also as a page of HTML' },
  reset: { when: ANY, says: 'the connection is reset' },
  hang: { when: ANY, says: 'silence for so many ms, then a reset' },
  truncate: { when: SENT, says: 'half of the body, then a reset' },
  garbage: { when: SENT, says: 'a body that is not JSON' },
  slow: { when: SENT, says: 'the body byte by byte, so many ms apart' },
  conflict: { when: REFUSED, says: '409, by default with the text of another operation in progress' },
  scopeLocked: { when: REFUSED, says: '409 ScopeLocked' },
  forbidden: { when: REFUSED, says: '403 AuthorizationFailed' },
  linkedForbidden: { when: REFUSED, says: '403 LinkedAuthorizationFailed' },
  expiredToken: { when: REFUSED, says: '401 ExpiredAuthenticationToken' },
  claimsChallenge: { when: REFUSED, says: '401 with a challenge for more claims' },
  redirect: { when: REFUSED, says: '307 to another address' },
  precondition: { when: REFUSED, says: '412 PreconditionFailed' },
  failJob: {
    when: JOB,
    jobs: [...RECOVERY, ...BACKUP, BACKUP_CANCEL, START, PATCHES],
    says: '202, then the job fails; of a plan the other machines go on; of a cancel the job goes on',
  },
  stuck: { when: JOB, jobs: ANY_JOB, says: 'in progress for ever' },
  slowJob: { when: JOB, jobs: ANY_JOB, says: 'the job takes so many times as long' },
  completedWithInformation: { when: JOB, jobs: [...RECOVERY, ...BACKUP], says: 'the job ends well, with a warning' },
  succeedWrong: {
    when: JOB,
    jobs: [...TESTS, ...CLEANUPS, ...FAILOVERS, ...REMOVALS, CHANGE_POINT, ...BACKUP, ...POWER],
    says: 'the operation says Succeeded and the resource is not what it should be',
  },
  leftover: { when: JOB, jobs: CLEANUPS, says: 'the cleanup leaves the interface of the test machine behind' },
  scriptKilled: { when: JOB, jobs: RUN, says: 'the script is killed after so many ms' },
  outputLost: { when: JOB, jobs: RUN, says: 'the script ends well and its output is empty' },
  lateEffect: {
    when: ['instead', 'duringJob'],
    jobs: [...RECOVERY, PLAN_REPROTECT],
    says: 'the answer is lost at once (a reset, or 504 with answer: timeout) and the effect lands so many seconds later; duringJob: 202, and the job waits',
  },
  loseOperationUrl: { when: ['onPoll'], says: '404 for the URLs of the operation; its job goes on' },
  expireOperation: { when: ['onPoll'], says: '404 for the URLs of the operation once it has ended' },
  foreignOperationHost: { when: ['after'], says: 'the URLs of the operation name another host' },
  emptyPollBody: { when: ['onPoll'], says: '200 with an empty body' },
  noHeaders: { when: ['after'], says: '202 without the URLs of the operation and without Retry-After' },
  final204: { when: ['onPoll'], says: '204 without a body once the operation has ended' },
  shiftPages: { when: ['onList'], says: 'a later page leaves an element out, or shows one again' },
  poorList: { when: ['onList'], says: 'elements lack these properties (a.b.c)' },
  missingPowerState: { when: ['after', 'onList'], says: 'machines show no PowerState' },
  listLag: { when: [], says: 'changes reach the lists so many seconds later than usual' },
  lagRpo: { when: [], says: 'recovery points of the last so many seconds are not there, and the RPO says so' },
  health: { when: [], says: 'the replication health of an item' },
  agentOutdated: { when: [], says: 'the mobility agent of an item wants an update' },
  bootFails: { when: [], says: 'the machine is running to Azure and nothing runs inside' },
  agentNever: { when: [], says: 'the guest agent never reports itself ready after a boot' },
  regionDown: { when: [], says: 'machines of the region are dead and its compute answers 503; other regions work' },
  skew: { when: [], says: "Azure's clock is so many seconds ahead of (or behind) the client's" },
};

/** Checks what a fault shall do, when, and on which operation. Throws an error that names what is possible. */
export function readDeed(given: unknown, at: { readonly when: When | undefined; readonly operations: readonly string[] }): Deed {
  const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const kind = keys.find((key): key is DeedKind => Object.hasOwn(SHAPES, key));
  if (kind === undefined)
    throw new Error(`do: the catalogue has no ${keys.join(', ') || 'empty fault'}; it has ${Object.keys(SHAPES).join(', ')}`);
  const parsed = SHAPES[kind].safeParse(given);
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => `do.${issue.path.join('.')}: ${issue.message}`).join('\n'));
  const use = USES[kind];
  const { when } = at;
  if (when === undefined ? use.when.length > 0 : !use.when.includes(when))
    throw new Error(`when: ${kind} goes with ${use.when.length === 0 ? 'no when at all' : use.when.join(', ')}`);
  if (when === 'duringJob' && !at.operations.some((operation) => use.jobs?.includes(operation)))
    throw new Error(`match.operation: ${kind} duringJob is possible in ${use.jobs?.join(', ') ?? 'no operation'}`);
  return parsed.data as Deed;
}

/** What the control API and the reference say about each kind of fault. */
export function catalogue(): readonly {
  readonly do: DeedKind;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly when: readonly When[];
  readonly jobs?: readonly string[];
  readonly says: string;
}[] {
  const kinds = Object.keys(SHAPES) as DeedKind[];
  return kinds.map((kind) => {
    const { properties } = z.toJSONSchema(SHAPES[kind], { io: 'input' });
    return { do: kind, parameters: properties ?? {}, ...USES[kind] };
  });
}
