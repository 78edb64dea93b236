import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../adapters/system/clock.ts';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import { DROPPED } from '../../engine/actions/action.ts';
import { askScript } from '../../engine/actions/script-attempt.ts';
import { anAttempt, runToEnd, untilSettled } from '../support/attempts.ts';
import { until } from '../support/until.ts';

const signal = new AbortController().signal;

describe('scripts on the worker', () => {
  let shell: LocalShell;

  beforeEach(() => {
    shell = createLocalShell(50);
  });
  afterEach(() => shell.close());

  it('gives output and exit code', async () => {
    const ended = await runToEnd(shell, undefined, anAttempt('echo out; echo err >&2; exit 3'));
    expect(ended).toEqual({ kind: 'ended', exitCode: 3, stdout: 'out\n', stderr: 'err\n', truncated: false, timedOut: false });
  });

  it('keeps the environment of the worker to itself', async () => {
    process.env['RUNWARD_TEST_ONLY'] = 'of the worker';
    const hostile = `'; $(id) \\ \n\n`;
    const { stdout } = await runToEnd(shell, undefined, anAttempt('env; printf "<%s>" "$VALUE"', { env: { VALUE: hostile } }));
    delete process.env['RUNWARD_TEST_ONLY'];
    expect(stdout).not.toContain('RUNWARD_TEST_ONLY');
    expect(stdout.endsWith(`<${hostile}>`)).toBe(true);
  });

  it('keeps the end of a long output from a whole line on', async () => {
    const ended = await runToEnd(shell, undefined, anAttempt('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'));
    expect(ended.truncated).toBe(true);
    expect(ended.stdout).toMatch(/^line \d+\n/);
    expect(ended.stdout.endsWith('line 19999\n')).toBe(true);
  });

  it('kills what ignores TERM when the time is over, with everything that it started', async () => {
    const attempt = anAttempt('trap "" TERM; sleep 300 & echo $!; while :; do wait; done', { timeoutMs: 300 });
    const ended = await runToEnd(shell, undefined, attempt);
    expect(ended).toMatchObject({ exitCode: 137, timedOut: true });
    // One signal reaches all of them, and each dies in its own time.
    await until(() => !isRunning(Number(ended.stdout)));
  });

  it('knows attempts of this process only, and starts none of them twice', async () => {
    const attempt = anAttempt('echo $$');
    const first = await runToEnd(shell, undefined, attempt);
    expect(await runToEnd(shell, undefined, attempt)).toEqual(first);
    expect(await createLocalShell().look(undefined, attempt.name, signal)).toEqual({ kind: 'absent' });
    await shell.remove(undefined, attempt.name, signal);
    expect(await shell.look(undefined, attempt.name, signal)).toEqual({ kind: 'absent' });
  });

  it('refuses what it cannot pass on unharmed', async () => {
    const refused = [
      anAttempt('true', { env: { lower: 'x' } }),
      anAttempt('true', { env: { VALUE: 'a\0b' } }),
      anAttempt('true', { env: { VALUE: 'x'.repeat(32_769) } }),
      anAttempt('true', { shell: 'pwsh' }),
      anAttempt('true', { name: 'rw-x; touch /tmp/owned' }),
    ];
    for (const attempt of refused) expect(await shell.start(undefined, attempt, signal)).toMatchObject({ kind: 'refused' });
  });

  it('ends the script of a read that was dropped and leaves nothing of it; that of a lost run goes on for whoever takes it over', async () => {
    for (const [reason, left] of [
      [DROPPED, 'absent'],
      ['the lease is lost', 'running'],
    ] as const) {
      const attempt = anAttempt('trap "" TERM; while :; do sleep 300; done');
      const called = new AbortController();
      const answer = askScript({ clock: systemClock, shell }, { target: undefined, attempt, signal: called.signal });
      await until(async () => (await shell.look(undefined, attempt.name, signal)).kind === 'running');
      called.abort(reason);
      expect(await answer).toMatchObject({ kind: 'unanswered' });
      expect(await shell.look(undefined, attempt.name, signal)).toMatchObject({ kind: left });
    }
  });

  it('ends its scripts when the worker closes', async () => {
    // TERM is enough for it, however long a busy machine takes to deliver it.
    const patient = createLocalShell();
    const attempt = anAttempt('sleep 300');
    await patient.start(undefined, attempt, signal);
    await patient.close();
    expect(await untilSettled(patient, undefined, attempt.name)).toMatchObject({ kind: 'ended', exitCode: 143 });
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
