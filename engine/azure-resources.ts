import type { JsonObject } from './json.ts';

/** Any resource. Lists leave the properties out. */
export interface AzureResource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: JsonObject;
}

/** Which resources of a subscription; what is absent does not narrow. */
export interface ResourceFilter {
  readonly subscription: string;
  readonly resourceGroup: string | undefined;
  readonly type: string | undefined;
}

/** A Traffic Manager profile with its endpoints. */
export interface AzureTrafficProfile {
  readonly id: string;
  readonly endpoints: readonly { readonly id: string; readonly name: string; readonly status: string | undefined }[];
}

/** An alert. `state` is Fired or Resolved. */
export interface AzureAlert {
  readonly id: string;
  readonly state: string | undefined;
  readonly firedAtMs: number | undefined;
}

/** An alert rule with the alert that tells whether it fires: the newest that does, else the newest of the last 30 days. */
export interface AzureAlertRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly alert: AzureAlert | undefined;
}
