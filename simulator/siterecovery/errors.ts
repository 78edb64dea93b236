import type { Answer } from '../route.ts';

/** What a person is told of a refusal. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly causes: string;
  readonly action: string;
}

/** A refusal in the shape of Site Recovery: a generic outer code, what really is the matter in the details. */
export function siteRecoveryError(status: number, refusal: Refusal): Answer {
  const { code, message, causes, action } = refusal;
  return {
    status,
    body: {
      error: {
        code: 'SiteRecoveryOperationFailed',
        message: `${message} Possible causes: ${causes} Recommended action: ${action}`,
        details: [{ code, message, possibleCauses: causes, recommendedAction: action }],
      },
    },
  };
}

/** 404 for a Site Recovery object. */
export function notThere(kind: string, name: string): Answer {
  return siteRecoveryError(404, {
    code: 'ObjectNotFound',
    message: `The ${kind} '${name}' was not found.`,
    causes: 'It was deleted, or its name is another one.',
    action: 'Check the name and retry.',
  });
}
