import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How the simulator's answers compare with recordings of real traffic. */
export interface Facts {
  readonly compared: number;
  readonly misses: readonly string[];
}

interface Recorded {
  readonly states: readonly { readonly step: string; readonly item?: unknown; readonly fields?: Readonly<Record<string, unknown>> }[];
  readonly jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly lro: Readonly<Record<string, unknown>>;
}

/** Values that mean "nothing" or name a fixed thing: they must be there letter for letter. */
const SENTINEL =
  /^(None|A2A|AzureFabric|ResourceManager|RecoveryPlan|0001-01-01T00:00:00|1753-01-01T01:01:01Z|TaskDetails|VirtualMachineTaskDetails|RecoveryPlanGroupTaskDetails)$/;
const SHARE_MIN = 0.95;

/** The recorded steps of an item and the names of the states in which they are looked at. */
const ITEM_STATES = [
  ['protected', 'item protected'],
  ['failed over, commit pending', 'item failed over'],
  ['failed over and committed', 'item committed'],
  ['switch protection accepted', 'item switched'],
  ['reverse, waiting for first recovery point', 'item waiting'],
  ['reverse, protected again', 'item protected again'],
] as const;

/** Compares keys, nulls, sentinels and the form of ids with the recorded facts, in the same state. */
export function compareFacts(folder: string, states: ReadonlyMap<string, unknown>): Facts {
  const read = (name: string): Recorded => JSON.parse(readFileSync(join(folder, 'recorded', name), 'utf8')) as Recorded;
  const items = read('a2a-item-states.json').states;
  const { jobs } = read('asr-jobs.json');
  const { lro } = read('lro-and-jobs.json');
  const tally = { compared: 0, misses: [] as string[] };
  const see = (name: string): unknown => states.get(name);
  const properties = (name: string): Readonly<Record<string, unknown>> =>
    (see(name) as { readonly properties?: Readonly<Record<string, unknown>> } | undefined)?.properties ?? {};

  for (const [step, name] of ITEM_STATES) {
    const state = items.find((each) => each.step.startsWith(step));
    if (state?.item !== undefined) compare(state.item, see(name), name, tally);
    for (const [key, value] of Object.entries(state?.item === undefined ? (state?.fields ?? {}) : {}))
      compareWords(value, properties(name)[key], `${name} /${key}`, tally);
    for (const key of ['protectionState', 'activeLocation', 'failoverHealth'])
      compareWords(propertiesOf(state?.item)[key], properties(name)[key], `${name} /${key}: word`, tally);
  }
  compareStatus(lro['asrStatusInProgress'], see('status running'), 'status running', tally);
  compareStatus(lro['asrStatusSucceeded'], see('status ended'), 'status ended', tally);
  compareHeaders(lro['asrSubmit202'], see('asr 202'), tally);

  const idle = items.find((state) => state.step === 'recovery plan, idle')?.fields ?? {};
  for (const name of [
    'allowedOperations',
    'currentScenario',
    'currentScenarioStatus',
    'currentScenarioStatusDescription',
    'replicationProviders',
    'failoverDeploymentModel',
  ]) {
    fact(tally, `plan idle /${name}`, JSON.stringify(properties('plan idle')[name]) === JSON.stringify(idle[name]));
  }
  const groups = properties('plan idle')['groups'] as readonly { readonly groupType: string }[] | undefined;
  fact(
    tally,
    'plan idle /groups',
    (idle['groups'] as readonly string[]).every((type) => groups?.some((group) => group.groupType === type)),
  );
  const listedPlans = see('plans list') as
    | { readonly value?: readonly { readonly properties: Readonly<Record<string, unknown>> }[] }
    | undefined;
  fact(tally, 'plans list: no groups', listedPlans?.value?.every((plan) => JSON.stringify(plan.properties['groups']) === '[]') === true);

  const listed =
    (see('jobs list') as { readonly value?: readonly { readonly properties: Readonly<Record<string, unknown>> }[] } | undefined)?.value ??
    [];
  fact(tally, 'jobs list: there', listed.length > 0);
  for (const job of listed)
    fact(
      tally,
      'jobs list: projection',
      job.properties['activityId'] === null && job.properties['customDetails'] === null && JSON.stringify(job.properties['tasks']) === '[]',
    );
  fact(tally, 'job: activityId', /^[0-9a-f-]{36} ActivityId: [0-9a-f-]{36}$/.test(String(properties('job early')['activityId'])));
  compareTree(jobs['recoveryPlanFailover'], properties('plan job ended'), tally);
  compareTree(jobs['recoveryPlanFailover'], properties('plan failover ended'), tally);
  compareSwitch(jobs['reprotect'], properties('switch job'), tally);
  return { ...tally, misses: tally.misses };
}

/** Whether enough of the recorded facts hold. */
export function enough(facts: Facts): boolean {
  return facts.compared > 0 && 1 - facts.misses.length / facts.compared >= SHARE_MIN;
}

interface Tally {
  compared: number;
  readonly misses: string[];
}

function fact(tally: Tally, name: string, holds: boolean): void {
  tally.compared += 1;
  if (!holds) tally.misses.push(name);
}

