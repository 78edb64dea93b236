import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import { createSshShell, type SshShell } from '../../adapters/shell/ssh.ts';
import type { ActionPorts, EffectAction, Recorded } from '../../engine/actions/action.ts';
import { dscSet } from '../../engine/actions/dsc-set.ts';
import type { Verdict } from '../../engine/dsc/verdict.ts';
import type { Target } from '../../engine/target.ts';
import { actionPorts, machine } from '../support/action-world.ts';
import { lacks } from '../support/lacks.ts';
import { driveSet, followSet, plannedSet, setContext, setDocument } from '../support/set-drive.ts';
import { startTestSshd, type TestSshd } from '../support/sshd.ts';

const statusOf = ({ check }: Recorded): string | undefined => (check?.['verdict'] as unknown as Verdict | undefined)?.status;

const transports = [
  ['local', false],
  ['ssh', lacks('sshd')],
] as const;

describe.each(transports)('a set over %s', (via, isLacking) => {
  describe.skipIf(isLacking)('with the tools of this machine', () => {
    let folder: string;
    let local: LocalShell;
    let ssh: SshShell | undefined;
    let sshd: TestSshd | undefined;
    let target: Target;
    const ports = (changes: Partial<ActionPorts> = {}): ActionPorts =>
      actionPorts({ shell: ssh ?? local, ...(sshd === undefined ? {} : { secrets: sshd.secrets }), ...changes });
    const context = (text: string, more: Parameters<typeof setContext>[1] = {}) => setContext(text, { target, ...more });

    beforeAll(async () => {
      local = createLocalShell(50);
      sshd = via === 'ssh' ? await startTestSshd() : undefined;
      ssh = sshd === undefined ? undefined : createSshShell({ knownHostsFile: sshd.knownHostsFile, secrets: sshd.secrets });
      target = sshd?.target ?? machine({ via: 'local' });
    });
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'runward-set-'));
    });
    afterEach(async () => await rm(folder, { recursive: true }));
    afterAll(async () => {
      ssh?.close();
      await local.close();
      await sshd?.stop();
    });

    const file = (name: string, properties: string, rest = ''): string =>
      `type: Runward.Linux/File, name: ${name}, properties: { path: "${folder}/${name}", ${properties} }${rest}`;
    const line = (name: string, properties: string): string =>
      `type: Runward.Linux/FileLine, name: ${name}, properties: { path: "${folder}/settings", ${properties} }`;

    it('makes files, folders and links as they are written, and the second set finds nothing to do', async () => {
      await writeFile(join(folder, 'content'), 'before\n', { mode: 0o640 });
      await writeFile(join(folder, 'open'), 'kept\n');
      await chmod(join(folder, 'open'), 0o666);
      await writeFile(join(folder, 'gone'), 'x');
      await symlink('/nowhere', join(folder, 'link'));
      const text = setDocument(
        file('content', String.raw`content: "it's $(touch ${folder}/owned) \\ \"two\"\n\nlines"`),
        file('new', String.raw`content: "new\n", mode: "0600"`),
        file('open', 'mode: "0644"'),
        file('gone', '_exist: false'),
        file('folder', 'type: directory, mode: "0750"'),
        file('link', 'type: link, target: /etc/hostname'),
      );
      const { outcome, kept } = await driveSet(ports(), context(text));
      expect(outcome).toMatchObject({ kind: 'succeeded', result: { changed: true, restart_required: [] } });
      expect(outcome.result?.['changed_instances']).toHaveLength(6);
      expect(readFileSync(join(folder, 'content'), 'utf8')).toBe(`it's $(touch ${folder}/owned) \\ "two"\n\nlines`);
      expect(existsSync(join(folder, 'owned'))).toBe(false);
      const mode = (name: string): string => (statSync(join(folder, name)).mode & 0o7777).toString(8);
      // What the document does not speak of stays: the mode of the file whose content changed.
      expect(['content', 'new', 'open', 'folder'].map(mode)).toEqual(['640', '600', '644', '750']);
      expect(existsSync(join(folder, 'gone'))).toBe(false);
      expect(readlinkSync(join(folder, 'link'))).toBe('/etc/hostname');
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(kept.map(statusOf)).toEqual(['drifted', 'compliant']);

      const second = await driveSet(ports(), context(text));
      expect(second).toMatchObject({ submits: 0, outcome: { kind: 'succeeded', result: { changed: false, changed_instances: [] } } });
    });

    it('replaces lines where they stand, adds the one that is missing, and removes what must not be there', async () => {
      const path = join(folder, 'settings');
      await writeFile(path, '# Port 22\nPort 2222\nroot yes\nPasswords yes\nPort 2223\nlast', { mode: 0o604 });
      const text = setDocument(
        line('port', 'line: "Port 22", match: "^Port "'),
        line('root', 'match: "^root", line: "root yes", _exist: false'),
        line('passwords', 'absent: "^passwords +YES$", caseSensitive: false'),
        line('new', String.raw`line: "a\\nb = 'c' & \\1"`),
      );
      const { outcome } = await driveSet(ports(), context(text));
      expect(outcome).toMatchObject({ kind: 'succeeded', result: { changed: true } });
      expect(readFileSync(path, 'utf8')).toBe("# Port 22\nPort 22\nPort 22\nlast\na\\nb = 'c' & \\1\n");
      expect((statSync(path).mode & 0o7777).toString(8)).toBe('604');
      expect((await driveSet(ports(), context(text))).submits).toBe(0);
    });

    it('stays drifted where something cannot be set, says why, and leaves out what needs it', async () => {
      await mkdir(join(folder, 'full'));
      await writeFile(join(folder, 'full', 'x'), '');
      const needs = (name: string): string => `, dependsOn: ["Runward.Linux/File:${name}"]`;
      const text = setDocument(
        file('after', 'content: after', needs('full')),
        file('full', '_exist: false'),
        file('other', 'content: other'),
        file('digest', `sha256: "${'0'.repeat(64)}"`),
      );
      await writeFile(join(folder, 'digest'), 'x');
      const { outcome, kept } = await driveSet(ports(), context(text));
      expect(outcome).toMatchObject({
        kind: 'failed',
        failure: { kind: 'verify' },
        result: { changed_instances: ['Runward.Linux/File:other'] },
      });
      const message = outcome.kind === 'failed' ? outcome.failure.message : '';
      expect(message).toContain('is drifted: 3 different, 0 not observed');
      expect(message).toMatch(/Runward\.Linux\/File:full: rmdir: .*not empty/i);
      expect(message).toContain('/sha256 cannot be set: the document does not hold its content');
      expect(existsSync(join(folder, 'after'))).toBe(false);
      expect(existsSync(join(folder, 'full', 'x'))).toBe(true);
      expect(kept.map(statusOf).at(-1)).toBe('drifted');
    });

    it('touches nothing that it could not observe', async () => {
      await writeFile(join(folder, 'seen'), 'x', { mode: 0o600 });
      const odd = `type: Runward.Linux/FileLine, name: odd, properties: { path: "${folder}", line: x }`;
      const { outcome } = await driveSet(ports(), context(setDocument(file('seen', 'mode: "0644"'), odd)));
      expect(outcome).toMatchObject({
        kind: 'failed',
        failure: { kind: 'verify' },
        result: { changed_instances: ['Runward.Linux/File:seen'] },
      });
      const alone = await driveSet(ports(), context(setDocument(odd)));
      expect(alone).toMatchObject({
        submits: 0,
        outcome: { kind: 'failed', failure: { message: expect.stringContaining('nothing was changed') as string } },
      });
    });

    it('refuses a plan that the machine has left, and takes one that still holds or is partly done', async () => {
      const [one, two] = [join(folder, 'one'), join(folder, 'two')];
      const text = setDocument(file('one', 'content: wanted'), file('two', 'content: wanted'));
      await writeFile(one, 'a');
      await writeFile(two, 'a');
      const seen = await driveSet(ports(), context(text, { input: { what_if: true } }));
      expect(seen).toMatchObject({
        submits: 0,
        outcome: { kind: 'succeeded', result: { changed: false, plan_hash: expect.stringMatching(/^sha256:/) as string } },
      });
      expect(seen.outcome.result?.['changed_instances']).toHaveLength(2);
      expect(readFileSync(one, 'utf8')).toBe('a');

      const kept = { readDriftText: () => Promise.resolve(seen.kept[0]?.check?.['evidence'] as string) };
      const plan = seen.outcome.result?.['before'];
      const planned = () => driveSet(ports({ store: kept }), context(text, { input: { plan } }));
      await writeFile(two, 'somebody else');
      const stale = await planned();
      expect(stale).toMatchObject({
        submits: 0,
        outcome: { kind: 'failed', failure: { kind: 'stale_plan', message: expect.stringContaining('File:two') as string } },
      });
      expect(readFileSync(one, 'utf8')).toBe('a');

      await writeFile(two, 'wanted');
      expect(await planned()).toMatchObject({
        submits: 1,
        outcome: { kind: 'succeeded', result: { changed_instances: ['Runward.Linux/File:one'] } },
      });
      const gone = driveSet(ports({ store: { readDriftText: () => Promise.resolve(undefined) } }), context(text, { input: { plan } }));
      expect(await gone).toMatchObject({ submits: 0, outcome: { kind: 'failed', failure: { kind: 'stale_plan' } } });
      const elsewhere = context(text, { input: { plan }, target: { ...target, id: 'another' } });
      expect(await driveSet(ports({ store: kept }), elsewhere)).toMatchObject({ submits: 0, outcome: { failure: { kind: 'stale_plan' } } });
    });

    it('takes a check only with the parameters that it was made with', async () => {
      const wanted = setDocument(file('one', `content: "[parameters('content')]"`));
      const text = `${wanted}parameters: { content: { type: string } }\n`;
      await writeFile(join(folder, 'one'), 'a');
      const withContent = (content: string, more: object = {}) => context(text, { input: { parameters: { content }, ...more } });
      const seen = await driveSet(ports(), withContent('b', { what_if: true }));
      const kept = { readDriftText: () => Promise.resolve(seen.kept[0]?.check?.['evidence'] as string) };
      const plan = seen.outcome.result?.['before'];
      const other = await driveSet(ports({ store: kept }), withContent('c', { plan }));
      expect(other).toMatchObject({
        submits: 0,
        outcome: { kind: 'failed', failure: { kind: 'stale_plan', message: expect.stringContaining('other parameters') as string } },
      });
      expect(readFileSync(join(folder, 'one'), 'utf8')).toBe('a');
      expect(await driveSet(ports({ store: kept }), withContent('b', { plan }))).toMatchObject({
        submits: 1,
        outcome: { kind: 'succeeded' },
      });
      expect(readFileSync(join(folder, 'one'), 'utf8')).toBe('b');
    });

    it('changes nothing when more would change than it may, or when the answer of the machine was cut', async () => {
      const text = setDocument(file('one', 'content: x'), file('two', 'content: x'));
      const many = await driveSet(ports(), context(text, { input: { max_changes: 1 } }));
      expect(many).toMatchObject({
        submits: 0,
        outcome: { kind: 'failed', failure: { message: expect.stringContaining('max_changes is 1') as string } },
      });
      const shell = ssh ?? local;
      const cut: ActionPorts['shell'] = {
        ...shell,
        look: async (...asked) => {
          const state = await shell.look(...asked);
          return state.kind === 'ended' ? { ...state, stdout: state.stdout.replace(/RW1 E .*/, '') } : state;
        },
      };
      const broken = await driveSet(ports({ shell: cut }), context(text));
      expect(broken).toMatchObject({
        submits: 0,
        outcome: { kind: 'failed', failure: { message: expect.stringContaining('nothing was changed') as string } },
      });
      expect(readdirSync(folder)).toEqual([]);
    });

    it('believes no script: one that was killed in the middle, and one that says it did what it did not do', async () => {
      const text = setDocument(file('one', 'content: x'), file('two', 'content: x'));
      const shell = ssh ?? local;
      const changed = (change: (script: string) => string): ActionPorts =>
        ports({
          shell: {
            ...shell,
            start: (machineOf, attempt, signal) =>
              shell.start(machineOf, attempt.name.endsWith('-set') ? { ...attempt, script: change(attempt.script) } : attempt, signal),
          },
        });
      const killed = await driveSet(
        changed((script) => script.replace('one 2 ', () => 'kill -9 $$; one 2 ')),
        context(text),
      );
      expect(killed.outcome).toMatchObject({
        kind: 'failed',
        failure: { kind: 'verify' },
        result: { changed_instances: ['Runward.Linux/File:one'] },
      });
      expect(killed.outcome.kind === 'failed' && killed.outcome.failure.message).toContain('how the set ended is not known');

      const liar = await driveSet(
        changed((script) => script.replace('rw_t $RW_AS sh', () => 'rw_t true')),
        context(text),
      );
      expect(liar.outcome).toMatchObject({ kind: 'failed', failure: { kind: 'verify' }, result: { changed_instances: [] } });
    });

    it('is followed by the worker that takes over, and what was sent once is not sent again', async () => {
      const text = setDocument(file('made', 'content: made'));
      const action = dscSet as EffectAction;
      const step = await plannedSet(ports(), context(text));
      expect((await action.submit(ports(), step)).kind).toBe('accepted');
      const made = (): number => lstatSync(join(folder, 'made')).ino;
      let found = await action.find(ports(), step);
      while (found.kind === 'unanswered') found = await action.find(ports(), step);
      expect(['found', 'reached']).toContain(found.kind);
      const outcome = await followSet(ports(), step);
      expect(outcome).toMatchObject({ kind: 'succeeded', result: { changed_instances: ['Runward.Linux/File:made'] } });
      const inode = made();
      // A late request of the dead worker finds its name taken where targets keep names, and the state reached everywhere.
      expect((await driveSet(ports(), context(text))).submits).toBe(0);
      expect(made()).toBe(inode);
    });
  });
});
