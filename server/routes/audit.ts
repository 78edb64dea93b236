import type { App, ServerContext } from '../context.ts';
import { demand } from '../identify.ts';
import { eventQuery, installationAuditPage } from '../schemas/history.ts';

/** Who did what to the installation (schedules, locks, controls), and which runs retention has removed. */
export function auditRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/audit',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'The audit chain of the installation, oldest first; for whoever may read everything',
        tags: ['history'],
        querystring: eventQuery,
        response: { 200: installationAuditPage },
      },
    },
    async (request) => {
      // An entry cannot be shown in parts, and one may name runs of many runbooks.
      demand(request.caller, 'read', {});
      const { store } = context.ports;
      const head = await store.systemAuditHead();
      const items = await store.readSystemAudit(request.query.after ?? 0, request.query.limit);
      return { items, ...(head === undefined ? {} : { head }) };
    },
  );
}
