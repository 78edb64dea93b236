import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../cli/project-root.ts';
import { type Ended, runwardIn } from '../support/command-line.ts';
import { lacks } from '../support/lacks.ts';

const missing = lacks('redis-server');

/** The demo and what it left are looked at from the checkout, as a user does. */
const runward = (...args: readonly string[]): Promise<Ended> => runwardIn(args, projectRoot(), {});

describe.skipIf(missing)('the demo', () => {
  let project: string;
  let demo: Ended;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'runward-demo-'));
    demo = await runward('demo', '--exit', '--project', project);
  });
  afterAll(async () => {
    await rm(project, { recursive: true, force: true });
  });

  it('ends with the exit code of its run and says nothing on stderr', () => {
    expect({ exit: demo.exit, stderr: demo.stderr }, demo.stdout).toEqual({ exit: 0, stderr: '' });
  });

  it('tells its story: store, estate, plan, self-approval, kill, takeover, verdict, ledger, evidence', () => {
    for (const part of [
      /redis {6}.*redis-server/,
      /azure {6}simulator https:\/\/localhost:\d+ · contoso-shop, seed 42 · 60 times faster than Azure/,
      /plan {7}demo-drill · \d+ read · \d+ mutate · \d+ unknown · 1 gate · hash [0-9a-f]{8}/,
      /approved {3}by local, who also started the run: the evidence says self-approved \(local\)/,
      /kill {7}worker \d+ got SIGKILL while the test failover of app-0\d was under way/,
      /takeover {3}the run goes on/,
      /verdict {4}succeeded · RTO 0:\d\d of 3:00 met · RPO 0:\d\d of 15:00 met/,
      /ledger {5}the simulator accepted 10 test failovers and 10 cleanups: each counted once/,
      /evidence {3}\S+\d-demo-drill\.evidence\.json/,
      /drift {6}linux-baseline on 12 machines: 9 compliant, 2 drifted \(app-03, batch-01\), 1 unknown \(jump-01\)/,
      /stop {7}worker, server, simulator and store stop now · the data stays in /,
    ]) {
      expect(demo.stdout).toMatch(part);
    }
  });

  it('ends without naming anything that is gone by then', () => {
    const [, after = ''] = demo.stdout.split(/ drift {6}/);
    expect(after.trim().split('\n')).toHaveLength(2);
    expect(after).not.toMatch(/http:|npx|Ctrl-C/);
  });

  it('writes no escape codes into a pipe', () => {
    expect(demo.stdout).not.toContain('\u001b');
  });

  it('leaves evidence that verifies without a server, and names the part that was changed', async () => {
    const folder = join(project, '.runward', 'demo', 'evidence');
    // Readiness checks are runs as well, and one may have been due just before the drill.
    const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('-demo-drill.evidence.json'));
    const file = join(folder, name);
    expect((await runward('evidence', 'verify', file)).exit).toBe(0);
    const changed = join(project, 'changed.json');
    const text = await readFile(file, 'utf8');
    const lie = text.replace(/"outcome": ?"succeeded"/, (found) => found.replace('succeeded', 'cancelled'));
    expect(lie).not.toBe(text);
    await writeFile(changed, lie);
    const verified = await runward('evidence', 'verify', changed);
    expect(verified.exit).toBe(1);
    expect(verified.stdout).toMatch(/WRONG {2}parts .*verdict/);
  });

  it('leaves nothing running and no secret in its logs', async () => {
    expect(existsSync(join(project, '.runward', 'local.json'))).toBe(false);
    const logs = join(project, '.runward', 'demo', 'logs');
    const secret = await readFile(join(project, '.runward', 'demo', 'azure-client-secret'), 'utf8');
    for (const name of await readdir(logs)) expect(await readFile(join(logs, name), 'utf8'), name).not.toContain(secret);
  });
});
