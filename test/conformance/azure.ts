import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { manualClock, startSimulator } from '../support/simulator.ts';
import { capture } from './capture.ts';
import { drive } from './drive.ts';
import { compareFacts, enough } from './facts.ts';
import { readExamples } from './examples.ts';
import { add, judge } from './judge.ts';
import { readRecordings } from './recordings.ts';
import { selfCheck } from './self-check.ts';
import { readServices } from './swagger.ts';
import type { KnownOperation, Verdict } from './judge.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import type { SelfCheck } from './self-check.ts';
import type { Service } from './swagger.ts';

/** What the validator must reach on Azure's own examples before it may judge: the eleven others are known faults of those examples. */
const ANSWERS_MIN = 380;
const REQUESTS_MIN = 189;
/** So many of Azure's own example answers the SDKs must give back with nothing lost. */
const EXAMPLES_MIN = 346;
const PRINTED_MISSES = 20;
/** What Azure has for other ways to replicate, or for other plans, and refuses here whatever the state is. */
const ALWAYS_REFUSED = [
  'ReplicationJobs_Resume',
  'ReplicationProtectedItems_FailoverCancel',
  'ReplicationProtectedItems_PlannedFailover',
  'ReplicationProtectedItems_Reprotect',
  'ReplicationProtectedItems_ResolveHealthErrors',
  'ReplicationRecoveryPlans_FailoverCancel',
  'ReplicationRecoveryPlans_PlannedFailover',
];

/** Holds the simulator and the requests of the SDKs to the published specifications of a folder. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { recorded: { type: 'string' } } });
  const [folder, resultFile] = positionals;
  if (folder === undefined || !existsSync(join(folder, 'operations.json'))) {
    process.stderr.write(
      'usage: npm run azure:conformance -- DIR [RESULT] [--recorded FOLDER]\nDIR holds SERVICE/openapi.json with SERVICE/examples, operations.json and recorded/; RESULT is a file that the verdict on each operation is written to; below FOLDER lie recordings of other clients (runward-simulator --record, or tests with TEST_RECORD_FOLDER=FOLDER), which are judged too\n',
    );
    process.exitCode = 2;
    return;
  }
  const services = readServices(folder);
  const checked = selfCheck(services);
  print(
    `validator   ${checked.answersFit} of ${checked.answers} example answers, ${checked.requestsFit} of ${checked.requests} example requests`,
  );
  if (!trusted(checked)) return;
  const examples = await readExamples(services);
  print(
    `examples    ${examples.read} of ${examples.answers} read by the SDKs, ${examples.known.length} with a known loss, ${examples.unspoken.length} of services that none of these SDKs speaks to`,
  );

  const known = (JSON.parse(readFileSync(join(folder, 'operations.json'), 'utf8')) as { readonly operations: readonly KnownOperation[] })
    .operations;
  const simulator = await startSimulator([...manualClock(), '--principal', 'owner']);
  try {
    const passed = capture(simulator.ready);
    const driven = await drive(passed, simulator);
    const verdict = judge(passed.exchanges, { services, known });
    for (const { call, pointer } of driven.lost)
      add(verdict, call, { where: 'answer 200', pointer, rule: 'deserialise', message: 'the SDK loses this field' });
    await findDoubles(verdict, simulator);
    const catalogue = (await simulator.control('faults/catalogue')) as { readonly operations: readonly string[] };
    findUndriven(verdict, services, catalogue.operations);
    const facts = compareFacts(folder, driven.states);
    report(verdict, passed.exchanges.length, facts);
    if (resultFile !== undefined) writeResult(resultFile, verdict, services, facts);
    const others = values.recorded === undefined ? [] : readRecordings(values.recorded);
    const recorded = judge(others, { services, known });
    if (values.recorded !== undefined) reportRecorded(recorded, { exchanges: others.length, driven: verdict });
    for (const miss of examples.misses) print(`example not read: ${miss}`);
    const isRead = examples.misses.length === 0 && examples.read >= EXAMPLES_MIN;
    if (verdict.problems.length + recorded.problems.length > 0 || !enough(facts) || !isRead) process.exitCode = 1;
  } finally {
    await simulator.stop();
  }
}

/** A validator that misjudges Azure's own examples may not judge the simulator. */
function trusted(checked: SelfCheck): boolean {
  if (checked.answersFit >= ANSWERS_MIN && checked.requestsFit >= REQUESTS_MIN && checked.misses.length === 0) return true;
  for (const miss of checked.misses.slice(0, PRINTED_MISSES)) print(`  ${miss}`);
  print('the validator is not trusted, nothing was judged');
  process.exitCode = 1;
  return false;
}

