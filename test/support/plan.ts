import type { Runbook, Step, StepBody } from '../../engine/language/runbook.ts';
import type { PinnedRunbook, Plan } from '../../engine/plan/plan-record.ts';

/** A step with defaults. */
export function step(id: string, body: StepBody, more: Partial<Step> = {}): Step {
  return { id, name: id, body, needs: [], onFailure: 'stop', at: { line: 1, column: 1 }, ...more };
}

/** A plan of these steps as if it had been made; `given` replaces what planning would have found. */
export function testPlan(definition: Partial<Runbook> & Pick<Runbook, 'steps'>, given: Partial<Plan> = {}): Plan {
  const whole = testRunbook(definition);
  return {
    schema: 1,
    engine: 'test',
    runbookDigest: '0'.repeat(64),
    runbookPath: 'test.yaml',
    definition: whole,
    purpose: 'operations',
    environment: 'test',
    inputs: {},
    vars: {},
    sets: {},
    rows: [],
    severity: 'moderate',
    actions: { 'test.read@1': 'read', 'test.named@1': 'named', 'test.guarded@1': 'guarded', 'test.blind@1': 'blind' },
    documents: {},
    notes: [],
    ...given,
  };
}

/** A runbook as a plan pins it for those that call it; `members` are the machines of its target sets. */
export function pinnedRunbook(
  definition: Partial<Runbook> & Pick<Runbook, 'steps'>,
  members: PinnedRunbook['members'] = {},
): PinnedRunbook {
  return {
    path: 'called.yaml',
    digest: '1'.repeat(64),
    definition: testRunbook(definition),
    members,
    documents: {},
    configurations: {},
    calendars: {},
  };
}

/** A runbook of these steps with defaults. */
function testRunbook(definition: Partial<Runbook> & Pick<Runbook, 'steps'>): Runbook {
  return {
    name: 'test',
    title: 'Test',
    owner: 'team-test',
    labels: {},
    links: [],
    purposes: ['operations'],
    environment: 'test',
    timeoutMs: 6 * 3_600_000,
    finallyTimeoutMs: 3_600_000,
    inputs: {},
    vars: {},
    targets: {},
    finally: [],
    outputs: {},
    manual: true,
    schedules: [],
    notify: [],
    ...definition,
  };
}
