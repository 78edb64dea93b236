import type { AddressInfo } from 'node:net';
import type { Config } from '../engine/config.ts';
import { actions } from '../engine/actions/registry.ts';
import type { Heartbeat, Ports } from '../engine/ports.ts';
import { retainForever } from '../engine/retention/retain.ts';
import { scanForever } from '../engine/run/scan.ts';
import { fireForever } from '../engine/schedule/fire.ts';
import { buildApp } from './app.ts';
import { makeBudget } from './budget.ts';
import type { ConsoleFiles } from './console-files.ts';
import type { App, ServerContext, ServerPorts } from './context.ts';
import { publishFreezes } from './controls.ts';
import { refuseOpen } from './loopback.ts';
import { makePlans } from './plans.ts';
import type { SentFile } from './projects.ts';
import { makeProjects } from './projects.ts';
import { OPERATOR, publishSchedules, slotRuns } from './schedules.ts';
import { makeStreams } from './streams.ts';

/** What a server is made of. `publicKey` is the PEM text that belongs to the signer; `project` is published before anything is answered. */
export interface ServerOptions {
  readonly config: Config;
  readonly ports: ServerPorts & Pick<Ports, 'random'>;
  readonly publicKey: string;
  readonly version: string;
  readonly project?: readonly SentFile[];
  /** When to look at schedules; absent: this server fires none. */
  readonly heartbeat?: Heartbeat;
  readonly consoleFiles?: ConsoleFiles;
}

/** A server that listens. `close` ends streams and long answers, lets other requests finish, and does not close the ports. */
export interface RunningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Publishes the project, listens, and looks for runs that nobody holds. Throws USAGE_OPEN, USAGE_DOCUMENT and STORE_UNAVAILABLE. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, ports } = options;
  refuseOpen(config);
  const { app, context, close } = await assemble(options);
  if (options.project !== undefined && options.project.length > 0) await context.projects.publish(options.project, { writer: OPERATOR });
  await publishFreezes(context, await context.projects.current());
  await publishSchedules(context, await context.projects.current(), { writer: OPERATOR, files: options.project ?? [] });
  await app.listen({ host: config.host, port: config.port });
  const scan = scanForever(ports, { everyMs: config.scanMs, signal: context.closing });
  const { readinessRunDays } = config.retention;
  const retain = readinessRunDays === 0 ? undefined : retainForever(ports, { keepMs: readinessRunDays * DAY_MS, signal: context.closing });
  const { heartbeat } = options;
  const fire = heartbeat === undefined ? undefined : fireForever(ports, slotRuns(context), { heartbeat, signal: context.closing });
  ports.log.info('server listens', { url: context.baseUrl(), auth: config.auth, version: options.version });
  return {
    url: context.baseUrl(),
    async close() {
      await close();
      await scan;
      await fire;
      await retain;
    },
  };
}

/** The app with everything behind it, before it listens; `close` as in a running server. */
export async function assemble(
  options: Omit<ServerOptions, 'project'>,
): Promise<{ readonly app: App; readonly context: ServerContext; readonly close: () => Promise<void> }> {
  const { config, ports, publicKey, version } = options;
  const closing = new AbortController();
  const context: ServerContext = {
    ports,
    config,
    publicKey,
    version,
    baseUrl: () => config.publicUrl?.replace(/\/+$/, '') ?? urlOf(config, app.server.address()),
    projects: makeProjects(ports, { actions, allowLocalScripts: config.allowLocalScripts }),
    plans: makePlans(ports),
    budget: makeBudget(ports.clock, {
      start: config.startsPerMinute,
      write: config.writesPerMinute,
      control: config.writesPerMinute,
      read: config.readsPerMinute,
      sign_in: SIGN_IN_FAILURES_PER_MINUTE,
    }),
    streams: makeStreams(config.streamMax),
    closing: closing.signal,
    ...(options.consoleFiles === undefined ? {} : { consoleFiles: options.consoleFiles }),
  };
  const app = await buildApp(context);
  const close = async () => {
    closing.abort();
    await app.close();
  };
  return { app, context, close };
}

const SIGN_IN_FAILURES_PER_MINUTE = 10;
const DAY_MS = 86_400_000;

function urlOf(config: Config, address: AddressInfo | string | null): string {
  const port = address === null || typeof address === 'string' ? config.port : address.port;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}
