import type { JsonObject } from '../json.ts';

/** A gate that waits for a person, as the API tells it. */
export interface WaitingGate<Form = JsonObject, Severity = string> {
  readonly id: string;
  readonly run: {
    readonly id: string;
    readonly number: number;
    readonly runbook: string;
    readonly title: string;
    readonly requester: string;
    /** Why the run was asked for, and when the outage began that it answers. */
    readonly reason?: string;
    readonly outageAt?: string;
  };
  readonly step: string;
  readonly stepKey: string;
  readonly asks: 'approval' | 'manual';
  readonly message: string;
  readonly by: readonly string[];
  readonly need: number;
  readonly form: Form;
  readonly decisions: readonly {
    readonly by: string;
    readonly answer: string;
    readonly at: string;
    readonly reason?: string;
    readonly waive?: string;
  }[];
  /** Readiness checks that failed and that nobody has waived. */
  readonly notReady: readonly { readonly check: string; readonly message: string }[];
  readonly deadline?: string;
  readonly planHash: string;
  readonly severity: Severity;
  readonly environment: string;
  readonly mayDecide: boolean;
  readonly whyNot?: string;
}
