/** Identifies one run: a UUID. */
export type RunId = string & { readonly brand: 'RunId' };

/** Identifies one effect of one run for ever: a UUIDv5 of run, step path, iteration and generation. */
export type StepKey = string & { readonly brand: 'StepKey' };

/** A full Azure Resource Manager id, compared without case and stored as written. */
export type ArmId = string & { readonly brand: 'ArmId' };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Reads a run id; undefined when the text is not a lower-case UUID. */
export function parseRunId(text: string): RunId | undefined {
  return UUID.test(text) ? (text as RunId) : undefined;
}

/** The name that one attempt of a step has at its target, for example of a managed run command. */
export function attemptName(stepKey: StepKey, attempt: number): string {
  return `rw-${stepKey}-${attempt}`;
}

/** True when two ARM ids name the same resource: ARM compares them without case. */
export function sameArmId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
