import { RunwardError } from '../../engine/errors.ts';
import type { Clients } from './clients.ts';

/** Versions of the API of providers for which we have no SDK package. */
const API_VERSIONS = { 'microsoft.network': '2024-05-01' } as const;

/** Reads a resource by its id. Throws when the answer is not 200 with a JSON object; the wire keeps what came. */
export async function getResource(clients: Clients, id: string, abortSignal: AbortSignal): Promise<ArmResource> {
  const provider = /\/providers\/([^/]+)\//i.exec(id)?.[1]?.toLowerCase();
  if (provider === undefined || !(provider in API_VERSIONS) || /[?#]|\/\.\.?(\/|$)/.test(id)) {
    throw new RunwardError('ARM_NOT_ALLOWED', `${JSON.stringify(id)} is not the id of a resource that is read this way`);
  }
  const version = API_VERSIONS[provider as keyof typeof API_VERSIONS];
  const path = id.split('/').map(encodeURIComponent).join('/');
  const response = await clients.get(`${clients.settings.cloud.endpoint}${path}?api-version=${version}`, abortSignal);
  const body: unknown = response.status === 200 ? JSON.parse(response.bodyAsText ?? '') : undefined;
  if (typeof memberOf(body, 'properties') !== 'object') throw new Error(`the answer is not a resource: ${id}`);
  return body as ArmResource;
}

/** A resource as JSON; nothing about it is sure. */
export interface ArmResource {
  readonly id?: unknown;
  readonly location?: unknown;
  readonly properties?: unknown;
}

/** The member of a JSON object; undefined for absent, null and everything that is not an object. */
export function memberOf(value: unknown, ...names: readonly string[]): unknown {
  let current = value;
  for (const name of names) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current ?? undefined;
}

/** The text of a member; undefined when it is not a text or empty. */
export function textAt(value: unknown, ...names: readonly string[]): string | undefined {
  const member = memberOf(value, ...names);
  return typeof member === 'string' && member !== '' ? member : undefined;
}

/** The entries of a member that is a list; none when it is not a list. */
export function listAt(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const member = memberOf(value, ...names);
  return Array.isArray(member) ? member : [];
}

/** The texts of a member that is a list of texts. */
export function textsAt(value: unknown, ...names: readonly string[]): readonly string[] {
  return listAt(value, ...names).filter((entry) => typeof entry === 'string');
}
