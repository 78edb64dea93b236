import { RunwardError } from '../../engine/errors.ts';
import type { CallOptions } from './call-options.ts';
import type { ArmRequest, Clients } from './clients.ts';
import { stitched } from './stitch.ts';
import { Unreadable } from './unreadable.ts';

/** Versions of the API of providers for which we have no SDK package. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  'microsoft.network': '2024-05-01',
  'microsoft.network/trafficmanagerprofiles': '2022-04-01',
  'microsoft.alertsmanagement': '2019-03-01',
  'microsoft.insights/metricalerts': '2018-03-01',
  'microsoft.insights/scheduledqueryrules': '2023-12-01',
  'microsoft.insights/activitylogalerts': '2020-10-01',
  'microsoft.compute': '2026-04-01',
  'microsoft.compute/disks': '2026-03-02',
  'microsoft.recoveryservices': '2023-06-01',
};

/** Reads a resource by its id. Throws when the answer is not 200 with a JSON object; the wire keeps what came. */
export async function getResource(clients: Clients, id: string, abortSignal: AbortSignal, apiVersion?: string): Promise<ArmResource> {
  const response = await clients.get(armUrl(clients, id, apiVersion), abortSignal);
  const body: unknown = response.status === 200 ? JSON.parse(response.bodyAsText ?? '') : undefined;
  if (typeof memberOf(body, 'properties') !== 'object') throw new Error(`the answer is not a resource: ${id}`);
  return body as ArmResource;
}

/** Sends one request about a resource. */
export async function sendResource(
  clients: Clients,
  request: Omit<ArmRequest, 'url'> & { readonly id: string },
  options: CallOptions,
): Promise<void> {
  const { id, ...rest } = request;
  await clients.send({ ...rest, url: armUrl(clients, id, undefined) }, options);
}

/** Every entry of a list once, over all its pages. The host of each further page is checked as that of every request is. */
export async function listResources(clients: Clients, path: string, abortSignal: AbortSignal): Promise<readonly unknown[]> {
  const entries = await stitched(() => entriesOf(clients, path, abortSignal));
  return [...entries.values()].map(({ entry }) => entry);
}

/** What has no id, as rights have none, is told apart by all that it says. */
async function* entriesOf(
  clients: Clients,
  path: string,
  abortSignal: AbortSignal,
): AsyncIterable<{ readonly id: string; readonly entry: unknown }> {
  let url: string | undefined = `${clients.settings.cloud.endpoint}${path}`;
  for (let page = 0; url !== undefined && page < PAGES_MAX; page += 1) {
    const response = await clients.get(url, abortSignal);
    const body: unknown = response.status === 200 ? JSON.parse(response.bodyAsText ?? '') : undefined;
    if (!Array.isArray(memberOf(body, 'value'))) throw new Error(`the answer is not a list: ${path}`);
    for (const entry of listAt(body, 'value')) yield { id: textAt(entry, 'id') ?? JSON.stringify(entry), entry };
    url = textAt(body, 'nextLink');
  }
  if (url !== undefined) throw new Error(`the list has more than ${PAGES_MAX} pages`);
}

const PAGES_MAX = 200;

function armUrl(clients: Clients, id: string, apiVersion: string | undefined): string {
  const [, provider = '', type = ''] = /\/providers\/([^/]+)\/([^/]+)(?!.*\/providers\/)/i.exec(id.toLowerCase()) ?? [];
  const version = apiVersion ?? API_VERSIONS[`${provider}/${type}`] ?? API_VERSIONS[provider];
  if (!/^\/subscriptions\/[^/]+/i.test(id) || /[?#]|\/\.\.?(\/|$)/.test(id)) {
    throw new RunwardError('ARM_NOT_ALLOWED', `${JSON.stringify(id)} is not the id of a resource that is read this way`);
  }
  if (version === undefined) throw new Unreadable(`no API version is known for ${provider || 'this resource'}: name one with api_version`);
  const path = id.split('/').map(encodeURIComponent).join('/');
  return `${clients.settings.cloud.endpoint}${path}?api-version=${encodeURIComponent(version)}`;
}

/** A resource as JSON; nothing about it is sure. */
export interface ArmResource {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly type?: unknown;
  readonly tags?: unknown;
  readonly etag?: unknown;
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

/** The entries of a member that must be a list: what it would say by being empty must not be taken from an answer that lacks it. */
export function needListAt(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const member = memberOf(value, ...names);
  if (!Array.isArray(member)) throw new Error(`the answer does not tell ${names.at(-1) ?? 'its list'}`);
  return member;
}

/** The texts of a member that is a list of texts. */
export function textsAt(value: unknown, ...names: readonly string[]): readonly string[] {
  return listAt(value, ...names).filter((entry) => typeof entry === 'string');
}

/** The texts of a member that is a map of texts, for example tags. */
export function textMapAt(value: unknown, ...names: readonly string[]): Readonly<Record<string, string>> {
  const member = memberOf(value, ...names);
  if (typeof member !== 'object' || Array.isArray(member)) return {};
  return Object.fromEntries(Object.entries(member as object).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