/** Every operation that is served and published must have been driven to a success, and seen refused where it can be. */
function findUndriven(verdict: Verdict, services: readonly Service[], served: readonly string[]): void {
  const published = new Set(services.flatMap((service) => service.operations.map((operation) => operation.operationId)));
  for (const operation of served.filter((name) => published.has(name))) {
    const statuses = [...(verdict.tallies.get(operation)?.statuses ?? [])];
    const seen = ALWAYS_REFUSED.includes(operation) ? statuses.length > 0 : statuses.some((status) => status < 300);
    if (!seen) add(verdict, operation, { where: 'drive', pointer: '/', rule: 'coverage', message: 'is served and was not driven' });
  }
}

/** The drive does everything once a state, except that it puts one run command twice: whatever else counts as done twice is counted wrongly. */
async function findDoubles(verdict: Verdict, simulator: RunningSimulator): Promise<void> {
  const { doubles } = (await simulator.control('doubles')) as {
    readonly doubles: readonly { readonly operation: string; readonly key: string }[];
  };
  for (const { operation, key } of doubles)
    if (operation !== 'VirtualMachineRunCommands_CreateOrUpdate')
      add(verdict, operation, { where: 'ledger', pointer: key, rule: 'doubles', message: 'was done once and counts as done twice' });
}

function report(verdict: Verdict, exchanges: number, facts: ReturnType<typeof compareFacts>): void {
  print(`\n${'OPERATION'.padEnd(64)} ${'REQUESTS'.padStart(8)} ${'STATUSES'.padEnd(18)} PROBLEMS`);
  for (const [name, tally] of [...verdict.tallies].toSorted(([left], [right]) => left.localeCompare(right))) {
    print(
      `${name.padEnd(64)} ${String(tally.requests).padStart(8)} ${[...tally.statuses]
        .toSorted((left, right) => left - right)
        .join(' ')
        .padEnd(18)} ${tally.problems}`,
    );
  }
  const distinct = distinctProblems(verdict);
  if (distinct.length > 0) print('');
  for (const line of distinct) print(line);
  if (facts.misses.length > 0) print('');
  for (const miss of facts.misses) print(`recorded fact differs: ${miss}`);
  const held = facts.compared - facts.misses.length;
  print(
    `\n${verdict.tallies.size} operations, ${exchanges} exchanges, ${distinct.length} problems, ${held} of ${facts.compared} recorded facts`,
  );
}

function distinctProblems({ problems }: Verdict): readonly string[] {
  const lines = problems.map(
    ({ operation, where, pointer, rule, message }) => `${operation} · ${where} · ${pointer} · ${rule}: ${message}`,
  );
  return [...new Set(lines)];
}

/** What other clients sent and were told, and which statuses the drive above has not seen. */
function reportRecorded(recorded: Verdict, given: { readonly exchanges: number; readonly driven: Verdict }): void {
  const distinct = distinctProblems(recorded);
  for (const line of distinct) print(`recorded · ${line}`);
  const more = [...recorded.tallies].flatMap(([name, { statuses }]) => {
    const seen = given.driven.tallies.get(name)?.statuses ?? new Set();
    const only = [...statuses].filter((status) => !seen.has(status));
    return only.length === 0 ? [] : [`${name} ${only.toSorted((left, right) => left - right).join(' ')}`];
  });
  for (const line of more.toSorted()) print(`recorded and not driven: ${line}`);
  print(`${recorded.tallies.size} operations in ${given.exchanges} recorded exchanges, ${distinct.length} problems`);
}

/** What was judged, for the page that says what was proven. Operations without a published description are marked. */
function writeResult(file: string, verdict: Verdict, services: readonly Service[], facts: ReturnType<typeof compareFacts>): void {
  const published = new Set(services.flatMap((service) => service.operations.map((operation) => operation.operationId)));
  const operations = [...verdict.tallies]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([operation, { requests, statuses, problems }]) => ({
      operation,
      published: published.has(operation),
      requests,
      statuses: [...statuses].toSorted((left, right) => left - right),
      problems,
    }));
  const result = { operations, recordedFacts: { compared: facts.compared, held: facts.compared - facts.misses.length } };
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
