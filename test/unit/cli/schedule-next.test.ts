import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GREET } from '../server/documents.ts';
import { runward } from '../../support/command-line.ts';

const NIGHTLY = `triggers:
  schedules:
    - id: nightly
      cron: "30 2 * * *"
      timezone: Europe/Berlin
      missed: { run: latest, within: 1h }
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runward-schedule-'));
  await writeFile(join(folder, 'greet.yaml'), GREET.text + NIGHTLY);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('schedule next -f', () => {
  it('shows the coming slots of a file in two zones, without a server', async () => {
    const args = ['schedule', 'next', '-f', join(folder, 'greet.yaml'), '-n', '3', '--from', '2027-03-27', '--tz', 'America/New_York'];
    const { stdout, exit } = await runward(args, folder);
    expect(exit).toBe(0);
    expect(stdout).toBe(
      `"30 2 * * *" · at 02:30 every day · Europe/Berlin · overlap skip · missed latest within 1h
SLOT Europe/Berlin           YOURS America/New_York       UTC                NOTE
Sat 2027-03-27 02:30 +01:00  Fri 2027-03-26 21:30 -04:00  2027-03-27T01:30Z
Sun 2027-03-28 -             -                            -                  skipped: no 02:30 (DST)
Mon 2027-03-29 02:30 +02:00  Sun 2027-03-28 20:30 -04:00  2027-03-29T00:30Z
`,
    );
  });

  it('says when the jitter lets each run start, which days a pattern means, and that a schedule is switched off', async () => {
    const file = join(folder, 'spread.yaml');
    const more = NIGHTLY.replace('missed: { run: latest, within: 1h }', 'jitter: 30m').replace('"30 2 * * *"', '"30 2 13 * 5"');
    await writeFile(file, `${GREET.text}${more}      day_match: and\n      enabled: false\n`);
    const { stdout } = await runward(['schedule', 'next', '-f', file, '-n', '1', '--from', '2027-03-27', '--tz', 'UTC'], folder);
    const [head, held, , row = ''] = stdout.split('\n');
    expect(head).toBe('"30 2 13 * 5" · day_match and · Europe/Berlin · jitter 30m · overlap skip');
    expect(held).toBe('disabled: these slots start no runs while it stays so');
    const json = await runward(['schedule', 'next', '-f', file, '-n', '1', '--from', '2027-03-27', '-o', 'json'], folder);
    const [schedule] = (JSON.parse(json.stdout) as { schedules: { held: string; next: { slot: string; startsAt: string }[] }[] }).schedules;
    const next = schedule?.next[0];
    expect(schedule?.held).toBe('disabled');
    expect(next?.startsAt).not.toBe(next?.slot);
    expect(row).toContain(`${next?.slot.slice(0, 16)}Z  starts ${next?.startsAt.slice(0, 19)}Z`);
  });

  it('refuses what it cannot read', async () => {
    const file = join(folder, 'greet.yaml');
    expect((await runward(['schedule', 'next', '-f', file, 'greet.none'], folder)).exit).toBe(1);
    expect((await runward(['schedule', 'next', '-f', file, '--tz', 'Mars/Base'], folder)).exit).toBe(2);
    expect((await runward(['schedule', 'next', '-f', file, '--from', 'soon'], folder)).exit).toBe(2);
    expect((await runward(['schedule', 'next'], folder)).exit).toBe(2);
  });
});
