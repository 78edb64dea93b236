import { RunwardError } from '../engine/errors.ts';

/** What the caller said in advance about a severe request. */
export interface Consent {
  readonly confirm?: string | undefined;
  readonly reason?: string | undefined;
}

/** A request that must not happen by accident: what it is in words, and the name that has to be given. */
export interface SevereRequest {
  readonly what: string;
  readonly expected: string;
  /** What else is lacking, in words. */
  readonly lacks?: readonly string[];
  /** The plan that it is about. */
  readonly planHash?: string;
}

/** Throws USAGE_CONFIRM with the level and the expected name unless the name was given with a reason. Asked by the server, whatever the client asked. */
export function confirmSevere(severe: SevereRequest, consent: Consent): void {
  const { what, expected, planHash } = severe;
  const lacks = [
    ...(severe.lacks ?? []),
    ...(consent.confirm === expected ? [] : [`its name (confirm: "${expected}")`]),
    ...(consent.reason === undefined ? ['a reason'] : []),
  ];
  if (lacks.length === 0) return;
  const detail = { level: 'severe', expected, ...(planHash === undefined ? {} : { planHash }) };
  throw new RunwardError('USAGE_CONFIRM', `${what} is severe and needs ${lacks.join(', ')}; nothing was changed`, detail);
}
