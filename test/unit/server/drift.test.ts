import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriftRecord } from '../../../engine/dsc/drift-record.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld } from './server-world.ts';

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  await world.ports.store.writeDrift(recordOf('a', 'production'));
  await world.ports.store.writeDrift(recordOf('b', 'test'));
  await world.ports.store.putDriftText('c'.repeat(64), '{"kind":"Verdict"}', 60_000);
});

afterEach(() => world.close());

describe('the drift of machines', () => {
  it('is listed, shown with its differences, and leads to its verdict', async () => {
    const token = await world.token('ada', ['viewer']);
    const list = await world.call('GET', '/api/v1/drift', { token });
    expect(list.body.items).toHaveLength(2);
    expect(list.body.items[0]).toMatchObject({ target: 'a-01', status: 'drifted', drifted: 1, class: 'unauthorised', run: 'run-a' });
    expect((await world.call('GET', '/api/v1/drift?run=run-b', { token })).body.items).toHaveLength(1);

    const shown = await world.call('GET', `/api/v1/drift/targets/${'a'.repeat(64)}`, { token });
    expect(shown.body.differences).toEqual([
      expect.objectContaining({ path: '/value', desired: '0', actual: '1', class: 'unauthorised', firstSeen: '1970-01-01T00:00:01Z' }),
    ]);
    expect((await world.call('GET', `/api/v1/drift/verdicts/${'c'.repeat(64)}`, { token })).body).toEqual({ kind: 'Verdict' });
    expect((await world.call('GET', `/api/v1/drift/verdicts/${'d'.repeat(64)}`, { token })).status).toBe(404);
  });

  it('is not there for somebody whose rights end at another environment, nor is what it leads to', async () => {
    const token = await world.token('eve', ['viewer'], { scope: { environment: 'test', runbook: '*' } });
    expect((await world.call('GET', '/api/v1/drift', { token })).body.items.map(({ target }: { target: string }) => target)).toEqual([
      'b-01',
    ]);
    expect((await world.call('GET', `/api/v1/drift/targets/${'a'.repeat(64)}`, { token })).body.code).toBe('NOT_FOUND_DRIFT');
    expect((await world.call('GET', `/api/v1/drift/verdicts/${'c'.repeat(64)}`, { token })).status).toBe(404);
  });
});

describe('a configuration document', () => {
  const file = { path: 'configurations/x.dsc.yaml', text: '$schema: x\nresources: []\n' };
  const publish = async (token: string) => await world.call('PUT', '/api/v1/runbooks', { token, body: { files: [file] } });

  it('is published only by somebody who may publish everything, because every runbook can use it', async () => {
    const some = await world.token('eve', ['author'], { scope: { environment: 'test', runbook: '*' } });
    expect((await publish(some)).body.code).toBe('ACCESS_DENIED');
    const all = await world.token('ada', ['author']);
    expect((await publish(all)).status).toBe(200);
    expect((await world.context.projects.current()).configurations.has(file.path)).toBe(true);
  });

  it('with a part that is not evaluated is refused with the place of it', async () => {
    const token = await world.token('ada', ['author']);
    const text = '$schema: x\noutputs: {}\nresources: []\n';
    const { status, body } = await world.call('PUT', '/api/v1/runbooks', { token, body: { files: [{ ...file, text }] } });
    expect([status, body.findings[0]]).toEqual([422, expect.objectContaining({ code: 'RW-DSC-101', line: 2, column: 1, file: file.path })]);
  });
});

function recordOf(letter: string, environment: string): DriftRecord {
  return {
    schema: 1,
    key: letter.repeat(64),
    rev: 1,
    document: 'configurations/x.dsc.yaml',
    target: { name: `${letter}-01`, id: `${letter}-01`, environment },
    status: 'drifted',
    sinceMs: 1000,
    known: [
      {
        id: 'Runward.Linux/Sysctl:k',
        path: '/value',
        drifted: true,
        desired: '0',
        actual: '1',
        engine: '0.1.0',
        class: 'unauthorised',
        firstSeenMs: 1000,
        code: 'sysctl:value:changed',
        phrase: 'value is 1, desired 0',
        severity: 'high',
      },
    ],
    unobserved: [],
    resolved: [],
    checks: [
      {
        check: 'k.1',
        runId: `run-${letter}`,
        runbook: 'drift-check',
        stepPath: 'baseline',
        atMs: 1000,
        status: 'drifted',
        drifted: 1,
        unknown: 0,
        severity: 'high',
        class: 'unauthorised',
        ...(letter === 'a' ? { verdict: 'c'.repeat(64) } : {}),
      },
    ],
  };
}
