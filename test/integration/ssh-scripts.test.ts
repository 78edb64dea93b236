import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSshShell, type SshShell } from '../../adapters/shell/ssh.ts';
import { anAttempt, runToEnd, untilSettled } from '../support/attempts.ts';
import { lacks } from '../support/lacks.ts';
import { startTestSshd, type TestSshd } from '../support/sshd.ts';

const signal = new AbortController().signal;

describe.skipIf(lacks('sshd'))('scripts over SSH', () => {
  let sshd: TestSshd;
  let shell: SshShell;
  const folderOf = (name: string): string => join(sshd.home, '.runward', 'attempts', name);

  beforeAll(async () => {
    sshd = await startTestSshd();
    shell = createSshShell({ knownHostsFile: sshd.knownHostsFile, secrets: sshd.secrets });
  });
  afterAll(async () => {
    shell.close();
    await sshd.stop();
  });

  it('gives output and exit code of a script, all over one connection', async () => {
    const before = sshd.connectionsMade();
    const ended = await runToEnd(shell, sshd.target, anAttempt('echo out; echo err >&2; exit 3'));
    expect(ended).toEqual({ kind: 'ended', exitCode: 3, stdout: 'out\n', stderr: 'err\n', truncated: false, timedOut: false });
    await runToEnd(shell, sshd.target, anAttempt('true', { shell: 'bash' }));
    expect(sshd.connectionsMade() - before).toBeLessThanOrEqual(1);
  });

  it('shows a script its env, a path and a home, and nothing else', async () => {
    const { stdout } = await runToEnd(
      shell,
      sshd.target,
      anAttempt('env | cut -d= -f1 | sort', { env: { RUNWARD_RUN_ID: 'r', DB_HOST: 'x' } }),
    );
    expect(stdout.split('\n').filter((name) => name !== '' && name !== 'PWD')).toEqual(['DB_HOST', 'HOME', 'PATH', 'RUNWARD_RUN_ID']);
  });

  it('hands over hostile values byte for byte', async () => {
    const hostile = [
      `'; touch /tmp/owned; '`,
      '$(id)`id`',
      '\\0101\\c\\n%s',
      '-n',
      '',
      ' two  spaces ',
      'line\nline\n\n',
      'ä€😀',
      '*',
      '\t\r\x7f\x01',
    ];
    const env = Object.fromEntries(hostile.map((value, index) => [`VALUE_${index}`, value]));
    const script = hostile.map((_, index) => `printf "%s" "$VALUE_${index}" | od -An -v -tx1 | tr -d " \\n"; echo`).join('\n');
    const { stdout } = await runToEnd(shell, sshd.target, anAttempt(script, { env }));
    expect(stdout.split('\n').slice(0, -1)).toEqual(hostile.map((value) => Buffer.from(value, 'utf8').toString('hex')));
  });

  it('hands over any text byte for byte', async () => {
    const seed = Date.now() % 2 ** 31;
    console.info(`seed ${seed}`);
    const text = fc.string({ unit: 'binary', maxLength: 200 }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const attempt = anAttempt('printf "%s" "$VALUE" | od -An -v -tx1 | tr -d " \\n"', { env: { VALUE: value } });
        const { stdout } = await runToEnd(shell, sshd.target, attempt);
        expect(stdout).toBe(Buffer.from(value, 'utf8').toString('hex'));
      }),
      { seed, numRuns: 15 },
    );
  });

  it('starts a script of any length whole, and keeps the end of a long output from a whole line on', async () => {
    const script = `${'# padding\n'.repeat(20_000)}i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done`;
    const ended = await runToEnd(shell, sshd.target, anAttempt(script));
    expect(ended.truncated).toBe(true);
    expect(ended.stdout).toMatch(/^line \d+\n/);
    expect(ended.stdout.endsWith('line 19999\n')).toBe(true);
    expect(Buffer.byteLength(ended.stdout)).toBeLessThanOrEqual(65_536);
  });

  it('shows a secret in no command line, and leaves it in no file once the script has begun', async () => {
    const secret = 'hunter2-Zq9-secret';
    const gate = join(sshd.home, 'secret-gate');
    const script = `[ "$PASSWORD" = ${secret.replace('-', '"-"')} ] && echo arrived; while [ ! -e ${gate} ]; do sleep 0.1; done`;
    const attempt = anAttempt(script, { env: { PASSWORD: secret }, secretNames: ['PASSWORD'] });
    const seen: string[] = [];
    const watching = new AbortController();
    const watch = watchCommandLines(watching.signal, (line) => (line.includes(secret) ? seen.push(line) : undefined));
    await shell.start(sshd.target, attempt, signal);
    const stdout = join(folderOf(attempt.name), 'stdout');
    while (!existsSync(stdout) || !readFileSync(stdout, 'utf8').includes('arrived')) await nextTurn();
    const folder = folderOf(attempt.name);
    const files = readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'utf8').includes(secret));
    writeFileSync(gate, '');
    expect(await untilSettled(shell, sshd.target, attempt.name)).toMatchObject({ exitCode: 0, stdout: 'arrived\n' });
    watching.abort();
    await watch;
    expect({ seen, files }).toEqual({ seen: [], files: [] });
  });

  it('starts nothing when the name exists, also after the end', async () => {
    const file = join(sshd.home, 'starts');
    const attempt = anAttempt(`echo once >> ${file}`);
    await runToEnd(shell, sshd.target, attempt);
    const again = await Promise.all([1, 2, 3].map(() => shell.start(sshd.target, attempt, signal)));
    expect(again.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    await untilSettled(shell, sshd.target, attempt.name);
    expect(readFileSync(file, 'utf8')).toBe('once\n');
  });

  it('starts one script when two starts of a name race', async () => {
    const file = join(sshd.home, 'races');
    const attempt = anAttempt(`echo once >> ${file}`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => shell.start(sshd.target, attempt, signal)));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    await untilSettled(shell, sshd.target, attempt.name);
    expect(readFileSync(file, 'utf8')).toBe('once\n');
  });

  it('finds by name what a lost connection left running', async () => {
    const gate = join(sshd.home, 'gate');
    const attempt = anAttempt(`while [ ! -e ${gate} ]; do sleep 0.1; done; echo result; exit 4`);
    expect(await shell.start(sshd.target, attempt, signal)).toEqual({ kind: 'accepted' });
    sshd.cut();
    let state = await shell.look(sshd.target, attempt.name, signal);
    while (state.kind === 'unreachable') state = await shell.look(sshd.target, attempt.name, signal);
    expect(state).toEqual({ kind: 'running' });
    writeFileSync(gate, '');
    expect(await untilSettled(shell, sshd.target, attempt.name)).toMatchObject({ kind: 'ended', exitCode: 4, stdout: 'result\n' });
  });

  it('calls a start ambiguous when its answer is lost, and another worker adopts the result', async () => {
    const file = join(sshd.home, 'ambiguous');
    const attempt = anAttempt(`echo once >> ${file}; exit 5\n${'# padding\n'.repeat(12_000)}`);
    await shell.look(sshd.target, attempt.name, signal);
    sshd.muteAfter(100_000);
    const answer = shell.start(sshd.target, attempt, signal);
    while (!existsSync(join(folderOf(attempt.name), 'exit'))) await nextTurn();
    sshd.cut();
    expect(await answer).toMatchObject({ kind: 'ambiguous' });
    const other = createSshShell({ knownHostsFile: sshd.knownHostsFile, secrets: sshd.secrets });
    expect(await untilSettled(other, sshd.target, attempt.name)).toMatchObject({ kind: 'ended', exitCode: 5 });
    expect(await other.start(sshd.target, attempt, signal)).toEqual({ kind: 'accepted' });
    other.close();
    expect(readFileSync(file, 'utf8')).toBe('once\n');
  });

  it('stops a script at its timeout, with everything that it started', async () => {
    const attempt = anAttempt('sleep 300 & echo $!; wait', { timeoutMs: 1000 });
    const ended = await runToEnd(shell, sshd.target, attempt);
    expect(ended).toMatchObject({ exitCode: 143, timedOut: true });
    expect(isRunning(Number(ended.stdout))).toBe(false);
  });

  it('stops a script when asked, and no other', async () => {
    const [stopped, other] = [anAttempt('sleep 300'), anAttempt('sleep 300')];
    await shell.start(sshd.target, stopped, signal);
    await shell.start(sshd.target, other, signal);
    await shell.stop(sshd.target, stopped.name, signal);
    expect(await untilSettled(shell, sshd.target, stopped.name)).toMatchObject({ kind: 'ended', exitCode: 143, timedOut: false });
    expect(await shell.look(sshd.target, other.name, signal)).toEqual({ kind: 'running' });
    await shell.stop(sshd.target, other.name, signal);
    await untilSettled(shell, sshd.target, other.name);
  });

  it('removes what ended and keeps what runs', async () => {
    const attempt = anAttempt('sleep 300');
    await shell.start(sshd.target, attempt, signal);
    await shell.remove(sshd.target, attempt.name, signal);
    expect(await shell.look(sshd.target, attempt.name, signal)).toEqual({ kind: 'running' });
    await shell.stop(sshd.target, attempt.name, signal);
    await untilSettled(shell, sshd.target, attempt.name);
    await shell.remove(sshd.target, attempt.name, signal);
    expect(await shell.look(sshd.target, attempt.name, signal)).toEqual({ kind: 'absent' });
    expect(existsSync(folderOf(attempt.name))).toBe(false);
  });

  it('calls a script lost when its runner was killed, but not before the script itself is gone', async () => {
    const attempt = anAttempt('sleep 300');
    await shell.start(sshd.target, attempt, signal);
    while (!existsSync(join(folderOf(attempt.name), 'child_pid'))) await nextTurn();
    process.kill(Number(readFileSync(join(folderOf(attempt.name), 'pid'), 'utf8')), 'SIGKILL');
    expect(await shell.look(sshd.target, attempt.name, signal)).toEqual({ kind: 'running' });
    await shell.stop(sshd.target, attempt.name, signal);
    expect(await untilSettled(shell, sshd.target, attempt.name)).toMatchObject({ kind: 'lost' });
  });

  it('holds a script to its timeout although its runner was killed', async () => {
    const attempt = anAttempt('sleep 300', { timeoutMs: 2000 });
    await shell.start(sshd.target, attempt, signal);
    while (!existsSync(join(folderOf(attempt.name), 'child_pid'))) await nextTurn();
    process.kill(Number(readFileSync(join(folderOf(attempt.name), 'pid'), 'utf8')), 'SIGKILL');
    expect(await untilSettled(shell, sshd.target, attempt.name)).toMatchObject({ kind: 'lost' });
  });

  it('leaves a script its ordinary file mode, although its own files are private', async () => {
    const { stdout } = await runToEnd(shell, sshd.target, anAttempt('umask; ls -ld "$HOME/.runward/attempts" | cut -c1-10'));
    expect(stdout).toBe(`${process.umask().toString(8).padStart(4, '0')}\ndrwx------\n`);
  });
});

/** Reads the command line of every process over and over, as any user of the machine could. */
async function watchCommandLines(until: AbortSignal, see: (line: string) => void): Promise<void> {
  while (!until.aborted) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) see(commandLine(pid));
    await nextTurn();
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
