import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** One effectful request: what was asked, what it did, what was answered. */
export interface LedgerEntry {
  readonly n: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly clientRequestId: string;
  readonly bodyDigest: string;
  readonly effect: 'none' | 'refused' | 'started' | 'replaced';
  readonly resource: string;
  readonly operationId?: string;
  readonly jobId?: string;
  readonly status: number;
  readonly fault?: string;
  readonly principal: string;
}

/** Two effects where one was due. */
export interface Double {
  readonly by: 'clientRequestId' | 'resource';
  readonly key: string;
  readonly operation: string;
  readonly entries: readonly number[];
}

/** The ledger of effects. An entry is on disk before the answer to its request leaves. */
export interface Ledger {
  readonly append: (entry: Omit<LedgerEntry, 'n'>) => LedgerEntry;
  readonly entries: () => readonly LedgerEntry[];
  /** Counts a new period of a resource: an effect of this operation is legitimate once more. */
  readonly newPeriod: (resource: string, operation: string) => void;
  /** A resource is gone: whatever was done to it may be done once more to the next one of its name. */
  readonly newLife: (resource: string) => void;
  readonly doubles: () => readonly Double[];
  readonly close: () => void;
}

/** The lines of the ledger of a state folder; a last one that was cut off by a crash is none. */
export function ledgerLines(folder: string): readonly string[] {
  const file = join(folder, 'ledger.jsonl');
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(file, whole);
  return whole.split('\n').filter((line) => line !== '');
}

/**
 * Opens the ledger of a state folder. `written` are the lines that stand in it already: a world that lives through them once more must
 * come to the same, otherwise `append` throws.
 */
export function openLedger(folder: string, written: readonly string[]): Ledger {
  const file = openSync(join(folder, 'ledger.jsonl'), 'a');
  const entries: LedgerEntry[] = [];
  const periods = new Map<string, number>();
  const lives = new Map<string, number>();
  const keys: { readonly entry: LedgerEntry; readonly period: number }[] = [];
  const periodKey = (resource: string, operation: string): string => `${operation} ${resource.toLowerCase()}`;

  return {
    append: (given) => {
      const entry = { n: entries.length + 1, ...given };
      entries.push(entry);
      const period = (periods.get(periodKey(entry.resource, entry.operation)) ?? 0) + (lives.get(entry.resource.toLowerCase()) ?? 0);
      keys.push({ entry, period });
      const line = JSON.stringify(entry);
      const known = written[entry.n - 1];
      if (known !== undefined && known !== line)
        throw new Error(`the ledger was written by another version of this simulator: line ${entry.n} would be ${line}`);
      if (known !== undefined) return entry;
      writeSync(file, `${line}\n`);
      fsyncSync(file);
      return entry;
    },
    entries: () => entries,
    newPeriod: (resource, operation) => {
      const key = periodKey(resource, operation);
      periods.set(key, (periods.get(key) ?? 0) + 1);
    },
    newLife: (resource) => void lives.set(resource.toLowerCase(), (lives.get(resource.toLowerCase()) ?? 0) + 1),
    doubles: () => doublesOf(keys),
    close: () => closeSync(file),
  };
}

function doublesOf(keys: readonly { readonly entry: LedgerEntry; readonly period: number }[]): Double[] {
  const groups = new Map<string, Double>();
  const put = (by: Double['by'], key: string, entry: LedgerEntry): void => {
    const name = `${by} ${entry.operation} ${key}`;
    const known = groups.get(name);
    groups.set(name, { by, key, operation: entry.operation, entries: [...(known?.entries ?? []), entry.n] });
  };
  for (const { entry, period } of keys) {
    if (entry.effect !== 'started' && entry.effect !== 'replaced') continue;
    put('clientRequestId', entry.clientRequestId, entry);
    put('resource', `${entry.resource.toLowerCase()} in period ${period}`, entry);
  }
  return [...groups.values()].filter((group) => group.entries.length > 1);
}
