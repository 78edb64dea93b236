import { RunwardError } from '../engine/errors.ts';
import type { RunbookTest, TestCase } from '../engine/language/runbook-test.ts';
import type { Project } from '../engine/plan/project.ts';
import { reachedIn } from './coverage.ts';
import { type Difference, differences } from './expectations.ts';
import { playCase, type Played } from './play-case.ts';

/** How a case ended: what it expects came or did not, or it could not be played at all. */
export interface CaseReport {
  readonly name: string;
  readonly line: number;
  readonly status: 'passed' | 'failed';
  /** From the start of the run to its last change, in milliseconds of virtual time; 0 where there was no run. */
  readonly virtualMs: number;
  readonly differences: readonly Difference[];
}

/** The reports of one test file, and the points of its runbook that each run reached. Plain data: a thread can give it to another. */
export interface TestReport {
  readonly path: string;
  readonly runbook: string;
  readonly cases: readonly CaseReport[];
  readonly reached: readonly ReadonlySet<string>[];
}

/** Plays the cases of a test, one after the other; `wants` chooses them by name. */
export async function runTest(
  project: Project,
  test: RunbookTest,
  how: { readonly seed: number; readonly wants: (name: string) => boolean },
): Promise<TestReport> {
  const cases: CaseReport[] = [];
  const reached: ReadonlySet<string>[] = [];
  for (const one of test.cases.filter(({ name }) => how.wants(name))) {
    const outcome = await played(project, test, { one, seed: how.seed });
    if ('error' in outcome) {
      cases.push({ ...headOf(one), status: 'failed', virtualMs: 0, differences: [{ message: outcome.error, at: one.at }] });
      continue;
    }
    const found = differences(one, outcome);
    const ran = outcome.kind === 'ran';
    if (ran) reached.push(new Set(reachedIn(outcome.journal)));
    cases.push({
      ...headOf(one),
      status: found.length === 0 ? 'passed' : 'failed',
      virtualMs: ran ? outcome.virtualMs : 0,
      differences: found,
    });
  }
  return { path: test.path, runbook: test.runbook, cases, reached };
}

// One case that cannot be played must not keep the others from telling what they found.
async function played(
  project: Project,
  test: RunbookTest,
  { one, seed }: { readonly one: TestCase; readonly seed: number },
): Promise<Played | { readonly error: string }> {
  try {
    return await playCase({ project, runbook: test.runbook, one, seed });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { error: error instanceof RunwardError ? `${error.code}: ${text}` : text };
  }
}

function headOf({ name, at }: TestCase): Pick<CaseReport, 'name' | 'line'> {
  return { name, line: at.line };
}
