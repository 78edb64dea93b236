import type { z } from 'zod';
import type { Outcome } from './compare.ts';
import type { Exporting } from './exported.ts';
import type { Facts, ProbeRequest } from './fact.ts';
import type { Differing, Setting } from './setting.ts';

/** A kind of thing that a document can name: what it asks of a target and how it judges the answers. */
export interface ResourceType<Desired = never> {
  /** For example `Runward.Linux/File`. */
  readonly type: string;
  readonly version: string;
  readonly summary: string;
  readonly schema: z.ZodType<Desired>;
  /** Properties that name the thing or say how to look, and are not compared themselves. */
  readonly keys: readonly string[];
  /** What this type cannot see; printed with its documentation. */
  readonly cannotTell: readonly string[];
  readonly requests: (desired: Desired) => readonly ProbeRequest[];
  /** One outcome for every wanted property that the type can speak about. `sha256` gives 64 hex digits of UTF-8 text. */
  readonly judge: (desired: Desired, facts: Facts, sha256: (text: string) => string) => readonly Outcome[];
  /** How it is set, in one sentence for its documentation. */
  readonly sets: string;
  /** How the properties that differ are set. Only what differs is touched, and what else the same command needs. */
  readonly setting: (desired: Desired, differing: Differing) => Setting;
  /** How a machine is turned into a document; absent where a type has no things of its own. */
  readonly exporting?: Exporting;
}

/** Registers a type; its properties are parsed by its own schema where a document is read. */
export function resourceType<Desired>(type: ResourceType<Desired>): ResourceType {
  return type as unknown as ResourceType;
}
