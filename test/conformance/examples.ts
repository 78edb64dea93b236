import { readFileSync } from 'node:fs';
import { ComputeManagementClient } from '@azure/arm-compute';
import { SiteRecoveryManagementClient } from '@azure/arm-recoveryservices-siterecovery';
import { RecoveryServicesClient } from '@azure/arm-recoveryservices';
import { RecoveryServicesBackupClient } from '@azure/arm-recoveryservicesbackup';
import { ResourceManagementClient } from '@azure/arm-resources';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { lostFields } from './lossless.ts';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Service, SpecOperation } from './swagger.ts';

/** How the SDKs read the answers that Azure has published as examples. */
export interface ExamplesRead {
  readonly answers: number;
  readonly read: number;
  /** Answers of which the SDK is known to lose something. */
  readonly known: readonly string[];
  /** Answers of services that no SDK of this project speaks to, or of operations that it has not got. */
  readonly unspoken: readonly string[];
  readonly misses: readonly string[];
}

interface Example {
  readonly responses: Readonly<Record<string, { readonly body?: unknown }>>;
}

/** An extension of a machine has a type of its own beside that of its resource, and the SDK keeps one of the two. */
const KNOWN_LOSS = /\/resources\/\d+\/properties\/type$/;

type Method = (...given: readonly unknown[]) => unknown;
type Group = Readonly<Record<string, unknown>>;

/** Gives every published example answer to the method of the SDK that would have asked for it, and compares what comes out with what went in. */
export async function readExamples(services: readonly Service[]): Promise<ExamplesRead> {
  let [answers, read] = [0, 0];
  const known: string[] = [];
  const unspoken: string[] = [];
  const misses: string[] = [];
  for (const operation of services.flatMap((service) => service.operations)) {
    for (const { status, body, file } of answersOf(operation)) {
      const name = `${operation.operationId} ${status} ${file}`;
      answers += 1;
      const method = methodOf(operation, { status, body });
      if (method === undefined) {
        unspoken.push(name);
        continue;
      }
      const outcome = await readOne(operation, method, { status, body });
      if (outcome === 'read') read += 1;
      else if (outcome === 'known') known.push(name);
      else misses.push(`${name}: ${outcome}`);
    }
  }
  return { answers, read, known, unspoken, misses };
}

interface Told {
  readonly status: number;
  readonly body: unknown;
}

function* answersOf(operation: SpecOperation): Generator<Told & { readonly file: string }> {
  for (const path of operation.examples) {
    const { responses } = JSON.parse(readFileSync(path, 'utf8')) as Example;
    for (const [status, { body }] of Object.entries(responses))
      if (body !== undefined && operation.responses[status]?.schema !== undefined)
        yield { status: Number(status), body: settled(body), file: path.split('/').at(-1) ?? '' };
  }
}

/** An operation that is still under way would be asked for again and again; here it has come to its end. */
function settled(body: unknown): unknown {
  const { properties } = (body ?? {}) as { readonly properties?: { readonly provisioningState?: unknown } };
  if (properties?.provisioningState === undefined) return body;
  return { ...(body as object), properties: { ...properties, provisioningState: 'Succeeded' } };
}

/** A client whose network is one example. */
function clientOf(service: string, told: Told): Group | undefined {
  const httpClient: HttpClient = {
    sendRequest: (request) =>
      Promise.resolve({
        request,
        status: told.status,
        headers: createHttpHeaders({ 'content-type': 'application/json' }),
        bodyAsText: JSON.stringify(told.body),
      }),
  };
  const credential = { getToken: () => Promise.resolve({ token: 'none', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const settings = { httpClient, retryOptions: { maxRetries: 0 } };
  const subscription = '00000000-0000-4000-8000-000000000000';
  switch (service) {
    case 'compute':
    case 'disk':
      return new ComputeManagementClient(credential, subscription, settings) as unknown as Group;
    case 'backup':
      return unserialised(new RecoveryServicesBackupClient(credential, subscription, settings));
    case 'siterecovery':
      return unserialised(new SiteRecoveryManagementClient(credential, subscription, settings));
    case 'recoveryservices':
      return new RecoveryServicesClient(credential, subscription, settings) as unknown as Group;
    case 'resources':
      return unserialised(new ResourceManagementClient(credential, subscription, settings));
    default:
      return undefined;
  }
}

/** What is sent does not matter here, so that no body has to be made up that the serialiser would take. */
function unserialised(client: Pick<SiteRecoveryManagementClient, 'pipeline'>): Group {
  client.pipeline.removePolicy({ name: 'serializationPolicy' });
  return client as unknown as Group;
}

function methodOf(operation: SpecOperation, told: Told): Method | undefined {
  const [groupName = '', methodName = ''] = operation.operationId.toLowerCase().split('_');
  const client = clientOf(operation.service.name, told) ?? {};
  const named = (holder: object, wanted: readonly string[]): unknown => {
    const names = [...Object.keys(holder), ...Object.getOwnPropertyNames(Object.getPrototypeOf(holder) as object)];
    const name = names.find((each) => wanted.includes(each.toLowerCase()));
    return name === undefined ? undefined : (holder as Group)[name];
  };
  const group = named(client, [groupName, `${groupName}operations`]);
  if (typeof group !== 'object' || group === null) return undefined;
  const method = named(group, [methodName, `begin${methodName}andwait`]);
  return typeof method === 'function' ? (method as Method).bind(group) : undefined;
}

/** How the SDK reads an answer: `read`, `known` where it loses what it is known to lose, or what is wrong. */
async function readOne(operation: SpecOperation, method: Method, { status, body }: Told): Promise<string> {
  // The last parameter of every method is its options, and the one before it the body; a body that may be left out is among the options.
  const hasBody = operation.parameters.some((parameter) => parameter.in === 'body' && parameter.required === true);
  const names = Array.from({ length: Math.max(0, method.length - 1) }, () => 'name');
  const given: readonly unknown[] = hasBody ? [...names.slice(0, -1), {}] : names;
  try {
    const result = method(...given);
    const made = isPaged(result) ? { value: (await result.byPage().next()).value } : await (result as Promise<unknown>);
    const { nextLink: _next, ...rest } = body as { readonly nextLink?: unknown };
    const lost = lostFields(isPaged(result) ? rest : body, made);
    return lost.length === 0 ? 'read' : lost.every((pointer) => KNOWN_LOSS.test(pointer)) ? 'known' : `loses ${lost.join(', ')}`;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const { error: told } = (body ?? {}) as { readonly error?: { readonly code?: unknown } };
    if (status >= 400 && code !== undefined && code === told?.code) return 'read';
    return String(error).split('\n')[0] ?? '';
  }
}

interface Paged {
  readonly byPage: () => AsyncIterator<unknown>;
}

function isPaged(result: unknown): result is Paged {
  return typeof result === 'object' && result !== null && 'byPage' in result;
}
