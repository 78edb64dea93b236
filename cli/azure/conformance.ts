import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { ObservedExchange } from '../../adapters/azure/config.ts';
import type { Azure, AzureVm } from '../../engine/azure-calls.ts';
import { RunwardError } from '../../engine/errors.ts';
import { armIdUpTo } from '../../engine/ids.ts';
import { VERSION } from '../../engine/version.ts';
import type { Consent } from '../confirm.ts';
import { confirmDanger } from '../confirm.ts';
import { pairsOf, textFlag } from '../flags.ts';
import type { Flags } from '../flags.ts';
import type { Session } from '../program-options.ts';
import { tableText } from '../terminal.ts';
import type { ScenarioName } from './questions.ts';
import { QUESTIONS, SCENARIO_NAMES } from './questions.ts';
import type { Sandbox, Verdict } from './sandbox.ts';
import { mustBeRead } from './sandbox.ts';
import { SCENARIOS } from './scenarios.ts';
import { azureHere } from './settings.ts';
import { sanitised } from './traffic.ts';

const TAG = 'runward-conformance';

/**
 * `conformance azure`: asks a sandbox what documents do not settle. Without --yes it only says what it would send. Exit code 1 when a
 * default of the engine was refuted that is not on the safe side, something was left behind, or a scenario could not be carried out, 0 otherwise.
 */
export async function conformance(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const names = scenariosOf(flags);
  const groupId = `/subscriptions/${needed(flags, 'subscription')}/resourceGroups/${needed(flags, 'group')}`;
  const [planId, networkId] = [idOf(flags, 'plan'), idOf(flags, 'network')];
  if (session.options.yes !== true && !session.canAsk) return dryRun(session, names, groupId);
  const directory = needed(flags, 'report');
  const { azure: settings, config } = await azureHere();
  const traffic: ObservedExchange[] = [];
  const azure = createAzure({ ...settings, observe: (exchange) => traffic.push(exchange) });
  const signal = new AbortController().signal;
  for (const id of new Set([groupId, ...groupsOf(names, planId, networkId)])) await mustBeSandbox(azure, id, signal);
  const machine = await onlyMachine(azure, groupId, signal);
  dryRun(session, names, groupId);
  // The way there and back deletes the machine and makes it anew.
  const level = names.includes('asr') ? 'severe' : 'moderate';
  await confirmDanger(session, { level, what: `send this to ${groupId}`, name: needed(flags, 'group') }, consentOf(flags));
  const scale = config.azure.timeScale ?? 1;
  const isSovereign = settings.cloud === 'usgov' || settings.cloud === 'china';
  const left: string[] = [];
  const sandbox = { azure, groupId, machine, scale, isSovereign, planId, networkId, left, traffic, signal };
  const verdicts = await carryOut(session, names, sandbox);
  await writeReport(
    directory,
    { verdicts, scenarios: names, left, cloud: settings.cloud ?? 'public', simulated: config.azure.timeScale !== undefined },
    traffic,
  );
  show(session, verdicts, directory);
  for (const one of left) session.output.say(`LEFT BEHIND, and billed: ${one}`);
  return left.length > 0 || verdicts.some((row) => row.failed || (row.verdict === 'refuted' && !isSafe(row))) ? 1 : 0;
}

/** A default that was refuted although nothing is lost by it: its row says what that means. */
function isSafe({ id }: Verdict): boolean {
  return QUESTIONS.find((one) => one.id === id)?.whenRefuted !== undefined;
}

interface Row extends Verdict {
  readonly failed: boolean;
}

function scenariosOf(flags: Flags): readonly ScenarioName[] {
  const asked = pairsOf(flags, 'scenario');
  if (asked.length === 0) return ['read'];
  return asked.map((name) => {
    const known = SCENARIO_NAMES.find((one) => one === name);
    if (known === undefined) throw new RunwardError('USAGE_FLAG', `--scenario ${name}: there are ${SCENARIO_NAMES.join(', ')}`);
    return known;
  });
}

function needed(flags: Flags, name: 'subscription' | 'group' | 'report'): string {
  const value = textFlag(flags, name);
  if (value === undefined) throw new RunwardError('USAGE_FLAG', `--${name} is missing: runward conformance azure --help`);
  if (name !== 'report' && !/^[\w().-]{1,90}$/.test(value)) throw new RunwardError('USAGE_FLAG', `--${name} ${value}: not the name of one`);
  return value;
}

/** The id of a plan or network, when one was given. Throws USAGE_FLAG for what is no ARM id. */
function idOf(flags: Flags, name: 'plan' | 'network'): string | undefined {
  const value = textFlag(flags, name);
  if (value === undefined || armIdUpTo(value, 'resourceGroups') !== undefined) return value;
  throw new RunwardError('USAGE_FLAG', `--${name} ${value}: an ARM id begins with /subscriptions/`);
}

/** Groups besides that of the machine that a scenario changes: each must be a sandbox. */
function groupsOf(names: readonly ScenarioName[], ...ids: readonly (string | undefined)[]): readonly string[] {
  return names.includes('asr') ? ids.flatMap((id) => armIdUpTo(id ?? '', 'resourceGroups') ?? []) : [];
}

