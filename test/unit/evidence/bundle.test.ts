import { expect, test } from 'vitest';
import { RunwardError } from '../../../engine/errors.ts';
import { aheadBy, azureAheadMs, skewText, withAhead } from '../../../engine/evidence/azure-clock.ts';
import { buildEvidence } from '../../../engine/evidence/bundle.ts';
import { rpoCheck } from '../../../engine/evidence/checks.ts';
import { judgeRpo, judgeRto, recoveryPointAge } from '../../../engine/evidence/objectives.ts';
import { renderEvidenceHtml } from '../../../engine/evidence/render-html.ts';
import { verdictSentence } from '../../../engine/evidence/verdict-sentence.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { timeValue } from '../../../engine/values.ts';
import { facts, ports, sampleEvidence, source, stepRecord, steps, T0 } from './sample.ts';

const seen = (data: JsonObject) => ({ at: T0, what: 'Azure answered: 202', data });
const objectives = { rtoMs: 60_000, rpoMs: 900_000, clock: { start: 'run', stop: 'verify', count: 'active' as const } };

test('evidence holds verdict, approvals and everything that deviated', () => {
  const evidence = sampleEvidence();
  expect(evidence.verdict).toMatchObject({
    outcome: 'succeeded',
    rto: { measuredMs: 65_000, verdict: 'met' },
    rpo: { measuredMs: 360_100, verdict: 'met' },
    cleanup: 'verified',
  });
  expect(evidence.approvals).toMatchObject([{ step: 'approve', answer: 'approve', mark: 'self-approved (local)' }]);
  expect(evidence.deviations.map((deviation) => deviation.kind)).toEqual(['simulated_estate', 'self_approved', 'takeover']);
  expect(evidence.steps.find((step) => step.item === 'db-01')).toMatchObject({
    section: 'steps',
    requestId: 'uuid5:key-failover_db[db-01],1,1',
    handle: { jobId: 'job-db-01' },
  });
  expect(evidence.steps.at(-1)?.section).toBe('finally');
});

test('what a person resolved, what was adopted and what was sent again is said', () => {
  const changed = steps.map((step) => (step.itemKey === 'db-01' ? { ...step, adopted: true, send: 2 } : step));
  const resolved = { at: T0 + 7000, actor: 'worker b', event: 'step.resolved_happened', data: { path: 'failover_db[db-02]' } };
  const { deviations } = sampleEvidence({ steps: changed, facts: [...facts, resolved] });
  expect(deviations.filter((one) => one.step?.startsWith('failover_db')).map((one) => [one.kind, one.step])).toEqual([
    ['adopted', 'failover_db[db-01]'],
    ['sent_again', 'failover_db[db-01]'],
    ['unknown_resolved', 'failover_db[db-02]'],
  ]);
  expect(deviations.find((one) => one.kind === 'unknown_resolved')?.text).toContain('a person decided: happened');
});

test('a process that cannot sign makes no evidence', () => {
  const blind = { ...ports, signer: { ...ports.signer, sign: () => undefined } };
  expect(() => buildEvidence(blind, source())).toThrow(RunwardError);
});

test('a cleanup that failed, was skipped or did not run is not verified', () => {
  const withCleanup = (state: 'failed' | 'skipped' | 'pending') =>
    sampleEvidence({ steps: steps.map((step) => (step.stepId === 'cleanup' ? { ...step, state } : step)) }).verdict.cleanup;
  expect([withCleanup('failed'), withCleanup('skipped'), withCleanup('pending')]).toEqual(['failed', 'failed', 'failed']);
});

test('recovery time: active time leaves out waiting for people, a breach is a breach by one millisecond', () => {
  const clock = { startedAtMs: 0, stoppedAtMs: 100_000, waitedMs: 40_000 };
  expect(judgeRto(clock, objectives)).toMatchObject({
    measuredMs: 60_000,
    verdict: 'met',
    how: expect.stringContaining('(wall time 1m40s)'),
  });
  expect(judgeRto({ ...clock, waitedMs: 39_999 }, objectives)).toMatchObject({ measuredMs: 60_001, verdict: 'breached' });
});

test('what was not measured is never met', () => {
  expect(judgeRto({ startedAtMs: 0, waitedMs: 0 }, objectives)).toMatchObject({
    targetMs: 60_000,
    verdict: 'not_measured',
    how: expect.stringContaining('verify did not succeed'),
  });
  expect(judgeRto({ waitedMs: 0 }, objectives).verdict).toBe('not_measured');
  expect(judgeRto({ startedAtMs: 0, stoppedAtMs: 1, waitedMs: 0 }, undefined).verdict).toBe('not_measured');
  expect(judgeRto({ startedAtMs: 0, stoppedAtMs: 1, waitedMs: 0 }, { clock: objectives.clock })).toMatchObject({
    measuredMs: 1,
    verdict: 'not_measured',
  });
  expect(judgeRpo([], objectives).verdict).toBe('not_measured');
});

test('recovery point: the oldest machine counts; a point from the future is as fresh as can be', () => {
  expect(judgeRpo([10, 900_001, 20], objectives)).toMatchObject({ measuredMs: 900_001, verdict: 'breached' });
  const used = stepRecord('f', { firstIntentAtMs: T0, result: { recovery_point_time: timeValue(T0 - 5000) } });
  expect(recoveryPointAge(used)).toBe(5000);
  expect(recoveryPointAge(stepRecord('f', { firstIntentAtMs: T0 }))).toBeUndefined();
  expect(recoveryPointAge({ ...used, result: { recovery_point_time: timeValue(T0 + 5000) } })).toBe(0);
  const many = { 'db-01': timeValue(T0 - 9000), 'web-01': timeValue(T0 - 4000) };
  expect(recoveryPointAge({ ...used, result: { recovery_points: many } })).toBe(9000);
});

