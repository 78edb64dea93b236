import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { evaluate } from '../../../engine/language/expression.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { targetsScope } from '../../../engine/run/scope.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: look, title: Look at the plan, owner: team }
purpose: operations
environment: production
timeout: 1h
targets:
  shop: { recovery_plan: { subscription: 6f1c1b5e-0000-4000-8000-00000000a001, resource_group: rg-dr, vault: rsv, name: rp-shop }, max: 9 }
  web: { hosts: [{ name: web-01, address: 10.0.0.1, os: linux }], max: 1 }
steps:
  - { id: plan, uses: asr.plan.get@1, with: { plan: "\${{ targets.shop.plan_id }}" } }
  - { id: enough, assert: [{ that: 'size(targets.shop) > 0 && targets.shop.plan_id != ""', message: The plan is empty }] }
`;
const PLAN =
  '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/rsv/replicationRecoveryPlans/rp-shop';

function load(text: string) {
  return loadDocuments([{ path: 'runbooks/look.yaml', text }], { actions });
}

describe('the plan id of a set', () => {
  const { runbooks, findings } = load(RUNBOOK);
  const definition = runbooks.get('look')?.runbook;
  const scope = { targets: targetsScope({ targets: definition?.targets ?? {} }, { shop: { targets: [] }, web: { targets: [] } }) };
  const value = (text: string) => evaluate(text, scope, 0);

  it('is the ARM id of the recovery plan that the set is made of, and the set stays a list', () => {
    expect(findings).toEqual([]);
    expect(value('targets.shop.plan_id')).toEqual({ ok: true, value: PLAN });
    expect(value('size(targets.shop) == 0 && targets.shop.plan_id.endsWith("rp-shop")')).toEqual({ ok: true, value: true });
    expect(value('"targets.shop.plan_id"')).toEqual({ ok: true, value: 'targets.shop.plan_id' });
  });

  it('is no field of other sets, nor is anything else', () => {
    const other = load(
      RUNBOOK.replace('"${{ targets.shop.plan_id }}"', '"${{ targets.web.plan_id }}"').replace('size(targets.shop)', 'targets.shop.count'),
    );
    expect(other.findings.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['RW305', 11, 70],
      ['RW305', 12, 50],
    ]);
  });
});
