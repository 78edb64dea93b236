import type { FastifyReply } from 'fastify';
import type { App, ServerContext } from '../context.ts';
import type { ConsoleFile } from '../console-files.ts';

/** Every address at which the page of the console is served; a list, because a prefix would also answer what nobody wrote. */
const PAGES = [
  '/',
  '/runs',
  '/runs/:run',
  '/runs/:run/logs',
  '/runbooks',
  '/runbooks/:name',
  '/schedules',
  '/schedules/:id',
  '/drift',
  '/drift/:key',
  '/recovery',
];

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

// The names of assets hold a digest of what is inside, so a browser may keep them.
const KEPT = 'public, max-age=31536000, immutable';

const NOT_BUILT = `runward: the server runs, and its console was not built.

  npm run console     builds it; then start the server again
  runward run list    shows the same facts in the terminal
  /api/v1/runs        answers them as JSON
`;

/** The files of the console, and the page itself at each of its addresses. They hold no data, so they ask for no sign-in. */
export function consoleRoutes(app: App, context: ServerContext): void {
  const route = { config: { permission: 'none' }, schema: { hide: true } } as const;
  const files = context.consoleFiles;

  if (files === undefined) {
    app.get('/', route, async (_request, reply) => reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT));
    return;
  }
  for (const path of PAGES) app.get(path, route, async (_request, reply) => sendFile(reply, files.page));
  for (const file of files.assets) {
    app.get(`/console/${file.name}`, route, async (_request, reply) => sendFile(reply, file).header('cache-control', KEPT));
  }
}

function sendFile(reply: FastifyReply, file: ConsoleFile): FastifyReply {
  void reply.type(file.type).header('content-security-policy', POLICY).header('cache-control', 'no-cache');
  // The serializer is for JSON: bytes pass it as they are.
  return reply.send(file.body);
}
