import { armError, refusal } from '../arm-errors.ts';
import { vaultId } from '../arm-ids.ts';
import { siteRecoveryHeaders } from '../operations.ts';
import { planted } from '../plants.ts';
import { siteRecoveryError } from './errors.ts';
import { itemBody } from './item.ts';
import { openJob } from './job.ts';
import { planBody } from './plan.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Again, Job, JobOrder } from './job.ts';
import type { Plan } from './plan.ts';

/** What a request submits: the work, the operation it is, and what the operation gives when it has ended. */
interface Submission extends Again {
  readonly resource: string;
  readonly operation: string;
  readonly result: () => Answer;
}

/** Does what a request asks for as a job. Should the job fail, its work can be done once more. */
export function submit(world: World, call: Call, given: Submission): Answer {
  const { resource, operation, result, refused, work } = given;
  const job = work((order) => openJob(world, order, { call, operation, result }));
  job.course.again = { refused, work };
  return accepted(world, job, resource);
}

/** What a job about an item says of it. */
export function itemOrder(item: Item): Pick<JobOrder, 'vault' | 'target'> {
  return { vault: item.vault, target: { id: item.guid, name: item.machine.name, type: 'ProtectionEntity' } };
}

/** What a job about a plan says of it. */
export function planOrder(plan: Plan): Pick<JobOrder, 'vault' | 'target'> {
  return { vault: plan.vault, target: { id: plan.guid, name: plan.name, type: 'RecoveryPlan' } };
}

/** What the operation of an item gives: the item as it stands then. */
export function itemResult(world: World, item: Item): () => Answer {
  return () => ({ status: 200, body: itemBody(world, item) });
}

/** What the operation of a plan gives: the plan as it stands then. */
export function planResult(world: World, plan: Plan): () => Answer {
  return () => ({ status: 200, body: planBody(world, plan, 'get') });
}

/** The refusal of an operation that is not among the allowed ones. */
export function notAllowed(allowed: readonly string[], word: string, name: string): Answer | undefined {
  return allowed.includes(word) ? undefined : forbidden(word, name);
}

/** The refusal of an operation that what it is about does not allow. */
export function forbidden(word: string, name: string): Answer {
  return siteRecoveryError(400, {
    code: 'OperationNotAllowed',
    message: `The operation ${word} is not allowed on '${name}' now.`,
    causes: 'Another operation is in progress, or the protection state does not allow it.',
    action: 'Wait for the operation to complete, look at the allowed operations, and retry.',
  });
}

/** The refusal of a work on machines of which a plan has others by now. */
export function changedPlan(plan: Plan, parts: readonly { readonly item: Item }[]): Answer | undefined {
  const items = plan.groups.flat();
  return parts.every(({ item }) => items.includes(item)) ? undefined : forbidden('Restart', plan.name);
}

/** The refusal of a direction that does not fit where the machines are. */
export function wrongDirection(
  direction: string | undefined,
  right: 'PrimaryToRecovery' | 'RecoveryToPrimary' = 'PrimaryToRecovery',
): Answer | undefined {
  if (direction === undefined || direction === right) return undefined;
  return siteRecoveryError(400, {
    code: 'InvalidFailoverDirection',
    message: `The failover direction '${direction}' is not valid for where the machines are protected now.`,
    causes: 'The machines run at the other site.',
    action: `Use ${right}.`,
  });
}

/** The 202 of a job. */
export function accepted(world: World, job: Job, resource: string): Answer {
  const { operation } = job;
  if (operation === undefined) throw new Error('the job of a request has an operation');
  const { failure } = job.fate;
  if (failure !== undefined && planted(world, 'E10')) return refusal(resource, armError(409, failure.code, failure.message));
  const headers = siteRecoveryHeaders(world, operation, { vault: vaultId(world, job.vault), resource }) ?? {};
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id, jobId: job.id } };
}
