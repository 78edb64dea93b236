import { describe, expect, it } from 'vitest';
import type { ActionContext, EffectAction } from '../../../engine/actions/action.ts';
import type { ScriptInput } from '../../../engine/actions/script-input.ts';
import { scriptAction } from '../../../engine/actions/script-run.ts';
import type { ScriptState } from '../../../engine/ports.ts';
import { actionContext, actionPorts, endedScript, machine, mapShell } from '../../support/action-world.ts';

type Effect = ScriptInput['effect'];

const LOST: ScriptState = { kind: 'lost', message: 'the machine restarted' };
const AWAY: ScriptState = { kind: 'unreachable', message: 'the network is away', retryAfterMs: 7000 };

function scriptStep(effect: Effect, via: 'ssh' | 'run-command' | 'local', changes: Partial<ActionContext<ScriptInput>> = {}) {
  const input: ScriptInput = {
    shell: 'sh',
    script: 'the work',
    env: { DB_HOST: 'db1' },
    secrets: { PASSWORD: 'keyvault://kv/smoke' },
    timeoutMs: 60_000,
    effect,
    ...(effect === 'guarded' ? { doneWhen: 'the question' } : {}),
  };
  const context = actionContext({ input, target: machine({ via }), ...changes }) as ActionContext<never> & ActionContext<ScriptInput>;
  const action = scriptAction(effect, via) as EffectAction;
  return { action, context, name: `rw-${context.stepKey}-${context.attempt}` };
}

