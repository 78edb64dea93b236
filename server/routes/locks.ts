import { recordFact } from '../../engine/audit/system-chain.ts';
import type { App, ServerContext } from '../context.ts';
import { confirmSevere } from '../danger.ts';
import { listLocks, lockToRelease, lockView, nameOf } from '../locks.ts';
import { factOf, once } from '../once.ts';
import { idempotencyHeader } from '../schemas/component.ts';
import { lockPage, lockParams, releaseBody, releasedSchema } from '../schemas/lock.ts';

/** Targets that runs hold, and their release by a person. */
export function lockRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/locks',
    { config: { permission: 'read' }, schema: { summary: 'Targets that runs hold', tags: ['locks'], response: { 200: lockPage } } },
    async (request) => ({ items: (await listLocks(context, request.caller)).map(lockView) }),
  );

  app.post(
    '/api/v1/locks/:id/release',
    {
      config: { permission: 'stop:off', budget: 'control' },
      schema: {
        summary: 'Severe: give back a target whose run stands still or has ended; needs its name and a reason',
        tags: ['locks'],
        headers: idempotencyHeader,
        params: lockParams,
        body: releaseBody,
        response: { 200: releasedSchema },
      },
    },
    async (request, reply) => {
      const target = request.params.id;
      const { answer, replayed } = await once(context, request.caller, {
        request: { key: request.headers['idempotency-key'], what: `lock ${target} release`, body: request.body },
        act: async () => {
          const { lock } = await lockToRelease(context, request.caller, target);
          confirmSevere({ what: `the release of ${nameOf(lock.lockId)}`, expected: nameOf(lock.lockId) }, request.body);
          const { reason } = request.body;
          await recordFact(context.ports, factOf(request.caller, 'lock.release', { target: lock.lockId, run: lock.runId, reason }));
          await context.ports.store.unlock([lock.lockId], lock.runId);
          context.ports.log.warn('lock released', { lockId: lock.lockId, runId: lock.runId, principal: request.caller.principal.id });
          return { target: lock.lockId, released: true as const };
        },
      });
      if (replayed) void reply.header('idempotent-replayed', 'true');
      return answer;
    },
  );
}
