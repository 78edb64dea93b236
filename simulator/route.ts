import type { z } from 'zod';
import type { World } from './world.ts';

/** Who asks: the principal named by a verified token. */
export interface Caller {
  readonly name: string;
  readonly clientId: string;
  readonly objectId: string;
}

/** One request that matched a route. Parameters of the path are decoded and keep their spelling. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as it was sent, byte for byte. */
  readonly rawQuery: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly caller: Caller;
  readonly clientRequestId: string;
  readonly correlationId: string;
  readonly apiVersion: string;
  readonly endpoint: string;
}

/** What an effectful request did, for the ledger. */
export interface Effect {
  readonly effect: 'none' | 'refused' | 'started' | 'replaced';
  readonly resource: string;
  readonly operationId?: string;
  readonly jobId?: string;
}

/** An answer; `body` undefined means an empty body. Header values that are lists are sent as repeated headers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  /** A body that is not JSON, as proxies and broken services send it. */
  readonly text?: string;
  readonly effect?: Effect;
}

/** One operation of Azure: its published operation id, where it is found, which versions it knows, what it does. */
export interface Route {
  readonly operation: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH' | 'HEAD';
  readonly path: string;
  readonly apiVersions: readonly string[];
  readonly body?: z.ZodType;
  /** Whether a request may come without any body, which stands for an empty one. */
  readonly bodyOptional?: true;
  readonly handle: (world: World, call: Call) => Answer;
}

/** The parameters of a path that matches a template; undefined when it does not. Names of the template are compared without case, as ARM does. */
export function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const text = decodeSegment(given[place] ?? '');
    if (text === undefined) return undefined;
    if (part.startsWith('{')) {
      if (text === '') return undefined;
      params[part.slice(1, -1)] = text;
    } else if (part.toLowerCase() !== text.toLowerCase()) return undefined;
  }
  return params;
}

function decodeSegment(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A parameter of the path. Throws when the template does not have it, which is a fault of the route. */
export function param(call: Call, key: string): string {
  const value = call.params[key];
  if (value === undefined) throw new Error(`the path of this route has no parameter ${key}`);
  return value;
}