describe('a script over SSH or Run Command', () => {
  it('is named at its target whatever it declares, and guarded where it has a question', () => {
    for (const via of ['ssh', 'run-command'] as const) {
      expect((['read', 'named', 'blind', 'guarded'] as const).map((effect) => scriptAction(effect, via).effect)).toEqual([
        'named',
        'named',
        'named',
        'guarded',
      ]);
    }
  });

  it('is sent with its env, resolved secrets and the facts of its run, under the name of the attempt', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    const { action, context, name } = scriptStep('named', 'ssh', { attempt: 3, send: 2 });
    expect(await action.submit(actionPorts({ shell }), context)).toEqual({ kind: 'accepted', handle: { name } });
    expect(shell.started).toEqual([
      {
        name,
        shell: 'sh',
        script: 'the work',
        env: {
          DB_HOST: 'db1',
          PASSWORD: 'value of keyvault://kv/smoke',
          RUNWARD_RUN_ID: context.runId,
          RUNWARD_STEP: 'check',
          RUNWARD_TARGET: 'web1',
          RUNWARD_ATTEMPT: '3',
        },
        secretNames: ['PASSWORD'],
        timeoutMs: 60_000,
      },
    ]);
  });

  it.each(['read', 'named', 'guarded', 'blind'] as const)(
    'that was stopped has ended, and does not begin again (effect %s)',
    async (effect) => {
      const stopped: string[] = [];
      const shell = { ...mapShell(() => LOST), stop: (_target: unknown, name: string) => Promise.resolve(void stopped.push(name)) };
      const { action, context, name } = scriptStep(effect, 'run-command', { stopAsked: true });
      await action.stop?.(actionPorts({ shell }), context);
      expect(stopped).toEqual([name, `${name}-again`]);
      const gone = await action.poll(actionPorts({ shell }), context, {});
      expect(gone).toMatchObject({ kind: 'failed', failure: { message: 'the script was stopped with its run' } });
      expect(shell.started).toEqual([]);
      const ended = mapShell(() => endedScript(143));
      ended.states.set(name, endedScript(143));
      expect(await action.poll(actionPorts({ shell: ended }), context, {})).toMatchObject({ kind: 'failed', failure: { exitCode: 143 } });
    },
  );

  it('is not sent while a secret cannot be read', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    const { action, context } = scriptStep('named', 'ssh');
    const secrets = { resolve: () => Promise.resolve({ kind: 'unavailable', message: 'the vault is away' } as const) };
    expect(await action.submit(actionPorts({ shell, secrets }), context)).toMatchObject({ kind: 'refused' });
    expect(shell.started).toEqual([]);
  });

  it('has the result that it printed, exit code 0 or not', async () => {
    const shell = mapShell(() => endedScript(0, 'fine\n'));
    const ports = actionPorts({ shell });
    const { action, context, name } = scriptStep('named', 'ssh');
    await action.submit(ports, context);
    expect(await action.poll(ports, context, { name })).toEqual({ kind: 'ended_well', result: { exit_code: 0 } });
    expect(await action.verify(ports, context, { exit_code: 0 })).toEqual({
      kind: 'succeeded',
      result: { stdout: 'fine\n', stderr: '', exit_code: 0 },
    });

    shell.states.set(name, endedScript(3, 'half', { truncated: true }));
    expect(await action.poll(ports, context, { name })).toEqual({
      kind: 'failed',
      failure: { kind: 'script', message: 'the script ended with exit code 3', exitCode: 3 },
      result: { stdout: 'half', stderr: '', exit_code: 3, truncated: true },
    });
    shell.states.set(name, endedScript(143, '', { timedOut: true }));
    expect(await action.poll(ports, context, { name })).toMatchObject({ kind: 'failed', failure: { kind: 'timed_out' } });
  });

  it('keeps what it printed out of the record until the redactor has seen it', async () => {
    const shell = mapShell(() => endedScript(0, 'secret text'));
    const { action, context, name } = scriptStep('read', 'ssh');
    await action.submit(actionPorts({ shell }), context);
    expect(JSON.stringify(await action.poll(actionPorts({ shell }), context, { name }))).not.toContain('secret text');
  });

  it('is adopted after a lost answer, and sent again only when its name is not there', async () => {
    for (const effect of ['read', 'named', 'guarded', 'blind'] as const) {
      const shell = mapShell(() => endedScript(0));
      const ports = actionPorts({ shell });
      const { action, context, name } = scriptStep(effect, 'ssh');
      expect(await action.find(ports, context), effect).toEqual({ kind: 'absent' });
      shell.answers.push({ kind: 'ambiguous', message: 'the answer was lost' });
      expect(await action.submit(ports, context), effect).toMatchObject({ kind: 'ambiguous' });
      expect(await action.find(ports, context), effect).toEqual({ kind: 'found', handle: { name } });
      await action.submit(ports, { ...context, send: 2 });
      expect(shell.started, effect).toHaveLength(1);
    }
  });

  it('is looked for again when its machine cannot be reached', async () => {
    for (const effect of ['read', 'named', 'guarded', 'blind'] as const) {
      const shell = mapShell(() => ({ kind: 'running' }));
      const { action, context, name } = scriptStep(effect, 'ssh');
      shell.states.set(name, AWAY);
      expect(await action.find(actionPorts({ shell }), context), effect).toMatchObject({ kind: 'unanswered', retryAfterMs: 7000 });
      expect(await action.poll(actionPorts({ shell }), context, { name }), effect).toMatchObject({
        kind: 'unanswered',
        retryAfterMs: 7000,
      });
    }
  });

  it('passes on why a start was refused', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    shell.answers.push({ kind: 'refused', message: 'the host key is not the pinned one' });
    const { action, context } = scriptStep('read', 'ssh');
    expect(await action.submit(actionPorts({ shell }), context)).toEqual({
      kind: 'refused',
      failure: { kind: 'unreachable', message: 'the host key is not the pinned one' },
    });
  });
});

describe('a script that started and whose end cannot be found', () => {
  it('runs once more when it only reads or may be repeated, and never a third time', async () => {
    for (const effect of ['read', 'named'] as const) {
      const shell = mapShell(() => LOST);
      const ports = actionPorts({ shell });
      const { action, context, name } = scriptStep(effect, 'ssh');
      await action.submit(ports, context);
      expect(await action.find(ports, context)).toEqual({ kind: 'found', handle: { name } });
      expect(await action.poll(ports, context, { name })).toMatchObject({ kind: 'running' });
      expect(await action.poll(ports, context, { name })).toMatchObject({ kind: 'failed', failure: { kind: 'script' } });
      expect(shell.started.map((attempt) => attempt.name)).toEqual([name, `${name}-again`]);
    }
  });

  it('gives the result of its repetition', async () => {
    const shell = mapShell(({ name }) => (name.endsWith('-again') ? endedScript(0, 'second\n') : LOST));
    const ports = actionPorts({ shell });
    const { action, context, name } = scriptStep('named', 'ssh');
    await action.submit(ports, context);
    await action.poll(ports, context, { name });
    expect(await action.poll(ports, context, { name })).toMatchObject({ kind: 'ended_well' });
    expect(await action.verify(ports, context, { exit_code: 0 })).toMatchObject({ kind: 'succeeded', result: { stdout: 'second\n' } });
  });

  it('is judged by done_when when it is guarded', async () => {
    for (const exitCode of [0, 1]) {
      const shell = mapShell(({ script }) => (script === 'the question' ? endedScript(exitCode) : LOST));
      const ports = actionPorts({ shell });
      const { action, context, name } = scriptStep('guarded', 'ssh');
      await action.submit(ports, context);
      const polled = await action.poll(ports, context, { name });
      expect(polled.kind).toBe(exitCode === 0 ? 'ended_well' : 'failed');
      if (exitCode === 0) expect(await action.verify(ports, context, {})).toMatchObject({ kind: 'succeeded', result: { exit_code: 0 } });
      expect(shell.started.filter(({ script }) => script === 'the work')).toHaveLength(1);
    }
  });

  it('is left to a person when it is blind', async () => {
    const shell = mapShell(() => LOST);
    const ports = actionPorts({ shell });
    const { action, context, name } = scriptStep('blind', 'ssh');
    await action.submit(ports, context);
    expect(await action.find(ports, context)).toMatchObject({ kind: 'unclear' });
    expect(await action.poll(ports, context, { name })).toMatchObject({ kind: 'unclear' });
    expect(shell.started).toHaveLength(1);
  });
});

