import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createShell } from '../../adapters/shell/router.ts';
import { createSshShell, type SshShell } from '../../adapters/shell/ssh.ts';
import type { EffectAction } from '../../engine/actions/action.ts';
import { scriptAction } from '../../engine/actions/script-run.ts';
import { actionContext, actionPorts } from '../support/action-world.ts';
import { lacks } from '../support/lacks.ts';
import { startTestSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

describe.skipIf(lacks('sshd'))('a run step over SSH', () => {
  let sshd: TestSshd;
  const shells: SshShell[] = [];
  /** The ports of a worker of its own: with another connection and nothing in memory. */
  const worker = () => {
    const ssh = createSshShell({ knownHostsFile: sshd.knownHostsFile, secrets: sshd.secrets });
    shells.push(ssh);
    return actionPorts({ shell: createShell({ ssh }) });
  };
  const context = (effect: 'read' | 'guarded', script: string, doneWhen?: string) =>
    actionContext({
      target: sshd.target,
      input: { shell: 'sh', script, env: {}, secrets: {}, timeoutMs: 60_000, effect, ...(doneWhen === undefined ? {} : { doneWhen }) },
    }) as never;

  beforeAll(async () => {
    sshd = await startTestSshd();
  });
  afterAll(async () => {
    for (const shell of shells) shell.close();
    await sshd.stop();
  });

  it('is followed to its end by the worker that takes over, and leaves nothing behind', async () => {
    const [file, gate] = [join(sshd.home, 'effects'), join(sshd.home, 'gate')];
    const step = context(
      'read',
      `echo once >> ${file}; while [ ! -e ${gate} ]; do sleep 0.1; done; echo "$RUNWARD_STEP on $RUNWARD_TARGET"`,
    );
    const action = scriptAction('read', 'ssh') as EffectAction;
    const sent = await action.submit(worker(), step);
    expect(sent.kind, JSON.stringify(sent)).toBe('accepted');

    const heir = worker();
    const found = await action.find(heir, step);
    expect(found.kind).toBe('found');
    writeFileSync(gate, '');
    const handle = found.kind === 'found' ? found.handle : {};
    let poll = await action.poll(heir, step, handle);
    while (poll.kind === 'running') poll = await action.poll(heir, step, handle);
    expect(poll).toEqual({ kind: 'ended_well', result: { exit_code: 0 } });
    expect(await action.verify(heir, step, { exit_code: 0 })).toMatchObject({ kind: 'succeeded', result: { stdout: 'check on db1\n' } });
    await action.cleanup?.(heir, step);
    expect(readFileSync(file, 'utf8')).toBe('once\n');
    expect(readdirSync(join(sshd.home, '.runward', 'attempts'))).toEqual([]);
  });

  it('is stopped with its run, and what it traps has its say', async () => {
    const ready = join(sshd.home, 'ready');
    const step = context('read', `trap 'echo put back; exit 7' TERM; touch ${ready}; while :; do sleep 0.1; done`);
    const action = scriptAction('read', 'ssh') as EffectAction;
    const ports = worker();
    await action.submit(ports, step);
    await until(async () => existsSync(ready));
    await action.stop?.(ports, step);
    const stopped = { ...(step as object), stopAsked: true } as never;
    let poll = await action.poll(ports, stopped, {});
    while (poll.kind === 'running') poll = await action.poll(ports, stopped, {});
    expect(poll).toMatchObject({ kind: 'failed', failure: { exitCode: 7 }, result: { stdout: 'put back\n' } });
    await action.cleanup?.(ports, step);
  });

  it('does nothing when its machine is already as it should be', async () => {
    const marker = join(sshd.home, 'done');
    const step = context('guarded', `touch ${marker}`, `[ -e ${marker} ]`);
    const action = scriptAction('guarded', 'ssh') as EffectAction;
    const ports = worker();
    const answer = async () => {
      let outcome = await action.precheck(ports, step);
      while (outcome.kind === 'unanswered') outcome = await action.precheck(ports, step);
      return outcome;
    };
    expect(await answer()).toEqual({ kind: 'proceed' });
    expect(existsSync(marker)).toBe(false);
    writeFileSync(marker, '');
    expect(await answer()).toMatchObject({ kind: 'succeeded', result: { changed: false } });
  });
});
