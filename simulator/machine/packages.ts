import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeOwned } from './owner.ts';

const STATUS = 'var/lib/dpkg/status';
const HISTORY = 'var/log/apt/history.log';

/** Gives the first `count` packages of a machine the next version, and writes it down where Debian does. */
export function upgradePackages(root: string, given: { readonly count: number; readonly at: string }): void {
  const file = join(root, STATUS);
  if (!existsSync(file)) return;
  const upgraded: string[] = [];
  const entries = readFileSync(file, 'utf8')
    .split(/\n{2,}/)
    .map((entry) => {
      const name = /^Package: (.+)$/m.exec(entry)?.[1];
      if (name === undefined || upgraded.length >= given.count) return entry;
      return entry.replace(/^Version: (.+)$/m, (_line, version: string) => {
        const next = nextVersion(version);
        upgraded.push(`${name}:amd64 (${version}, ${next})`);
        return `Version: ${next}`;
      });
    });
  writeOwned(root, STATUS, entries.join('\n\n'));
  const history = join(root, HISTORY);
  mkdirSync(dirname(history), { recursive: true });
  const before = existsSync(history) ? readFileSync(history, 'utf8') : '';
  writeOwned(root, HISTORY, `${before}Start-Date: ${given.at}\nUpgrade: ${upgraded.join(', ')}\n\n`);
}

/** 5.2.15-2 becomes 5.2.15-2+sim1, and that +sim2. */
function nextVersion(version: string): string {
  const patched = /^(.*)\+sim(\d+)$/.exec(version);
  return patched === null ? `${version}+sim1` : `${patched[1] ?? ''}+sim${Number(patched[2]) + 1}`;
}