function consentOf(flags: Flags): Consent {
  const [confirm, reason] = [textFlag(flags, 'confirm'), textFlag(flags, 'reason')];
  return { ...(confirm === undefined ? {} : { confirm }), ...(reason === undefined ? {} : { reason }) };
}

function dryRun(session: Session, names: readonly ScenarioName[], groupId: string): number {
  const rows = names.flatMap((name) =>
    SCENARIOS[name].sends.map((line, at) =>
      at === 0 ? [name, SCENARIOS[name].costs, SCENARIOS[name].lasts, line] : [' ', ' ', ' ', line],
    ),
  );
  const text = tableText(['SCENARIO', 'COSTS', 'LASTS', 'SENDS'], rows);
  if (session.options.yes === true || session.canAsk) {
    session.output.say(text);
    return 0;
  }
  const plan = names.map((name) => ({
    scenario: name,
    costs: SCENARIOS[name].costs,
    lasts: SCENARIOS[name].lasts,
    sends: SCENARIOS[name].sends,
  }));
  session.output.data({
    text: () => text,
    json: { apiVersion: 'runward/v1', kind: 'ConformancePlan', group: groupId, scenarios: plan },
    lines: plan,
    names,
  });
  session.output.say(`nothing was sent. With --yes this goes to ${groupId}, which must have the tag ${TAG}=yes`);
  return 0;
}

async function mustBeSandbox(azure: Azure, groupId: string, signal: AbortSignal): Promise<void> {
  const group = mustBeRead('the resource group', await azure.read({ kind: 'resource.get', id: groupId, apiVersion: '2025-04-01' }, signal));
  const tag = Object.entries(group.tags).find(([name]) => name.toLowerCase() === TAG)?.[1];
  if (tag === 'yes') return;
  throw new RunwardError(
    'USAGE_CONFIRM',
    `${groupId} is not a sandbox: it lacks the tag ${TAG}=yes, and nothing was sent. Use a group of its own: az group create --name NAME --location REGION --tags ${TAG}=yes`,
  );
}

async function onlyMachine(azure: Azure, groupId: string, signal: AbortSignal): Promise<AzureVm | undefined> {
  const all = mustBeRead('the machines', await azure.read({ kind: 'vm.list', subscription: groupId.split('/')[2] ?? '' }, signal));
  const [one, ...others] = all.filter(({ id }) => id.toLowerCase().startsWith(`${groupId.toLowerCase()}/`));
  if (one === undefined || others.length > 0) return undefined;
  return mustBeRead('the machine', await azure.read({ kind: 'vm.get', vmId: one.id }, signal));
}

async function carryOut(session: Session, names: readonly ScenarioName[], sandbox: Sandbox): Promise<readonly Row[]> {
  const seen = new Map<string, Row>();
  for (const name of names) {
    session.output.say(`${name}: begins, lasts ${SCENARIOS[name].lasts}`);
    try {
      for (const one of await SCENARIOS[name].run(sandbox)) if (seen.get(one.id)?.verdict !== 'refuted') seen.set(one.id, meant(one));
    } catch (error) {
      // What a scenario could not find out stays open, and says why; the others are carried out.
      const why = error instanceof Error ? error.message : String(error);
      for (const { id, scenario } of QUESTIONS)
        if (scenario === name) seen.set(id, { id, verdict: 'not_run', seen: `stopped: ${why}`, failed: true });
    }
  }
  return QUESTIONS.map(({ id, scenario }) => {
    const why = scenario === undefined ? 'no scenario of this release answers it' : `asked by --scenario ${scenario}`;
    return seen.get(id) ?? { id, verdict: 'not_run', seen: why, failed: false };
  });
}

/** A refuted default on the safe side says what that means. */
function meant(one: Verdict): Row {
  const meaning = one.verdict === 'refuted' ? QUESTIONS.find(({ id }) => id === one.id)?.whenRefuted : undefined;
  return { ...one, seen: meaning === undefined ? one.seen : `${one.seen}; ${meaning}`, failed: false };
}

async function writeReport(directory: string, report: object, traffic: readonly ObservedExchange[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  const document = { apiVersion: 'runward/v1', kind: 'ConformanceReport', version: VERSION, at: new Date().toISOString(), ...report };
  await writeFile(join(directory, 'report.json'), `${JSON.stringify(document, undefined, 2)}\n`);
  await writeFile(join(directory, 'traffic.json'), `${JSON.stringify(sanitised(traffic), undefined, 2)}\n`);
}

function show(session: Session, verdicts: readonly Row[], directory: string): void {
  const rows = verdicts.map(({ id, verdict, seen }) => [id, verdict, QUESTIONS.find((one) => one.id === id)?.byDefault ?? '', seen]);
  session.output.data({
    text: () => tableText(['ROW', 'VERDICT', 'BY DEFAULT', 'SEEN'], rows),
    json: { apiVersion: 'runward/v1', kind: 'Conformance', verdicts },
    lines: verdicts,
    names: verdicts.filter(({ verdict }) => verdict === 'refuted').map(({ id }) => id),
  });
  session.output.say(`${join(directory, 'report.json')} and traffic.json are written; look through the traffic before you give it away`);
}
