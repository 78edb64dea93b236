import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const ROOM_MIN_BYTES = 2 * 1024 ** 3;

let place: string | undefined;

/**
 * A new folder for the state of a server that writes each change through to the disk. It lies in memory where this machine has the room:
 * tests kill processes, never the power, and a slow disk would be most of their time.
 */
export async function quickFolder(prefix: string): Promise<string> {
  place ??= isFit(MEMORY) ? MEMORY : tmpdir();
  return mkdtemp(join(place, prefix));
}

// Simulated machines have programs in their files, and containers often forbid to start one from there.
function isFit(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_MIN_BYTES && runsPrograms(folder);
  } catch {
    return false;
  }
}

function runsPrograms(folder: string): boolean {
  const own = mkdtempSync(join(folder, 'runward-fit-'));
  try {
    const program = join(own, 'program');
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
