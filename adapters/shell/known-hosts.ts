import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a file of pinned host keys says about one machine. Keys are the base64 text of the file; revoked ones are never accepted. */
export interface PinnedKeys {
  readonly keys: readonly PinnedKey[];
  readonly revoked: readonly string[];
}

interface PinnedKey {
  readonly type: string;
  readonly key: string;
}

/** What a presented key is worth. */
export type HostKeyVerdict = 'pinned' | 'unknown' | 'changed' | 'revoked';

/**
 * The keys of one machine from text in the format of OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain names,
 * `[name]:port`, patterns, negations and hashed names. Certificate authorities are not supported, their lines do not count.
 */
export function pinnedKeys(text: string, host: string, port: number): PinnedKeys {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  const keys: PinnedKey[] = [];
  const revoked: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [names, type, key] = fields;
    if (names === undefined || type === undefined || key === undefined || names.startsWith('#')) continue;
    if (!matches(names, name)) continue;
    if (marker === '@revoked') revoked.push(key);
    else if (marker === undefined) keys.push({ type, key });
  }
  return { keys, revoked };
}

/** Compares the key that a machine presents with what is pinned for it. */
export function judgeHostKey(pinned: PinnedKeys, presented: Buffer): HostKeyVerdict {
  const key = presented.toString('base64');
  if (pinned.revoked.includes(key)) return 'revoked';
  if (pinned.keys.some((known) => known.key === key)) return 'pinned';
  return pinned.keys.length === 0 ? 'unknown' : 'changed';
}

/** The fingerprint as ssh-keygen prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return hashMatches(names, name);
  const patterns = names.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

function hashMatches(field: string, name: string): boolean {
  const [, , salt = '', hash = ''] = field.split('|');
  const wanted = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

function matchesPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern.replaceAll(/[^*?]/g, (char) => char.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`));
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
