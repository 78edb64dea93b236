import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';

/**
 * A page of a list that moved while it was read: on a later page the first element is left out, as when one before it was deleted, or
 * the last element of the page before stands there once more, as when one came in.
 */
export function pageOf(
  world: World,
  way: 'skip' | 'repeat',
  read: { readonly call: Pick<Call, 'path' | 'rawQuery'>; readonly given: Answer },
): Answer {
  const { call, given } = read;
  const body = given.body as { readonly value?: readonly unknown[]; readonly nextLink?: string } | undefined;
  if (body?.value === undefined) return given;
  const before = world.lastElements.get(call.path);
  const last = body.value.at(-1);
  if (body.nextLink !== undefined && last !== undefined) world.lastElements.set(call.path, last);
  else world.lastElements.delete(call.path);
  if (before === undefined || !/skiptoken/i.test(call.rawQuery)) return given;
  return { ...given, body: { ...body, value: way === 'skip' ? body.value.slice(1) : [before, ...body.value] } };
}