test('recovery point: where the point of one machine is not known, the worst one is not', () => {
  const told = timeValue(T0 - 4000);
  const used = (result: JsonObject, produced?: readonly unknown[]) =>
    recoveryPointAge({ firstIntentAtMs: T0, result, ...(produced === undefined ? {} : { produced }) });
  expect(used({ recovery_point_time: null })).toBe('not_told');
  expect(used({ recovery_points: {} })).toBe('not_told');
  expect(used({ recovery_points: { 'db-01': told } }, ['db-01', 'web-01'])).toBe('not_told');
  expect(used({ recovery_points: { 'db-01': told, 'web-01': told } }, ['db-01', 'web-01'])).toBe(4000);
  expect(used({ recovery_points: { 'db-01': told } })).toBe(4000);
  expect(used({ other: 1 })).toBeUndefined();
  expect(judgeRpo([4000, 'not_told'], objectives)).toMatchObject({ verdict: 'not_measured', how: expect.stringContaining('1 of 2') });
});

test('the page is self-contained, escapes everything and is the same every time', () => {
  const hostile = sampleEvidence({
    steps: steps.map((step) => ({
      ...step,
      observations: [{ at: T0, what: '<script>alert(1)</script>\u001b[31m', data: { x: '"><img src=x>' } }],
    })),
  });
  const page = renderEvidenceHtml(hostile, '7.evidence.json');
  expect(page).toBe(renderEvidenceHtml(hostile, '7.evidence.json'));
  expect(page).not.toMatch(/<script|<img|<link|https?:\/\/|url\(/);
  expect(page).not.toContain('\u001b');
  expect(page).toContain('Shop &amp; &lt;drill&gt;');
  expect(page).toContain('self-approved (local)');
  expect(page).toContain('runward evidence verify 7.evidence.json');
  expect(page).toContain('<svg');
});

test('the verdict is one sentence', () => {
  expect(verdictSentence(sampleEvidence())).toBe(
    'The run succeeded · RTO 1m5s of 3m met · RPO 6m1s of 15m met · cleanup verified, nothing left',
  );
});

test('recovery point: from the declared outage, which is earlier than the request that answers it', () => {
  const used = stepRecord('f', { firstIntentAtMs: T0, result: { recovery_point_time: timeValue(T0 - 1_500_000) } });
  expect(recoveryPointAge(used, { outageAtMs: T0 - 1_200_000 })).toBe(300_000);
  expect(recoveryPointAge(used, { outageAtMs: T0 - 1_800_000 })).toBe(0);
  const how = judgeRpo([300_000], objectives, { outageAtMs: T0 }).how;
  expect(how).toBe('age of the oldest of 1 recovery point used, at the declared outage 2026-11-24T09:00:00Z');
});

test('recovery point: corrected by how far the clock that dates the points is ahead of ours', () => {
  const used = stepRecord('f', { firstIntentAtMs: T0, result: { recovery_point_time: timeValue(T0 + 595_000) } });
  expect(recoveryPointAge(used, { azureAheadMs: 600_000 })).toBe(5000);
  const answers = [600_000, 610_000, 0].map((aheadMs, index) => stepRecord(`s${index}`, { observations: [seen({ aheadMs }), seen({})] }));
  expect(azureAheadMs(answers)).toBe(600_000);
  expect(azureAheadMs([])).toBe(0);
});

test("Azure's clock: a slow answer and whole seconds are no skew; more than 30 s is told", () => {
  const times = { askedAtMs: T0 + 400, answeredAtMs: T0 + 9000 };
  expect([T0, T0 + 4000, T0 + 9000].map((dateMs) => aheadBy(dateMs, times))).toEqual([0, 0, 0]);
  expect(aheadBy(T0 + 69_000, times)).toBe(60_000);
  expect(aheadBy(T0 - 60_000, times)).toBe(-59_400);
  expect(withAhead([seen({ dateMs: T0 + 69_000 }), seen({})], times).map(({ data }) => data['aheadMs'])).toEqual([60_000, undefined]);
  expect([30_000, -30_000].map(skewText)).toEqual([undefined, undefined]);
  expect(skewText(31_000)).toContain("Azure's clock is 31s ahead of ours");
  expect(skewText(-600_000)).toContain('10m behind ours');
});

test('the outage and a clock that differs stand in the evidence, which verifies by both', () => {
  const point = { recovery_point_time: timeValue(T0 - 900_000) };
  const used = stepRecord('failover_db', { firstIntentAtMs: T0, result: point, observations: [seen({ aheadMs: 600_000 })] });
  const outageAtMs = T0 - 1_200_000;
  const given = source({
    steps: [used],
    facts: facts.map((fact) => (fact.event === 'run.created' ? { ...fact, data: { outageAt: '2026-11-24T08:40:00Z' } } : fact)),
  });
  const evidence = buildEvidence(ports, { ...given, run: { ...given.run, outageAtMs } });
  expect(evidence.run.outageAt).toBe('2026-11-24T08:40:00Z');
  expect(evidence.verdict.rpo.measuredMs).toBe(300_000);
  expect(evidence.deviations).toContainEqual({ kind: 'clock_skew', text: expect.stringContaining('10m ahead of ours') });
  expect(rpoCheck(evidence)).toMatchObject({ ok: true });
  const { outageAt: _, ...without } = evidence.run;
  expect(rpoCheck({ ...evidence, run: without })).toMatchObject({ ok: false, part: 'run.outageAt' });
});
