import { backupCoverage } from '../backup-coverage.ts';
import type { App, ServerContext } from '../context.ts';
import { backupCoverageSchema, coverageQuery } from '../schemas/backup.ts';

/** Machines and their backups. */
export function backupRoutes(app: App, context: ServerContext): void {
  app.get(
    '/api/v1/backup/coverage',
    {
      config: { permission: 'read', budget: 'read' },
      schema: {
        summary: 'Every machine with its newest recovery point and its last restore test, a page at a time, unprotected first; reads Azure',
        tags: ['recovery'],
        querystring: coverageQuery,
        response: { 200: backupCoverageSchema },
      },
    },
    async (request) => backupCoverage(context, request.caller, request.query),
  );
}
