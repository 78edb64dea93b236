import type { Ports } from '../engine/ports.ts';

const BEAT_MS = 5_000;
const KEEP_MS = 20_000;

interface HeartbeatOptions {
  readonly ports: Pick<Ports, 'store' | 'clock' | 'log'>;
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly ticketStore: string;
  readonly active: () => number;
  /** Why this worker changes nothing now. */
  readonly stopped: () => string | undefined;
  readonly signal: AbortSignal;
}

/** Says every 5 s that the worker is alive; silent for 20 s, it is no longer listed. */
export async function heartbeat(options: HeartbeatOptions): Promise<void> {
  const { ports, name, host, version, ticketStore, active, stopped, signal } = options;
  const startedAtMs = ports.clock.nowMs();
  while (!signal.aborted) {
    const why = stopped();
    const head = { worker: name, host, version, ticketStore, startedAtMs, atMs: ports.clock.nowMs(), runs: active() };
    const beat = why === undefined ? head : { ...head, stopped: why };
    await ports.store.beatWorker(beat, KEEP_MS).catch(() => ports.log.debug('heartbeat was not stored', { worker: name }));
    await ports.clock.sleep(BEAT_MS, signal);
  }
}
