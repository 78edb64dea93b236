import { readFile } from 'node:fs/promises';
import type { Config } from '../engine/config.ts';
import type { StopFacts, Stops } from '../engine/gates/stops.ts';
import { STOPS_POLL_MS, STOPS_STALE_MS } from '../engine/limits.ts';
import type { Ports } from '../engine/ports.ts';

/** Kill switch and freezes as this worker knows them; `watch` reads them every two seconds until the signal aborts. */
export interface StopWatch extends Stops {
  readonly watch: (signal: AbortSignal) => Promise<void>;
  /** Reads them once, now. */
  readonly look: () => Promise<void>;
}

/** The kill switch of the store, of this host (a file) and of this process (a variable). What cannot be read counts as on. */
export function makeStopWatch(ports: Pick<Ports, 'store' | 'clock' | 'log'>, config: Pick<Config, 'kill' | 'killFile'>): StopWatch {
  let known: StopFacts = { freezes: [] };
  let readAtMs = Number.NEGATIVE_INFINITY;
  let onFile: string | undefined;

  const look = async (): Promise<void> => {
    onFile = await fileReason(config.killFile);
    try {
      known = await ports.store.readStops();
      readAtMs = ports.clock.monotonicMs();
    } catch {
      ports.log.debug('kill switch and freezes could not be read', {});
    }
  };

  return {
    look,
    now() {
      if (config.kill === '1') return { ...known, kill: { reason: 'RUNWARD_KILL is 1', by: 'this worker' } };
      if (onFile !== undefined) return { ...known, kill: { reason: onFile, by: `file ${config.killFile}` } };
      if (ports.clock.monotonicMs() - readAtMs > STOPS_STALE_MS)
        return { ...known, kill: { reason: 'it cannot be read', by: 'this worker', unreadable: true } };
      return known;
    },
    async watch(signal) {
      while (!signal.aborted) {
        await look();
        await ports.clock.sleep(STOPS_POLL_MS, signal);
      }
    },
  };
}

/** What the file says; undefined when there is none. A file that is there and cannot be read stops as well. */
async function fileReason(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim().slice(0, 200) || 'the file is there';
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return missing ? undefined : 'the file cannot be read';
  }
}
