import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../../../cli/api-client.ts';
import { planOfFile, writePlan } from '../../../cli/plan-file.ts';
import { planOutlook, planSummary, planTable, type PlanView } from '../../../cli/plan-text.ts';
import { RunwardError } from '../../../engine/errors.ts';
import { canonicalJson } from '../../../engine/json.ts';
import type { Plan, PlanRow } from '../../../engine/plan/plan-record.ts';
import { testPlan } from '../../support/plan.ts';
import { runward } from '../../support/command-line.ts';

const GOLDEN = join(import.meta.dirname, '../../golden/plan');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a draft', () => {
  test('is shown to people and to programs as its golden files say', { timeout: 30_000 }, async () => {
    const shown = await runward(['plan', 'fleet', '--offline'], GOLDEN);
    expect(shown.exit).toBe(0);
    await expect(`${shown.stdout}---\n${shown.stderr}`).toMatchFileSnapshot(join(GOLDEN, 'fleet.out'));
    const json = await runward(['plan', 'fleet', '--offline', '-o', 'json', '--exit-code'], GOLDEN);
    expect(json.exit).toBe(3);
    await expect(json.stdout).toMatchFileSnapshot(join(GOLDEN, 'fleet.json'));
  });

  test('cannot be kept for a start', async () => {
    const { exit, stderr } = await runward(['plan', 'fleet', '--offline', '--out', 'x.json'], GOLDEN);
    expect(exit).toBe(2);
    expect(stderr).toContain('a draft is none');
  });
});

describe('what is said of a plan', () => {
  const row = (kind: PlanRow['kind'], path: string, more: Partial<PlanRow> = {}): PlanRow => ({
    kind,
    path,
    name: path,
    section: 'steps',
    depth: 0,
    action: 'run',
    condition: 'always',
    ...more,
  });
  const plan: PlanView = {
    planHash: '9d41c07b'.repeat(8),
    runbook: 'shop-failover',
    runbookDigest: '9f3c2ab0'.repeat(8),
    purpose: 'failover',
    environment: 'production',
    severity: 'severe',
    counts: { READ: 2, MUTATES: 2, UNKNOWN: 1, GATE: 1 },
    steps: [
      row('READ', 'replication', { targets: 7, effect: 'read', severity: 'mild' }),
      row('GATE', 'go', { note: '2 of group:dr-approvers, not the starter, within 4h' }),
      row('MUTATES', 'stop_entry', { targets: 1, effect: 'guarded', severity: 'moderate' }),
      row('MUTATES', 'stop_entry/rollback/start_entry', { role: 'rollback', effect: 'guarded', severity: 'moderate' }),
      row('MUTATES', 'failover_db', { targets: 40, waves: [2, 19, 19], effect: 'guarded', severity: 'severe' }),
      row('UNKNOWN', 'repoint_app', {
        targets: 2,
        effect: 'blind',
        severity: 'moderate',
        note: 'a script: its effect cannot be predicted',
      }),
    ],
    notes: [],
    rtoMs: 3_600_000,
    estimate: { fromMs: 38 * 60_000, toMs: 45.5 * 60_000, medianMs: 41 * 60_000, runs: 5 },
    expiresAt: '2026-11-24T10:00:00.000Z',
  };

  test('the rollback of a step stands beside it', () => {
    expect(
      planTable(plan)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual([
      'KIND     STEP         TARGETS  CLASS    SEVERITY  ROLLBACK',
      'READ     replication  7        read     mild      -',
      'GATE     go           -        -        -         2 of group:dr-approvers, not the starter, within 4h',
      'MUTATES  stop_entry   1        guarded  moderate  start_entry',
      'MUTATES  failover_db  40       guarded  severe    none · waves of 2, 19, 19',
      'UNKNOWN  repoint_app  2        blind    moderate  none · a script: its effect cannot be predicted',
    ]);
  });

  test('its age, its counts, how long it took before and what was promised', () => {
    expect(planSummary(plan, Date.parse('2026-11-24T09:00:00.000Z'))).toBe(
      'plan 9d41c07b · severe · text 9f3c2ab · failover in production · valid 1h · 2 mutate, 1 unknown, 2 read, 1 gate',
    );
    expect(planOutlook(plan)).toBe(
      'estimated 38-46 min (last 5 runs, median 41 min) · RTO objective 1:00:00 · UNKNOWN steps may change more than is shown here',
    );
    expect(planOutlook({ counts: { READ: 1, MUTATES: 0, UNKNOWN: 0, GATE: 0 } })).toBe('');
  });
});

describe('a plan in a file', () => {
  const planned = testPlan({ name: 'fleet', steps: [] }, { inputs: { ring: 'a' } });
  const viewOf = (plan: Plan): PlanView => {
    const canonical = canonicalJson(plan);
    const planHash = createHash('sha256').update(canonical).digest('hex');
    return { planHash, canonical, kind: 'Plan', runbook: plan.definition.name } as unknown as PlanView;
  };
  const shown = viewOf(planned);
  const client = (made: PlanView | undefined): ApiClient =>
    ({
      get: async () => {
        if (made === undefined) return shown;
        throw new RunwardError('NOT_FOUND_PLAN', 'too old');
      },
      post: async () => made,
    }) as unknown as ApiClient;
  const write = async (name: string, text?: string): Promise<string> => {
    const file = join(folder, name);
    if (text === undefined) await writePlan(file, shown);
    else writeFileSync(file, text);
    return file;
  };

  test('is the one that is started, also when the server has to make it again', async () => {
    const file = await write('good.json');
    expect((await planOfFile(client(undefined), file)).planHash).toBe(shown.planHash);
    expect((await planOfFile(client(viewOf(structuredClone(planned))), file)).planHash).toBe(shown.planHash);
  });

  test('is refused when another plan comes out, and says what differs', async () => {
    const other = viewOf({ ...planned, inputs: { ring: 'b' }, runbookDigest: '2'.repeat(64) });
    await expect(planOfFile(client(other), await write('stale.json'))).rejects.toMatchObject({
      code: 'CONFLICT_STALE_PLAN',
      message: expect.stringMatching(
        /text of the runbook: "00000000" → "22222222"; input ring: "a" → "b"\. Nothing was started, and approvals of it are void/,
      ),
    });
  });

  test('is refused when it was changed by hand, or is no plan', async () => {
    const changed = JSON.stringify({ ...shown, canonical: shown.canonical?.replace('"a"', '"b"') });
    await expect(planOfFile(client(undefined), await write('changed.json', changed))).rejects.toMatchObject({
      code: 'USAGE_FLAG',
      message: expect.stringContaining('was changed after it was written'),
    });
    for (const text of ['{}', 'no json'])
      await expect(planOfFile(client(undefined), await write('none.json', text))).rejects.toMatchObject({
        message: expect.stringContaining('holds no plan; write one with runward plan <runbook> --out'),
      });
    await expect(planOfFile(client(undefined), '9d41c07b')).rejects.toMatchObject({
      message: expect.stringContaining('neither the hash of a plan'),
    });
  });
});
