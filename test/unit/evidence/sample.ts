import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { AuditFact } from '../../../engine/audit/chain.ts';
import { chainFacts, EMPTY_HEAD } from '../../../engine/audit/chain.ts';
import { buildEvidence } from '../../../engine/evidence/bundle.ts';
import type { EvidenceSource } from '../../../engine/evidence/bundle.ts';
import type { Evidence } from '../../../engine/evidence/document.ts';
import type { Crypto } from '../../../engine/evidence/verify.ts';
import type { RunId, StepKey } from '../../../engine/ids.ts';
import { canonicalJson } from '../../../engine/json.ts';
import type { Step } from '../../../engine/language/runbook.ts';
import type { Plan } from '../../../engine/plan/plan-record.ts';
import type { Ports } from '../../../engine/ports.ts';
import type { Principal, StepRecord } from '../../../engine/run/record.ts';
import { timeValue } from '../../../engine/values.ts';

/** 2026-11-24T09:00:00Z. */
export const T0 = 1_795_510_800_000;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const pair = generateKeyPairSync('ed25519');
export const publicKey = String(pair.publicKey.export({ type: 'spki', format: 'pem' }));

/** A key that signed nothing. */
export const strangerKey = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));

export const crypto: Crypto = {
  sha256,
  verify: (pem, text, value) => {
    try {
      const bytes = Buffer.from(value, 'base64');
      return bytes.toString('base64') === value && verify(null, Buffer.from(text), pem, bytes);
    } catch {
      return false;
    }
  },
  keyId: (pem) => {
    try {
      return sha256(String(createPublicKey(pem).export({ type: 'spki', format: 'pem' }))).slice(0, 16);
    } catch {
      return undefined;
    }
  },
};

const keyId = crypto.keyId(publicKey) ?? '';

export const ports: Pick<Ports, 'ids' | 'signer'> = {
  ids: {
    newRunId: () => '0198c0de-0000-7000-8000-000000000001' as RunId,
    newToken: () => 'token',
    uuid5: (...parts) => `uuid5:${parts.join(',')}`,
    sha256,
  },
  signer: { sign: (text) => ({ keyId, value: sign(null, Buffer.from(text), pair.privateKey).toString('base64') }), verify: () => true },
};

export const alice: Principal = { id: 'local', name: 'local', kind: 'local', groups: [] };

/** A step of the sample's runbook: only what evidence reads is filled in. */
export function runbookStep(id: string): Step {
  return {
    id,
    name: id,
    body: { kind: 'uses', action: 'http.check@1', with: {} },
    needs: [],
    onFailure: 'stop',
    at: { line: 1, column: 1 },
  };
}

