import type { Answer, Effect } from './route.ts';

/** An error answer in the shape of Azure Resource Manager. `effect` is set when an effectful request was refused. */
export function armError(status: number, code: string, message: string, effect?: Effect): Answer {
  const answer = { status, body: { error: { code, message } } };
  return effect === undefined ? answer : { ...answer, effect };
}

/** 404 for a resource below a resource group. */
export function resourceNotFound(type: string, name: string, group: string): Answer {
  return armError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** Refusal of an effectful request, noted in the ledger as such. */
export function refusal(resource: string, answer: Answer): Answer {
  return { ...answer, effect: { effect: 'refused', resource } };
}
