import type { Answer, Call } from './route.ts';
import type { World } from './world.ts';

/** One page of a list. Pages are cut when they are read, so they shift when things come and go meanwhile. */
export function paged(
  world: World,
  call: Pick<Call, 'path' | 'query'>,
  list: { readonly bodies: readonly unknown[]; readonly most: number },
): Answer {
  const { bodies, most } = list;
  const start = Number(call.query.get('$skiptoken') ?? '0');
  const value = bodies.slice(start, start + most);
  if (start + most >= bodies.length) return { status: 200, body: { value } };
  const query = new URLSearchParams(call.query);
  query.set('$skiptoken', String(start + most));
  return { status: 200, body: { value, nextLink: `${world.endpoint}${call.path}?${query.toString()}` } };
}
