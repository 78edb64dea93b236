import { expect } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { LedgerLine, RunningSimulator } from '../support/simulator.ts';

/** The simulated shop, its clock moved by hand, and a client that looks closely at it. */
export interface CloseLook {
  readonly simulator: RunningSimulator;
  readonly azure: SdkClients;
  readonly drill: ShopDrill;
  readonly move: (advanceMs: number) => Promise<unknown>;
  readonly vm: (name: string) => string;
  readonly get: (path: string) => Promise<Json>;
  readonly post: (path: string, properties?: object) => Promise<RawAnswer>;
  /** Ledger lines of effects that started something on a path. */
  readonly started: (part: string) => Promise<readonly LedgerLine[]>;
  /**
   * A check that must hold on the right simulator, and must fail as an assertion when the wrong behaviour is planted. `right` and `planted`
   * are what the check looks at in either case, since many checks use up what they look at.
   */
  readonly caught: <Subject>(
    plant: string,
    given: { readonly right: Subject; readonly planted: Subject; readonly check: (subject: Subject) => Promise<void> },
  ) => Promise<void>;
}

// Answers are looked at from outside, whatever their shape.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export const SR = 'api-version=2023-06-01';
export const VM = 'api-version=2026-04-01';

/** Starts a shop to look at closely. */
export async function closeLook(flags: readonly string[] = []): Promise<CloseLook> {
  const simulator = await startSimulator([...manualClock(), '--principal', 'owner', ...flags]);
  const azure = sdkClients(simulator.ready);
  const control = async (method: string, path: string): Promise<unknown> => simulator.control(path, { method });
  return {
    simulator,
    azure,
    drill: shopDrill(azure, simulator),
    move: (advanceMs) => simulator.control('clock', { method: 'POST', body: { advanceMs } }),
    vm: (name) =>
      `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`,
    get: async (path) => JSON.parse((await azure.raw('GET', path)).text) as Json,
    post: (path, properties) => azure.raw('POST', path, properties === undefined ? {} : { body: { properties } }),
    started: async (part) => (await simulator.ledger()).filter(({ effect, path }) => effect === 'started' && path.includes(part)),
    caught: async (plant, { right, planted, check }) => {
      await check(right);
      await control('PUT', `plants/${plant}`);
      try {
        await expect(check(planted)).rejects.toMatchObject({ name: 'AssertionError' });
      } finally {
        await control('DELETE', `plants/${plant}`);
      }
    },
  };
}