/** A succeeded step record at a path; `fields` replace what the story needs otherwise. */
export function stepRecord(path: string, fields: Partial<StepRecord> = {}): StepRecord {
  const stepId = path.replace(/^(readiness|finally)\//, '').replace(/\[.*$/, '');
  return {
    path,
    stepId,
    node: 'leaf',
    key: `key-${path}` as StepKey,
    state: 'succeeded',
    rev: 3,
    generation: 0,
    attempt: 1,
    send: 0,
    observations: [],
    ...fields,
  };
}

const effect = (path: string, itemKey: string, atMs: number): StepRecord =>
  stepRecord(path, {
    itemKey,
    effect: 'guarded',
    send: 1,
    createdAtMs: atMs,
    firstAttemptAtMs: atMs,
    intentAtMs: atMs + 100,
    firstIntentAtMs: atMs + 100,
    submittedAtMs: atMs + 400,
    endedAtMs: atMs + 60_000,
    handle: { jobId: `job-${itemKey}` },
    result: { recovery_point_time: timeValue(atMs - 360_000) },
    observations: [{ at: atMs + 60_000, what: 'replication item', data: { testFailoverState: 'WaitingForCompletion' } }],
  });

export const steps: readonly StepRecord[] = [
  stepRecord('readiness/replication', { effect: 'read', createdAtMs: T0, firstAttemptAtMs: T0, endedAtMs: T0 + 1000 }),
  stepRecord('approve', {
    node: 'person',
    createdAtMs: T0 + 1000,
    endedAtMs: T0 + 5000,
    message: '2 machines into <vnet-drill>',
    decisions: [{ by: alice, answer: 'approve', atMs: T0 + 5000, self: true }],
  }),
  stepRecord('failover_db', { node: 'fan_out', createdAtMs: T0 + 5000, firstAttemptAtMs: T0 + 5000, endedAtMs: T0 + 66_000 }),
  effect('failover_db[db-01]', 'db-01', T0 + 5000),
  effect('failover_db[db-02]', 'db-02', T0 + 6000),
  stepRecord('verify_shop', { effect: 'read', createdAtMs: T0 + 66_000, firstAttemptAtMs: T0 + 66_000, endedAtMs: T0 + 70_000 }),
  stepRecord('finally/cleanup', {
    effect: 'guarded',
    send: 1,
    createdAtMs: T0 + 70_000,
    intentAtMs: T0 + 70_100,
    submittedAtMs: T0 + 70_500,
    endedAtMs: T0 + 90_000,
  }),
];

export const plan: Plan = {
  schema: 1,
  engine: '0.1.0',
  runbookDigest: 'd'.repeat(64),
  runbookPath: 'runbooks/shop-drill.yaml',
  definition: {
    name: 'shop-drill',
    title: 'Shop & <drill>',
    owner: 'team-shop',
    labels: {},
    links: [],
    purposes: ['drill'],
    environment: 'test',
    timeoutMs: 3_600_000,
    finallyTimeoutMs: 3_600_000,
    inputs: {},
    vars: {},
    targets: {},
    objectives: { rtoMs: 180_000, rpoMs: 900_000, clock: { start: 'failover_db', stop: 'verify_shop', count: 'wall' } },
    steps: ['approve', 'failover_db', 'verify_shop'].map(runbookStep),
    finally: [runbookStep('cleanup')],
    outputs: {},
    manual: true,
    schedules: [],
    notify: [],
  },
  purpose: 'drill',
  environment: 'test',
  inputs: {},
  vars: {},
  sets: {},
  rows: [],
  severity: 'moderate',
  actions: {},
  documents: {},
  simulatedScale: 60,
  notes: [],
};

export const facts: readonly AuditFact[] = [
  { at: T0, actor: 'local', event: 'run.created', data: {} },
  {
    at: T0 + 5100,
    actor: 'worker a',
    event: 'step.intent_written',
    data: { path: 'failover_db[db-01]', stepKey: 'key-failover_db[db-01]' },
  },
  {
    at: T0 + 6100,
    actor: 'worker b',
    event: 'step.intent_written',
    data: { path: 'failover_db[db-02]', stepKey: 'key-failover_db[db-02]' },
  },
  { at: T0 + 70_100, actor: 'worker b', event: 'step.intent_written', data: { path: 'finally/cleanup', stepKey: 'key-finally/cleanup' } },
];

/** The source of the sample; parts can be replaced to tell another story. */
export function source(
  change: { readonly steps?: readonly StepRecord[]; readonly facts?: readonly AuditFact[]; readonly plan?: Plan } = {},
): EvidenceSource {
  const planText = canonicalJson(change.plan ?? plan);
  const audit = chainFacts(sha256, { seq: 0, hash: EMPTY_HEAD }, change.facts ?? facts);
  return {
    run: {
      runId: '0198c0de-0000-7000-8000-000000000001' as RunId,
      schema: 1,
      state: 'succeeded',
      version: 9,
      epoch: '2',
      claim: 'c',
      worker: 'b',
      leaseUntilMs: 0,
      wakeAtMs: 0,
      strikes: 0,
      inboxPosition: 0,
      auditSeq: audit.length,
      auditHead: audit.at(-1)?.hash ?? EMPTY_HEAD,
      eventSeq: 1,
      number: 7,
      runbook: 'shop-drill',
      title: 'Shop & <drill>',
      purpose: 'drill',
      environment: 'test',
      planHash: sha256(planText),
      requester: alice,
      trigger: 'cli',
      phase: 'finally',
      outcome: 'succeeded',
      createdAtMs: T0,
      startedAtMs: T0,
      endedAtMs: T0 + 90_000,
      clock: { startedAtMs: T0 + 5000, stoppedAtMs: T0 + 70_000, waitedMs: 0 },
      rpoMs: 360_100,
      tier: 'gold',
      simulatedScale: 60,
      selfApproved: true,
    },
    steps: change.steps ?? steps,
    plan: change.plan ?? plan,
    storedPlan: { text: planText, hash: sha256(planText), signature: { keyId, value: 'AA==' } },
    events: [{ seq: 1, atMs: T0, type: 'runward.run.started', data: {} }],
    audit,
    exportedAtMs: T0 + 100_000,
    serverVersion: '0.1.0',
    key: { id: keyId, publicKey },
  };
}

/** The sample as a signed document. */
export function sampleEvidence(change: Parameters<typeof source>[0] = {}): Evidence {
  return buildEvidence(ports, source(change));
}
