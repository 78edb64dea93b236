import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeMemoryStore } from '../../../adapters/memory/store.ts';
import type { Failed, ReadOutcome, Success } from '../../../engine/actions/action.ts';
import { dscTest } from '../../../engine/actions/dsc-test.ts';
import type { Verdict } from '../../../engine/dsc/verdict.ts';
import type { Store } from '../../../engine/store.ts';
import { actionContext, actionPorts, endedScript, machine, mapShell } from '../../support/action-world.ts';

const DOCUMENT = 'configurations/x.dsc.yaml';
const TEXT = `$schema: x
resources:
  - { type: Runward.Linux/Sysctl, name: k, properties: { key: net.ipv4.ip_forward, value: "0" } }
`;

const ids = { sha256: (text: string): string => createHash('sha256').update(text).digest('hex') };

function contextOf(changes: Partial<Parameters<typeof actionContext>[0]> = {}) {
  const input = dscTest.input.parse({ document: DOCUMENT });
  return actionContext({ input, target: machine(), configurations: { [DOCUMENT]: TEXT }, ...changes });
}

async function record(store: Store, context: ReturnType<typeof contextOf>, outcome: Success | Failed, nowMs: number): Promise<void> {
  const around = { runbook: 'drift-check', environment: 'production', nowMs };
  await dscTest.record?.({ store, ids } as never, { ...context, ...around } as never, outcome);
}

const compliant: Success = {
  kind: 'succeeded',
  result: {},
  check: {
    evidence: '{}',
    verdict: {
      id: `sha256:${'a'.repeat(64)}`,
      status: 'compliant',
      drifted: 0,
      unknown: 0,
      maxSeverity: 'none',
      inputs: { document: 'sha256:d', evidence: `sha256:${'b'.repeat(64)}`, engine: '1.0.0' },
      resources: [],
    },
  },
};

describe('dsc.test@1', () => {
  it.each([
    ['no machine', { target: undefined }, 'target', 'needs a machine'],
    ['Windows', { target: machine({ os: 'windows' }) }, 'target', 'Windows'],
    ['a document that the plan does not hold', { configurations: {} }, 'stale_plan', 'is not part of this plan'],
    ['a document with errors', { configurations: { [DOCUMENT]: 'resources: 1\n' } }, 'stale_plan', 'has errors'],
  ])('fails for %s without asking anybody', async (_name, changes, kind, message) => {
    const outcome = await dscTest.read(actionPorts({}), contextOf(changes) as never);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind, message: expect.stringContaining(message) as string } });
  });

  it('fails for a machine that refuses the script, and asks again where the answer is not there yet', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    shell.answers.push({ kind: 'refused', message: 'the machine does not run' });
    const refused = await dscTest.read(actionPorts({ shell }), contextOf() as never);
    expect(refused).toMatchObject({ kind: 'failed', failure: { kind: 'unreachable', message: 'the machine does not run' } });
    expect((await dscTest.read(actionPorts({ shell }), contextOf() as never)).kind).toBe('unanswered');
  });

  it('adopts the script of an earlier look, tries a broken answer again in its own name, and leaves nothing behind', async () => {
    const shell = mapShell(() => endedScript(0, 'nothing that we know\n'));
    const context = contextOf();
    const outcome: ReadOutcome = await dscTest.read(actionPorts({ shell }), context as never);
    expect(outcome).toMatchObject({ kind: 'failed', result: { status: 'unknown', unknown: 1, drifted: 0 } });
    expect(shell.started.map(({ name }) => name)).toEqual([`rw-${context.stepKey}-1-p1`, `rw-${context.stepKey}-1-p2`]);
    expect(shell.states.size).toBe(0);
  });

  it('does not fail for an unknown that its author accepts, and does not call it compliant', async () => {
    const shell = mapShell(() => endedScript(0, ''));
    const input = dscTest.input.parse({ document: DOCUMENT, fail_on: [] });
    const outcome = await dscTest.read(actionPorts({ shell }), contextOf({ input }) as never);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { status: 'unknown' } });
  });
});

describe('the parameters of a check', () => {
  const text = `${TEXT.replace('value: "0"', `value: "[string(parameters('forward'))]"`)}parameters: { forward: { type: int, minValue: 0, maxValue: 1 } }\n`;
  const withParameters = (parameters: object) =>
    contextOf({ input: dscTest.input.parse({ document: DOCUMENT, parameters }), configurations: { [DOCUMENT]: text } });

  it('are refused before anybody is asked, without a word of their values', async () => {
    const outcome = await dscTest.read(actionPorts({}), withParameters({ forward: 4711, colour: 'hidden' }) as never);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'expression' } });
    expect(JSON.stringify(outcome)).toContain('parameter forward must be at most 1; parameter colour the document has no such parameter');
    expect(JSON.stringify(outcome)).not.toMatch(/4711|hidden/);
  });

  it('are named by verdict and evidence, and keep two questions about one machine apart', async () => {
    const store = makeMemoryStore({ nowMs: () => 1 });
    const shell = mapShell(() => endedScript(0, ''));
    for (const forward of [0, 1, 0]) {
      const context = withParameters({ forward });
      const outcome = await dscTest.read(actionPorts({ shell }), context as never);
      if (outcome.kind === 'unanswered') throw new Error('the machine of this test answers at once');
      const verdict = outcome.check?.['verdict'] as unknown as Verdict | undefined;
      expect(verdict?.inputs.parameters).toBe(`sha256:${ids.sha256(`{"forward":${forward}}`)}`);
      expect(JSON.parse(outcome.check?.['evidence'] as string)).toMatchObject({ parameters: verdict?.inputs.parameters });
      await record(store, context, outcome, 1000 + forward);
    }
    const kept = (await store.listDrift()).map(({ parameters, checks }) => `${JSON.stringify(parameters)} ${checks.length}`);
    expect(kept.toSorted()).toEqual(['{"forward":0} 2', '{"forward":1} 1']);
  });
});

describe('the record of a check', () => {
  it('keeps verdict and evidence, and a machine that cannot be reached loses its green', async () => {
    const store = makeMemoryStore({ nowMs: () => 1 });
    await record(store, contextOf(), compliant, 1000);
    const [first] = await store.listDrift();
    expect(first).toMatchObject({ status: 'compliant', document: DOCUMENT, target: { name: 'web1', environment: 'production' }, rev: 1 });
    expect(await store.readDriftText('b'.repeat(64))).toBe('{}');

    const lost: Failed = { kind: 'failed', failure: { kind: 'timed_out', message: 'no answer in time' } };
    await record(store, contextOf(), lost, 2000);
    const [second] = await store.listDrift();
    expect(second).toMatchObject({ status: 'unknown', sinceMs: 2000, lastCompliantAtMs: 1000, rev: 2 });
    expect(second?.checks.at(-1)).toMatchObject({ status: 'unknown', message: 'no answer in time' });
  });

  it('tries again over what another writer has stored meanwhile, and loses neither check', async () => {
    const store = makeMemoryStore({ nowMs: () => 1 });
    await Promise.all(Array.from({ length: 5 }, (_, index) => record(store, contextOf(), compliant, 1000 + index)));
    const [kept] = await store.listDrift();
    expect(kept?.checks).toHaveLength(5);
    expect(kept?.rev).toBe(5);
  });
});
