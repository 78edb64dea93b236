import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderEvidence, signedStatement, digestParts } from '../../../engine/evidence/parts.ts';
import type { Verification } from '../../../engine/evidence/verify.ts';
import { verifyEvidence } from '../../../engine/evidence/verify.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { crypto, facts, ports, publicKey, sampleEvidence, sha256, steps, strangerKey, T0 } from './sample.ts';

const SEED = Number(process.env['SEED'] ?? 4711);
const text = renderEvidence(sampleEvidence());

const failedChecks = (verification: Verification): readonly string[] =>
  verification.checks.filter((check) => !check.ok).map((check) => check.name);

// A liar with a key of his own: changes what he likes and signs again.
function resigned(change: (document: JsonObject) => JsonObject): string {
  const { manifest: _manifest, signature: _signature, ...content } = change(JSON.parse(text) as JsonObject);
  const signed = { ...content, manifest: digestParts(sha256, content) } as unknown as JsonObject;
  return renderEvidence({ ...signed, signature: ports.signer.sign(signedStatement(signed)) });
}

test('untouched evidence verifies, and says that only the key inside the file was used', () => {
  const verification = verifyEvidence(crypto, text);
  expect(failedChecks(verification)).toEqual([]);
  expect(verification.ok).toBe(true);
  expect(verification.checks.find((check) => check.name === 'key')?.detail).toContain('not who signed');
  expect(verification.checks.map((check) => check.name)).toEqual([
    'layout',
    'key',
    'signature',
    'parts',
    'plan',
    'audit',
    'intents',
    'rto',
    'rpo',
    'outcome',
  ]);
});

test('verification with an independent key says so, and a stranger key is refused', () => {
  expect(verifyEvidence(crypto, text, publicKey).checks[1]?.detail).toContain('the given key');
  const refused = verifyEvidence(crypto, text, strangerKey);
  expect(refused.ok).toBe(false);
  expect(refused.firstWrong).toBe('key');
});

test('a changed observation is named with its step', () => {
  const verification = verifyEvidence(crypto, text.replace('WaitingForCompletion', 'WaitingForCompletioN'));
  expect(verification.firstWrong).toBe('steps[failover_db[db-01]].observations');
  expect(failedChecks(verification)).toEqual(['parts']);
});

test('a removed step is named', () => {
  const document = JSON.parse(text) as { steps: JsonObject[] };
  document.steps.splice(4, 1);
  expect(verifyEvidence(crypto, renderEvidence(document)).firstWrong).toBe('steps');
});

test('a doubled member that other readers would see is refused', () => {
  const doubled = text.replace('"kind": "Evidence",', '"kind": "Evidence",\n  "verdict": {},');
  const verification = verifyEvidence(crypto, doubled);
  expect(failedChecks(verification)).toEqual(['layout']);
});

test(`one changed byte anywhere is found and its part is named (seed ${SEED})`, () => {
  const bytes = Buffer.from(text);
  const property = fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ flip;
    const verification = verifyEvidence(crypto, changed.toString('utf8'));
    expect(verification.ok).toBe(false);
    expect(verification.firstWrong).not.toBe('');
  });
  fc.assert(property, { seed: SEED, numRuns: 1500 });
});

