import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DocumentFile } from '../engine/language/guard.ts';
import type { Loaded } from '../engine/language/load.ts';
import { runTest, type TestReport } from '../runbook-test/run-test.ts';

/** Which tests are played and how: `wanted` are paths of test files, `filter` is a part of the names of cases or of the runbook. */
export interface PlayRequest {
  readonly wanted: readonly string[];
  readonly filter: string;
  readonly seed: number;
}

/** What a further thread gets: the documents, which it checks for itself, and the number of the next test, which all threads count up. */
export interface ThreadRequest extends PlayRequest {
  readonly files: readonly DocumentFile[];
  readonly next: Int32Array;
}

/** A test's report with its place among the tests of the project. */
export interface PlayedTest {
  readonly place: number;
  readonly report: TestReport;
}

/** A further thread costs a third of a second before its first case. */
const CASES_A_THREAD_MIN = 30;

/** Plays the tests that are wanted, on every core where they are many; the reports come in the order of the project. Throws what a thread cannot tell as a report. */
export async function playTests(files: readonly DocumentFile[], loaded: Loaded, request: PlayRequest): Promise<readonly TestReport[]> {
  const cases = loaded.tests.reduce((sum, test) => sum + (request.wanted.includes(test.path) ? test.cases.length : 0), 0);
  const threads = Math.min(availableParallelism(), Math.floor(cases / CASES_A_THREAD_MIN)) - 1;
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const shares = await Promise.all([
    ...Array.from({ length: Math.max(0, threads) }, () => shareOfThread({ ...request, files, next })),
    playShare(loaded, request, next),
  ]);
  const played = shares.flat().toSorted((left, right) => left.place - right.place);
  return played.map(({ report }) => report).filter(({ cases: own }) => own.length > 0);
}

/** Plays tests until there is none left that nobody else has taken, those with most cases first. */
export async function playShare(loaded: Loaded, request: PlayRequest, next: Int32Array): Promise<readonly PlayedTest[]> {
  const wanted = loaded.tests.flatMap((test, place) => (request.wanted.includes(test.path) ? [{ test, place }] : []));
  const largestFirst = wanted.toSorted((left, right) => right.test.cases.length - left.test.cases.length);
  const played: PlayedTest[] = [];
  for (let one = largestFirst[Atomics.add(next, 0, 1)]; one !== undefined; one = largestFirst[Atomics.add(next, 0, 1)]) {
    const { test, place } = one;
    const wants = (name: string): boolean => name.includes(request.filter) || test.runbook.includes(request.filter);
    played.push({ place, report: await runTest(loaded, test, { seed: request.seed, wants }) });
  }
  return played;
}

function shareOfThread(request: ThreadRequest): Promise<readonly PlayedTest[]> {
  const here = fileURLToPath(import.meta.url);
  const thread = new Worker(new URL(`../cli/test-thread${extname(here)}`, import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}
