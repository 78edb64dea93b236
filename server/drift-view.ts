import { openDrift } from '../engine/dsc/classify.ts';
import type { DriftRecord } from '../engine/dsc/drift-record.ts';
import { formatInstant } from '../engine/language/instant.ts';

/** A record as one line of the list. */
export function driftRowOf(record: DriftRecord) {
  const last = record.checks.at(-1);
  const atMs = last?.atMs ?? record.sinceMs;
  return {
    key: record.key,
    target: record.target.name,
    targetId: record.target.id,
    environment: record.target.environment,
    document: record.document,
    ...(record.parameters === undefined ? {} : { parameters: record.parameters }),
    status: record.status,
    since: formatInstant(record.sinceMs),
    checkedAt: formatInstant(atMs),
    run: last?.runId ?? '',
    runbook: last?.runbook ?? '',
    drifted: last?.drifted ?? 0,
    unknown: last?.unknown ?? 0,
    severity: last?.severity ?? ('none' as const),
    ...(last?.class === undefined ? {} : { class: last.class }),
    ...(record.lastCompliantAtMs === undefined ? {} : { lastCompliantAt: formatInstant(record.lastCompliantAtMs) }),
    ...(last?.verdict === undefined ? {} : { verdict: last.verdict }),
    ...(last?.evidence === undefined ? {} : { evidence: last.evidence }),
    ...(last?.message === undefined ? {} : { message: last.message }),
  };
}

/** A record with its differences and its history, newest check first. */
export function driftTargetOf(record: DriftRecord) {
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'DriftTarget' as const,
    ...driftRowOf(record),
    differences: openDrift(record).map(differenceOf),
    unobserved: record.unobserved.map(({ id, ...rest }) => ({ resource: id, ...rest })),
    resolved: record.resolved.toReversed().map(({ id, firstSeenMs, atMs, ...rest }) => ({
      resource: id,
      ...rest,
      firstSeen: formatInstant(firstSeenMs),
      at: formatInstant(atMs),
    })),
    checks: record.checks.toReversed().map(checkOf),
  };
}

function differenceOf(property: DriftRecord['known'][number]) {
  const { id, path, desired, actual, code, phrase, severity, cause, documentChanged } = property;
  return {
    resource: id,
    path,
    desired,
    ...(actual === undefined ? {} : { actual }),
    code,
    phrase,
    severity,
    class: property.class ?? ('initial' as const),
    ...(cause === undefined ? {} : { cause }),
    ...(documentChanged === undefined ? {} : { documentChanged }),
    persisting: property.persisting ?? false,
    firstSeen: formatInstant(property.firstSeenMs ?? 0),
  };
}

function checkOf(check: DriftRecord['checks'][number]) {
  const { atMs, runId, runbook, stepPath, status, drifted, unknown } = check;
  return {
    at: formatInstant(atMs),
    run: runId,
    runbook,
    step: stepPath,
    status,
    drifted,
    unknown,
    ...(check.class === undefined ? {} : { class: check.class }),
    ...(check.verdict === undefined ? {} : { verdict: check.verdict }),
    ...(check.message === undefined ? {} : { message: check.message }),
  };
}
