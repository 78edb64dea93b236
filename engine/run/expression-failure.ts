import type { Failure } from '../actions/action.ts';

/** Why a step fails whose expression has no value, or none that fits; `where` names the key that holds it. A broken expression is never false. */
export function expressionFailure(where: string, message: string): Failure {
  return { kind: 'expression', code: 'RW312', message: `${where}: ${message}` };
}