/** Every recorded key is there, null where it was null and not null where it was not, sentinels and ids in their form. */
function compare(recorded: unknown, seen: unknown, name: string, tally: Tally): void {
  if (recorded === null || recorded === undefined) return fact(tally, `${name}: null`, seen === null || seen === undefined);
  if (Array.isArray(recorded)) {
    fact(tally, `${name}: array`, Array.isArray(seen));
    if (recorded.every((each) => typeof each === 'string') && Array.isArray(seen))
      fact(tally, `${name}: words`, sameWords(recorded, seen as readonly string[]));
    return;
  }
  if (typeof recorded === 'object') {
    fact(tally, `${name}: object`, typeof seen === 'object' && seen !== null);
    const fields = (seen ?? {}) as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(recorded)) {
      fact(tally, `${name}/${key}: key`, key in fields);
      compare(value, fields[key], `${name}/${key}`, tally);
    }
    return;
  }
  if (recorded === '') return;
  fact(tally, `${name}: kind`, typeof seen === typeof recorded);
  if (typeof recorded !== 'string') return;
  if (SENTINEL.test(recorded)) fact(tally, `${name}: sentinel`, seen === recorded);
  const id = /^\/(subscriptions)\//i.exec(recorded);
  if (id !== null) fact(tally, `${name}: form of the id`, String(seen).startsWith(`/${id[1]}/`));
}

/** Words and lists of words that must be there letter for letter. */
function compareWords(recorded: unknown, seen: unknown, name: string, tally: Tally): void {
  if (recorded === undefined) return;
  if (Array.isArray(recorded))
    return fact(tally, name, Array.isArray(seen) && sameWords(recorded as readonly string[], seen as readonly string[]));
  fact(tally, name, seen === recorded);
}

function propertiesOf(item: unknown): Readonly<Record<string, unknown>> {
  return (item as { readonly properties?: Readonly<Record<string, unknown>> } | undefined)?.properties ?? {};
}

/** The job of a switch: its words, its tasks with their names, and what it says about the new item. */
function compareSwitch(
  recorded: Readonly<Record<string, unknown>> | undefined,
  seen: Readonly<Record<string, unknown>>,
  tally: Tally,
): void {
  for (const key of ['scenarioName', 'friendlyName', 'targetInstanceType'])
    compareWords(recorded?.[key], seen[key], `switch job /${key}`, tally);
  const names = (job: Readonly<Record<string, unknown>> | undefined): readonly string[] =>
    flat((job?.['tasks'] ?? []) as readonly TaskLike[]).map((task) =>
      `${task.taskId ?? ''} ${task.friendlyName ?? ''} ${task.taskType ?? ''}`.replaceAll(/vm1|web-01/g, 'VM'),
    );
  compareWords(names(recorded), names(seen), 'switch job /tasks', tally);
  compare(recorded?.['customDetails'], seen['customDetails'], 'switch job /customDetails', tally);
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word) => right.includes(word));
}

function compareStatus(recorded: unknown, seen: unknown, name: string, tally: Tally): void {
  compare(recorded, seen, name, tally);
  fact(
    tally,
    `${name}: word`,
    (seen as { readonly status?: unknown } | undefined)?.status === (recorded as { readonly status?: unknown }).status,
  );
}

function compareHeaders(recorded: unknown, seen: unknown, tally: Tally): void {
  const headers = (seen ?? {}) as Readonly<Record<string, string>>;
  const wanted = (recorded as { readonly headers: Readonly<Record<string, string>> }).headers;
  for (const name of Object.keys(wanted)) fact(tally, `202: ${name}`, headers[name.toLowerCase()] !== undefined);
  const url = headers['azure-asyncoperation'] ?? '';
  fact(tally, '202: signed address', /\?api-version=[\d-]+&t=\d{4}-\d\d-\d\dT\d\d%3a\d\d%3a\d\d&c=.{2400,}&s=.{300,}&h=.{40,}$/.test(url));
  const ids = (headers['x-ms-request-id'] ?? '').split(', ');
  fact(
    tally,
    '202: the job id twice',
    ids.length === 2 && ids[0] === ids[1] && /^\/Subscriptions\/.*\/replicationJobs\/[0-9a-f-]{36}$/.test(ids[0] ?? ''),
  );
}

interface TaskLike {
  readonly taskId?: string;
  readonly friendlyName?: string;
  readonly taskType?: string;
  readonly groupTaskCustomDetails?: { readonly childTasks?: readonly TaskLike[] } | null;
}

/** The keys of every task of a plan's job, by its kind, down the tree. */
function compareTree(recorded: Readonly<Record<string, unknown>> | undefined, seen: Readonly<Record<string, unknown>>, tally: Tally): void {
  const tasks = (job: Readonly<Record<string, unknown>> | undefined): readonly TaskLike[] =>
    flat((job?.['tasks'] ?? []) as readonly TaskLike[]);
  const shapes = new Map(tasks(recorded).map((task) => [task.taskType, task]));
  for (const task of tasks(seen)) {
    const shape = shapes.get(task.taskType);
    fact(tally, `plan job: task kind ${task.taskType}`, shape !== undefined);
    for (const key of Object.keys(shape ?? {})) fact(tally, `plan job: ${task.taskType}/${key}`, key in task);
  }
  for (const name of ['RpSrsPrerequisitesCheck', 'Group1', 'EndRecoveryPlanTask']) {
    fact(
      tally,
      `plan job: ${name}`,
      (seen['tasks'] as readonly { readonly taskId: string }[] | undefined)?.some((task) => task.taskId === name) === true,
    );
  }
}

function flat(tasks: readonly TaskLike[]): readonly TaskLike[] {
  return tasks.flatMap((task) => [task, ...flat(task.groupTaskCustomDetails?.childTasks ?? [])]);
}