describe('a guarded script', () => {
  it('does nothing when done_when holds already', async () => {
    const shell = mapShell(() => endedScript(0));
    const { action, context } = scriptStep('guarded', 'ssh');
    const outcome = await action.precheck(actionPorts({ shell }), context);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { changed: false, exit_code: 0 } });
    expect(shell.started.map(({ script }) => script)).toEqual(['the question']);
    expect(shell.states.size).toBe(0);
  });

  it('goes on when done_when does not hold, and finds its own earlier start before it asks', async () => {
    const shell = mapShell(({ script }) => (script === 'the question' ? endedScript(1) : { kind: 'running' }));
    const ports = actionPorts({ shell });
    const { action, context, name } = scriptStep('guarded', 'ssh');
    expect(await action.precheck(ports, context)).toEqual({ kind: 'proceed' });
    await action.submit(ports, context);
    expect(await action.precheck(ports, context)).toEqual({ kind: 'ours', handle: { name } });
  });

  it('is not started when done_when gave no answer in time', async () => {
    const shell = mapShell(() => endedScript(143, '', { timedOut: true }));
    const { action, context } = scriptStep('guarded', 'ssh');
    expect(await action.precheck(actionPorts({ shell }), context)).toMatchObject({ kind: 'failed', failure: { kind: 'timed_out' } });
  });
});

describe('a script on the worker itself, after another worker took over', () => {
  it('lives by its effect alone', async () => {
    expect((['read', 'named', 'guarded', 'blind'] as const).map((effect) => scriptAction(effect, null).effect)).toEqual([
      'named',
      'named',
      'guarded',
      'blind',
    ]);
    for (const [effect, kind] of [
      ['read', 'absent'],
      ['named', 'absent'],
      ['guarded', 'absent'],
      ['blind', 'unclear'],
    ] as const) {
      const shell = mapShell(() => endedScript(1));
      const { action, context } = scriptStep(effect, 'local');
      expect(await action.find(actionPorts({ shell }), context), effect).toMatchObject({ kind });
    }
    const shell = mapShell(() => endedScript(0));
    const { action, context } = scriptStep('guarded', 'local');
    expect(await action.find(actionPorts({ shell }), context)).toEqual({ kind: 'reached' });
  });

  it('keeps expressions from reading output that went with its worker', async () => {
    const { action, context } = scriptStep('read', 'local');
    const outcome = await action.verify(actionPorts({ shell: mapShell(() => LOST) }), context, { exit_code: 0 });
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { truncated: true } });
  });
});

describe('cleaning up after a script', () => {
  it('removes what has ended, and nothing that runs', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    const { action, context, name } = scriptStep('named', 'ssh', { attempt: 2 });
    shell.states.set(name, { kind: 'running' });
    await action.cleanup?.(actionPorts({ shell }), context);
    expect([...shell.states.keys()]).toEqual([name]);
    shell.states.set(name, LOST).set(`${name}-again`, endedScript(1));
    await action.cleanup?.(actionPorts({ shell }), context);
    expect([...shell.states.keys()]).toEqual([]);
  });
});