test(`a changed value is named by the member that holds it (seed ${SEED})`, () => {
  const lines = text.split('\n');
  const valueLines = lines.flatMap((line, at) => (/: "[a-z][a-z_]{3,}",?$/.test(line) ? [at] : []));
  const property = fc.property(fc.constantFrom(...valueLines), (at) => {
    const changed = lines.map((line, index) => (index === at ? line.replace(/: "[a-z]/, ': "Q') : line));
    const top = lines.slice(0, at + 1).findLast((line) => /^ {2}"/.test(line)) ?? '';
    const member = /"(\w+)"/.exec(top)?.[1] ?? '';
    const { firstWrong } = verifyEvidence(crypto, changed.join('\n'));
    if (['manifest', 'key', 'signature', 'server'].includes(member)) expect(firstWrong).toMatch(/manifest|key|signature/);
    else expect(firstWrong?.startsWith(member)).toBe(true);
  });
  fc.assert(property, { seed: SEED, numRuns: 200 });
});

test('verdicts are computed again: a prettier RTO under a valid signature is found', () => {
  const lie = resigned((document) => {
    const verdict = document['verdict'] as JsonObject;
    return { ...document, verdict: { ...verdict, rto: { ...(verdict['rto'] as JsonObject), measuredMs: 1000 } } };
  });
  const verification = verifyEvidence(crypto, lie);
  expect(failedChecks(verification)).toEqual(['rto']);
  expect(verification.firstWrong).toBe('verdict.rto');
});

test('a clock that did not start with its step is found', () => {
  const lie = resigned((document) => {
    const run = document['run'] as JsonObject;
    return { ...document, run: { ...run, clock: { ...(run['clock'] as JsonObject), startedAt: '2026-11-24T09:00:50Z' } } };
  });
  expect(verifyEvidence(crypto, lie).firstWrong).toBe('run.clock');
});

test('a clock whose step was held back, by a window or the death of a worker, started with its first attempt', () => {
  const held = steps.map((step) => (step.stepId === 'failover_db' ? { ...step, createdAtMs: T0 + 1000 } : step));
  expect(failedChecks(verifyEvidence(crypto, renderEvidence(sampleEvidence({ steps: held }))))).toEqual([]);
});

test('an RPO that the recovery points do not give is found', () => {
  const lie = resigned((document) => {
    const verdict = document['verdict'] as JsonObject;
    return { ...document, verdict: { ...verdict, rpo: { ...(verdict['rpo'] as JsonObject), measuredMs: 5 } } };
  });
  expect(failedChecks(verifyEvidence(crypto, lie))).toEqual(['rpo']);
});

test('an effect that the audit does not announce, or announces too late, is found', () => {
  const silent = sampleEvidence({ facts: facts.filter((fact) => fact.data['path'] !== 'failover_db[db-02]') });
  expect(verifyEvidence(crypto, renderEvidence(silent)).firstWrong).toBe('steps[failover_db[db-02]]');
  const late = sampleEvidence({
    facts: facts.map((fact) => (fact.data['path'] === 'finally/cleanup' ? { ...fact, at: T0 + 80_000 } : fact)),
  });
  expect(verifyEvidence(crypto, renderEvidence(late)).firstWrong).toBe('steps[finally/cleanup]');
});

test('an effect without any intent is found', () => {
  const sly = steps.map((step) => {
    const { intentAtMs, ...rest } = step;
    return step.itemKey === 'db-01' || intentAtMs === undefined ? rest : step;
  });
  const without = sampleEvidence({ steps: sly, facts: facts.filter((fact) => fact.data['path'] !== 'failover_db[db-01]') });
  expect(verifyEvidence(crypto, renderEvidence(without)).firstWrong).toBe('steps[failover_db[db-01]]');
});

test('a run that counts as succeeded with a failed step is found', () => {
  const bad = sampleEvidence({ steps: steps.map((step) => (step.path === 'readiness/replication' ? { ...step, state: 'failed' } : step)) });
  expect(failedChecks(verifyEvidence(crypto, renderEvidence(bad)))).toEqual(['outcome']);
});

test('a run that succeeded with a failed step that was recovered verifies, and so does what failed inside that step', () => {
  const [first] = steps;
  if (first === undefined) throw new Error('the sample has steps');
  const changed = (verdict: 'recovered' | 'timed_out') => {
    const scope = { ...first, path: 'tidy', stepId: 'tidy', state: 'failed', verdict } as const;
    const inside = { ...first, path: 'tidy/files', stepId: 'files', state: 'failed' } as const;
    return verifyEvidence(crypto, renderEvidence(sampleEvidence({ steps: [...steps, scope, inside] })));
  };
  expect(failedChecks(changed('recovered'))).toEqual([]);
  expect(failedChecks(changed('timed_out'))).toEqual(['outcome']);
});

test('a truncated audit and a changed plan are found under a valid signature', () => {
  const cut = resigned((document) => {
    const audit = document['audit'] as { readonly head: string; readonly entries: readonly JsonObject[] };
    return { ...document, audit: { head: audit.head, entries: audit.entries.slice(0, -1) } };
  });
  expect(failedChecks(verifyEvidence(crypto, cut))).toContain('audit');
  const replanned = resigned((document) => ({ ...document, plan: { ...(document['plan'] as JsonObject), text: '{}' } }));
  expect(failedChecks(verifyEvidence(crypto, replanned))).toContain('plan');
});

test.each(['', '[]', 'null', '{}', '{"steps":3}', '{"steps":[null],"manifest":7,"key":null,"signature":null}'])(
  '%s is refused without an exception',
  (junk) => {
    expect(verifyEvidence(crypto, junk).ok).toBe(false);
  },
);
