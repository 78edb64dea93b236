import { describe, expect, it } from 'vitest';
import { octalEscaped } from '../../../adapters/shell/attempt-frame.ts';
import { judgeHostKey, pinnedKeys } from '../../../adapters/shell/known-hosts.ts';
import { createShell } from '../../../adapters/shell/router.ts';
import { anAttempt } from '../../support/attempts.ts';
import { endedScript, machine, mapShell } from '../../support/action-world.ts';

const signal = new AbortController().signal;

describe('the way to a machine', () => {
  it('is the transport of its target, and the worker itself without a target', async () => {
    const transports = {
      local: mapShell(() => endedScript(0)),
      ssh: mapShell(() => endedScript(0)),
      runCommand: mapShell(() => endedScript(0)),
    };
    const shell = createShell(transports);
    await shell.start(undefined, anAttempt('true'), signal);
    await shell.start(machine({ via: 'local' }), anAttempt('true'), signal);
    await shell.start(machine({ via: 'ssh' }), anAttempt('true'), signal);
    await shell.start(machine({ via: 'run-command' }), anAttempt('true'), signal);
    expect([transports.local, transports.ssh, transports.runCommand].map(({ started }) => started.length)).toEqual([2, 1, 1]);
  });

  it('is refused where the worker does not offer it, and nothing is said of attempts there', async () => {
    const shell = createShell({});
    for (const target of [undefined, machine({ via: 'ssh' }), machine({ via: 'run-command' }), machine({ via: null })]) {
      expect(await shell.start(target, anAttempt('true'), signal)).toMatchObject({ kind: 'refused' });
      expect(await shell.look(target, anAttempt('true').name, signal)).toMatchObject({ kind: 'unreachable' });
    }
  });
});

describe('values on their way to a machine', () => {
  it('consist of letters, digits and octal bytes only', () => {
    expect(octalEscaped(`a1'$\n\\é`)).toBe('a1\\0047\\0044\\0012\\0134\\0303\\0251');
  });
});

describe('pinned host keys', () => {
  const key = Buffer.from('a key');
  const text = key.toString('base64');

  it('hold for name and port together', () => {
    const file = `db1 ssh-ed25519 ${text}\n[db2]:2222 ssh-ed25519 ${text}\n`;
    expect(judgeHostKey(pinnedKeys(file, 'db1', 22), key)).toBe('pinned');
    expect(judgeHostKey(pinnedKeys(file, 'db1', 2222), key)).toBe('unknown');
    expect(judgeHostKey(pinnedKeys(file, 'db2', 22), key)).toBe('unknown');
    expect(judgeHostKey(pinnedKeys(file, 'db2', 2222), Buffer.from('another'))).toBe('changed');
  });

  it('do not come from lines of a certificate authority, which are not supported', () => {
    expect(judgeHostKey(pinnedKeys(`@cert-authority * ssh-ed25519 ${text}\n`, 'db1', 22), key)).toBe('unknown');
  });
});
