import { z } from 'zod';
import { timeText } from '../../engine/run/summary.ts';
import type { App, ServerContext } from '../context.ts';
import { component, instant, milliseconds } from '../schemas/component.ts';

const READY_WITHIN_MS = 30_000;

const workersSchema = component(
  'Workers',
  z.object({
    items: z
      .array(
        z.object({
          worker: z.string(),
          version: z.string(),
          host: z.string(),
          startedAt: instant,
          ageMs: milliseconds,
          ready: z.boolean(),
          runs: z.number().int(),
        }),
      )
      .readonly(),
    noWorkers: z.boolean(),
  }),
);

/** The workers that were heard of lately; none means that accepted runs wait. */
export function workerRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/workers',
    {
      config: { permission: 'read' },
      schema: { summary: 'Workers and their last heartbeat', tags: ['workers'], response: { 200: workersSchema } },
    },
    async () => {
      const { store } = context.ports;
      const nowMs = await store.nowMs();
      const items = (await store.listWorkers()).map(({ worker, version, host, startedAtMs, atMs, runs }) => {
        const ageMs = Math.max(0, nowMs - atMs);
        return { worker, version, host, startedAt: timeText(startedAtMs), ageMs, ready: ageMs <= READY_WITHIN_MS, runs };
      });
      return { items, noWorkers: !items.some((worker) => worker.ready) };
    },
  );
}
