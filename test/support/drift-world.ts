import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalShell } from '../../adapters/shell/local.ts';
import { createSshShell } from '../../adapters/shell/ssh.ts';
import type { ReadOutcome } from '../../engine/actions/action.ts';
import { dscTest } from '../../engine/actions/dsc-test.ts';
import type { Verdict } from '../../engine/dsc/verdict.ts';
import type { ScriptState, Shell } from '../../engine/ports.ts';
import { actionContext, actionPorts, machine } from './action-world.ts';
import { startTestSshd } from './sshd.ts';

const DOCUMENT = 'configurations/faults.dsc.yaml';
const TOOLS = 'sh printf head tr cksum base64 od id date timeout awk sort cat ls sleep gzip sha256sum readlink'.split(' ');
const PROBED = ['stat', 'grep', 'dpkg-query', 'systemctl', 'getent', 'sysctl'];

/** What is wrong with a machine: its tools, or what came back from it. */
export interface DriftFault {
  readonly bin: string;
  readonly output?: (text: string) => string;
}

/** A machine of the tests with a file `settings`, tools that can be broken, and a drift check of it over one transport. */
export interface DriftWorld {
  readonly folder: string;
  /** A folder with every tool that a probe needs; `change` replaces or leaves out those that are asked. */
  readonly tools: (name: string, change: (tool: string) => string | undefined) => Promise<string>;
  readonly check: (text: string, fault: DriftFault) => Promise<DriftChecked>;
  readonly close: () => Promise<void>;
}

export interface DriftChecked {
  readonly outcome: ReadOutcome;
  readonly verdict: Verdict | undefined;
  /** Names of the scripts that were started. */
  readonly started: ReadonlySet<string>;
}

export async function makeDriftWorld(via: 'local' | 'ssh'): Promise<DriftWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-drift-'));
  await writeFile(join(folder, 'settings'), 'limit = 7\n', { mode: 0o640 });
  const local = createLocalShell(50);
  const sshd = via === 'ssh' ? await startTestSshd() : undefined;
  const ssh = sshd === undefined ? undefined : createSshShell({ knownHostsFile: sshd.knownHostsFile, secrets: sshd.secrets });
  const target = sshd?.target ?? machine({ via: 'local' });
  return {
    folder,
    tools: (name, change) => makeTools(join(folder, name), change),
    check: async (text, fault) => {
      const started = new Set<string>();
      const input = dscTest.input.parse({ document: DOCUMENT });
      const context = actionContext({ input, target, configurations: { [DOCUMENT]: text } });
      const shell = faulty(ssh ?? local, fault, started);
      const ports = actionPorts({ shell, ...(sshd === undefined ? {} : { secrets: sshd.secrets }) });
      for (;;) {
        const outcome = await dscTest.read(ports, context as never);
        if (outcome.kind === 'unanswered') continue;
        return { outcome, verdict: outcome.check?.['verdict'] as unknown as Verdict | undefined, started };
      }
    },
    close: async () => {
      ssh?.close();
      await local.close();
      await sshd?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeTools(bin: string, change: (tool: string) => string | undefined): Promise<string> {
  await mkdir(bin);
  const found = (tool: string): string | undefined =>
    ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((place) => join(place, tool)).find((file) => existsSync(file));
  for (const tool of TOOLS) {
    const file = found(tool);
    if (file !== undefined) await symlink(file, join(bin, tool));
  }
  for (const tool of PROBED) {
    const text = change(tool);
    if (text === undefined) continue;
    const real = found(tool);
    if (text === '' && real !== undefined) await symlink(real, join(bin, tool));
    else {
      await writeFile(join(bin, tool), `#!/bin/sh\n${text}\n`);
      await chmod(join(bin, tool), 0o755);
    }
  }
  return bin;
}

/** The shell with the tools of a folder alone, one second for a probe, and its output changed on the way back. */
function faulty(shell: Shell, fault: DriftFault, started: Set<string>): Shell {
  return {
    ...shell,
    start: (target, attempt, signal) => {
      const script = attempt.script.replace(/PATH=\$\{RW_PATH[^;]*;/, `PATH=${fault.bin};`).replace('RW_T=10;', 'RW_T=1;');
      started.add(attempt.name);
      return shell.start(target, { ...attempt, script }, signal);
    },
    look: async (target, name, signal): Promise<ScriptState> => {
      const state = await shell.look(target, name, signal);
      return state.kind === 'ended' ? { ...state, stdout: fault.output?.(state.stdout) ?? state.stdout } : state;
    },
  };
}

/** What a tool does under a fault. */
export const BROKEN = {
  'no permission': 'echo "$0: Permission denied" >&2; exit 5',
  'a probe that hangs': 'sleep 30',
  'empty output': 'exit 0',
  'garbage output': 'echo "Zeichensalat: ja"',
} as const;
