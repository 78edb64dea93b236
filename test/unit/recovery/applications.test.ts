import { expect, it } from 'vitest';
import type { LoadedRunbook } from '../../../engine/language/load.ts';
import type { Purpose, Runbook, TargetSet } from '../../../engine/language/runbook.ts';
import { applicationsOf } from '../../../engine/recovery/applications.ts';

function loaded(name: string, purpose: Purpose, more: { readonly app?: string; readonly plan?: string } = {}): LoadedRunbook {
  const source = { kind: 'recovery_plan', subscription: 's', resourceGroup: 'g', vault: 'v', name: more.plan ?? '' } as const;
  const runbook = {
    name,
    purposes: [purpose],
    labels: more.app === undefined ? {} : { app: more.app },
    targets: more.plan === undefined ? {} : { all: { source } as TargetSet },
  } as unknown as Runbook;
  return { runbook, path: `runbooks/${name}.yaml`, text: '' };
}

function named(...runbooks: readonly LoadedRunbook[]) {
  return applicationsOf(runbooks).map(({ name, runbooks: own }) => [name, ...own.map(({ runbook }) => runbook.name)]);
}

it('groups runbooks by their label, and by the recovery plan that they name without it', () => {
  expect(
    named(
      loaded('shop-drill', 'drill', { app: 'shop', plan: 'RP-Shop' }),
      loaded('move-shop', 'failover', { plan: 'rp-shop' }),
      loaded('shop-backup', 'backup', { app: 'shop' }),
      loaded('mail-drill', 'drill', { app: 'mail' }),
    ),
  ).toEqual([
    ['mail', 'mail-drill'],
    ['shop', 'move-shop', 'shop-backup', 'shop-drill'],
  ]);
});

it('joins groups that turn out to be one, in whatever order they come', () => {
  const bridge = loaded('bridge', 'failover', { app: 'shop', plan: 'rp' });
  expect(named(loaded('a', 'drill', { plan: 'rp' }), loaded('b', 'failback', { app: 'shop' }), bridge)).toEqual([
    ['shop', 'a', 'b', 'bridge'],
  ]);
});

it('takes the name of a runbook where nothing else names the application, and leaves out what is no recovery', () => {
  expect(named(loaded('lone-drill', 'drill'), loaded('nightly', 'backup', { app: 'erp' }), loaded('patch', 'operations'))).toEqual([
    ['lone-drill', 'lone-drill'],
  ]);
});
