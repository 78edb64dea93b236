import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../engine/config.ts';
import type { Ports } from '../engine/ports.ts';
import type { ConsoleFiles } from './console-files.ts';
import type { Budget } from './budget.ts';
import type { Plans } from './plans.ts';
import type { Projects } from './projects.ts';
import type { Streams } from './streams.ts';

/** The part of the outside world that a server touches. */
export type ServerPorts = Pick<Ports, 'store' | 'queue' | 'azure' | 'ids' | 'clock' | 'signer' | 'log'> & {
  /** The secrets of webhooks, by `secret:<runbook>.<id>`; absent where none are configured. */
  readonly hookSecrets?: Ports['secrets'];
};

/** What routes work with: built once when the app is built. */
export interface ServerContext {
  readonly ports: ServerPorts;
  readonly config: Config;
  /** The public half of the signing key as PEM, for evidence. */
  readonly publicKey: string;
  readonly version: string;
  /** The address that links begin with, without a slash at its end. */
  readonly baseUrl: () => string;
  readonly projects: Projects;
  readonly plans: Plans;
  readonly budget: Budget;
  readonly streams: Streams;
  /** The built console; absent where it was not built. */
  readonly consoleFiles?: ConsoleFiles;
  /** Aborts when the server closes, so that long answers end. */
  readonly closing: AbortSignal;
}

/** The HTTP app with types from zod schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;
