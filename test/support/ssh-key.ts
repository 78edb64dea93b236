import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh key pair in the formats of OpenSSH. One in 256 that ssh2 1.17 makes itself cannot be read (github.com/mscdex/ssh2/issues/1513). */
export function sshKeyPair(): { readonly private: string; readonly public: string } {
  const folder = mkdtempSync(join(tmpdir(), 'runward-ssh-key-'));
  const file = join(folder, 'key');
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
    return { private: readFileSync(file, 'utf8'), public: readFileSync(`${file}.pub`, 'utf8').trim() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
