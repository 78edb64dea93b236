/** Identifies one run: a UUID. */
export type RunId = string & { readonly brand: 'RunId' };

/** Identifies one effect of one run for ever: a UUIDv5 of run, step path, iteration and generation. */
export type StepKey = string & { readonly brand: 'StepKey' };

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

/** The name after the given type in an ARM id, for example that after `virtualMachines`; undefined when the id has no such part. */
export function armIdPart(id: string, type: string): string | undefined {
  const segments = id.split('/').slice(1);
  const at = segments.findIndex((segment, index) => index % 2 === 0 && segment.toLowerCase() === type.toLowerCase());
  return at < 0 ? undefined : segments[at + 1] || undefined;
}

/** The ARM id cut off after the name of the given type, for example the vault that holds an item; undefined when the id has no such part. */
export function armIdUpTo(id: string, type: string): string | undefined {
  const segments = id.split('/');
  const at = segments.findIndex((segment, index) => index % 2 === 1 && segment.toLowerCase() === type.toLowerCase());
  return at < 0 || !segments[at + 1] ? undefined : segments.slice(0, at + 2).join('/');
}

/** What lasts of a protected machine, in lower case: its vault and its name. Reversing its protection moves it to another fabric. */
export function protectedMachine(itemId: string, name: string): string {
  return `${armIdUpTo(itemId, 'vaults') ?? itemId}/replicationProtectedItems/${name}`.toLowerCase();
}
