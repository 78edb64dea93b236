import { createHash } from 'node:crypto';
import { refuse, refuseLinked } from './access/admit.ts';
import { armError } from './arm-errors.ts';
import { disturb } from './faults/answers.ts';
import { strike } from './faults/faults.ts';
import { pageOf } from './faults/pages.ts';
import { planted, withoutUnset } from './plants.ts';
import { takeTokens } from './throttle.ts';
import type { Disturbed } from './faults/answers.ts';
import type { Fault } from './faults/faults.ts';
import type { Answer, Call, Route } from './route.ts';
import type { World } from './world.ts';

/** A request that has found its route and its caller. */
export interface Request {
  readonly route: Route;
  readonly call: Omit<Call, 'body'>;
  readonly text: string;
}

/** Performs a request at this instant, and says what its client is to see. */
export function perform(world: World, request: Request): Disturbed {
  const { call, text } = request;
  const atMs = world.clock.settle();
  // Reads leave nothing behind, unless a fault counts them.
  if (!isRead(call) || world.faults.length > 0) {
    const { method, path, rawQuery, headers, clientRequestId, correlationId, caller } = call;
    const noted = { method, path, rawQuery, headers, clientRequestId, correlationId, caller, text };
    world.journal.input({ kind: 'request', atMs, request: noted });
  }
  return world.clock.at(atMs, () => decide(world, request));
}

/** Faults before, the operation, the ledger, faults after: in this order. */
export function decide(world: World, request: Request): Disturbed {
  const { route, call } = request;
  world.counts.set(route.operation, (world.counts.get(route.operation) ?? 0) + 1);
  const suspect = { operation: route.operation, resource: call.path, principal: call.caller.name };
  const before = strike(world, { ...suspect, when: 'before' }) ?? strike(world, { ...suspect, when: 'instead' });
  if (before !== undefined) return suffer(world, request, { fault: before, given: undefined });
  const given = answerOf(world, request);
  const fault = strikeAfter(world, request, given);
  if (fault !== undefined) return suffer(world, request, { fault, given });
  note(world, request, { answer: given, fault });
  return { kind: 'send', answer: given };
}

function isRead(call: Pick<Call, 'method'>): boolean {
  return call.method === 'GET' || call.method === 'HEAD';
}

/** The fault that strikes once the service has been asked: after an effect, at a poll of an operation, at a list. */
function strikeAfter(world: World, { route, call }: Request, given: Answer): Fault | undefined {
  const suspect = { operation: route.operation, resource: call.path, principal: call.caller.name };
  const started = given.effect?.operationId === undefined ? undefined : world.operations.get(given.effect.operationId.toLowerCase());
  if (started !== undefined) started.startedBy = suspect;
  const after = strike(world, { ...suspect, when: 'after' });
  if (after !== undefined) return after;
  if (call.method !== 'GET') return undefined;
  const polled = world.operations.get((call.params['operationId'] ?? '').toLowerCase());
  if (polled !== undefined) return strike(world, { ...(polled.startedBy ?? suspect), when: 'onPoll' });
  return route.operation.includes('_List') ? strike(world, { ...suspect, when: 'onList' }) : undefined;
}

/** What the service answers, with the wrong behaviours of whole services that may be planted. */
function answerOf(world: World, request: Request): Answer {
  const { call, route } = request;
  if (planted(world, 'E11') && !isRead(call)) {
    const known = world.ledger
      .entries()
      .some((entry) => entry.clientRequestId === call.clientRequestId && entry.operation === route.operation);
    if (known) return { status: 202, effect: { effect: 'none', resource: call.path } };
  }
  world.clock.rush(planted(world, 'E1') && !isRead(call));
  try {
    const given = operate(world, request);
    return planted(world, 'E8') ? { ...given, body: withoutUnset(given.body) } : given;
  } finally {
    world.clock.rush(false);
  }
}

/** Every request draws on the buckets of its caller and its service first, whatever becomes of it then. */
function operate(world: World, request: Request): Answer {
  const toll = takeTokens(world, request.route, request.call);
  if ('refused' in toll) return toll.refused;
  const answer = handle(world, request);
  return { ...answer, headers: { ...toll.headers, ...answer.headers } };
}

function handle(world: World, { route, call, text }: Request): Answer {
  const refused = refuse(world, route, call);
  if (refused !== undefined) return refused;
  if (route.body === undefined) return route.handle(world, { ...call, body: undefined });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text === '' && route.bodyOptional === true ? '{}' : text);
  } catch {
    return misfit(world, call, 'it is no JSON');
  }
  const checked = route.body.safeParse(parsed);
  if (checked.success) {
    const whole = { ...call, body: checked.data };
    return refuseLinked(world, route, whole) ?? route.handle(world, whole);
  }
  const issue = checked.error.issues[0];
  return misfit(world, call, `'${issue?.message ?? 'it does not fit'}' Path '${issue?.path.join('.') ?? ''}'`);
}

/** A body that its operation does not know is noted like a path that nobody knows: a client that sends it is wrong about Azure. */
function misfit(world: World, call: Request['call'], why: string): Answer {
  const { method, path, rawQuery } = call;
  world.unmatched.push({ at: new Date(world.clock.nowMs()).toISOString(), method, path, query: rawQuery, reason: `body: ${why}` });
  return armError(400, 'InvalidRequestContent', `The request content was invalid and could not be deserialized: ${why}.`);
}

/** Every request that may have an effect goes into the ledger, whatever it did. */
function note(world: World, { route, call, text }: Request, given: { readonly answer: Answer; readonly fault: Fault | undefined }): void {
  if (isRead(call)) return;
  const { status, effect = { effect: 'refused', resource: call.path } } = given.answer;
  world.ledger.append({
    at: new Date(world.clock.nowMs()).toISOString(),
    method: call.method,
    path: call.path,
    operation: route.operation,
    clientRequestId: call.clientRequestId,
    bodyDigest: createHash('sha256').update(text).digest('hex'),
    ...effect,
    status,
    ...(given.fault === undefined ? {} : { fault: given.fault.id }),
    principal: call.caller.name,
  });
}

/** What comes of a fault. A late effect comes when its time has come, whoever still waits for it. */
function suffer(world: World, request: Request, struck: { readonly fault: Fault; readonly given: Answer | undefined }): Disturbed {
  const { call } = request;
  const { fault, given } = struck;
  const deed = fault.do;
  const seen: Disturbed | undefined =
    'shiftPages' in deed && given !== undefined
      ? { kind: 'send', answer: pageOf(world, deed.shiftPages, { call, given }) }
      : disturb(world, deed, { call, given });
  const nothing = { effect: fault.when === 'instead' && !('lateEffect' in deed) ? 'refused' : 'none', resource: call.path } as const;
  const told = seen?.kind === 'send' ? seen.answer : { status: 0 };
  note(world, request, { answer: given ?? { ...told, effect: nothing }, fault });
  if ('lateEffect' in deed)
    world.clock.after(planted(world, 'E12') ? 0 : deed.lateEffect * 1000, () =>
      note(world, request, { answer: operate(world, request), fault }),
    );
  if (seen === undefined) return given === undefined ? { kind: 'reset' } : { kind: 'send', answer: given };
  return seen.kind === 'send' ? { ...seen, fault: fault.id } : seen;
}
