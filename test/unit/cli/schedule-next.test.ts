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

  it('refuses what it cannot read', async () => {
    const file = join(folder, 'greet.yaml');
    expect((await runward(['schedule', 'next', '-f', file, 'greet.none'], folder)).exit).toBe(1);
    expect((await runward(['schedule', 'next', '-f', file, '--tz', 'Mars/Base'], folder)).exit).toBe(2);
    expect((await runward(['schedule', 'next', '-f', file, '--from', 'soon'], folder)).exit).toBe(2);
    expect((await runward(['schedule', 'next'], folder)).exit).toBe(2);
  });
});
