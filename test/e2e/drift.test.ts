import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriftRow } from '../../cli/drift.ts';
import { projectRoot } from '../../cli/project-root.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { type Ended, runward as runwardOf } from '../support/command-line.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

// The shipped runbook over the shipped estate: real processes, real Redis, real Run Command, a shell on every simulated machine.
describe.skipIf(lacks('redis-server'))('a drift check of the fleet', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ scale: 60, leaseMs: 10_000 });
    await stack.startWorker();
  });
  afterAll(async () => await stack.stop());

  const runward = (...words: readonly string[]): Promise<Ended> =>
    runwardOf(words, projectRoot(), { RUNWARD_SERVER: stack.client.baseUrl, LANG: 'C.UTF-8' });

  it('finds the two machines that drifted and the one that nobody can tell, and calls no other compliant than the nine that are', async () => {
    const started = await stack.client.post<RunSummary>('/runs', { runbook: 'drift-check', inputs: {}, reason: 'test' }, randomUUID());
    const ended = await stack.ended(started.id, 120_000);
    expect(ended.status).toBe('partially_failed');

    const { items } = await stack.client.get<{ readonly items: readonly DriftRow[] }>(`/drift?run=${started.id}`);
    const by = (status: string): readonly string[] => items.filter((row) => row.status === status).map((row) => row.target);
    expect(by('drifted')).toEqual(['app-03', 'batch-01']);
    expect(by('unknown')).toEqual(['jump-01']);
    expect(by('compliant')).toHaveLength(9);

    const [app] = items.filter((row) => row.target === 'app-03');
    const shown = await stack.client.get<{ readonly differences: readonly object[] }>(`/drift/targets/${app?.key ?? ''}`);
    expect(shown.differences).toEqual([
      expect.objectContaining({
        resource: 'Runward.Linux/Sysctl:forwarding',
        path: '/value',
        desired: '0',
        actual: '1',
        code: 'sysctl:value:changed',
        class: 'initial',
      }),
    ]);
    const evidence = await stack.client.get<{ readonly sealed: boolean }>(`/drift/evidence/${app?.evidence ?? ''}`);
    expect(evidence.sealed).toBe(true);
  });

  it('is a command whose exit code says that something is not known, and shows one machine with its difference', async () => {
    const checked = await runward('drift', 'check');
    expect(checked.stderr).toContain('12 targets: 9 compliant, 2 drifted, 1 unknown. Unknown is not compliant.');
    expect(checked.exit).toBe(1);

    const status = await runward('drift', 'status', '-o', 'name');
    expect(status).toMatchObject({ exit: 0 });
    expect(status.stdout.trim().split('\n')).toHaveLength(12);

    const shown = await runward('drift', 'show', 'app-03', '--exit-code');
    expect(shown.exit).toBe(3);
    expect(shown.stdout).toContain('desired "0"');
    expect(shown.stdout).toContain('persisting');
  });
});
