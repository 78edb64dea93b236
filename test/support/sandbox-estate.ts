import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SANDBOX_SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000b001';
export const SANDBOX_GROUP = 'rg-sandbox';

/** Writes an estate with one protected machine in a group that is tagged as a sandbox, and one in a group that is not; returns its file. */
export function sandboxEstate(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'runward-sandbox-')), 'estate.yaml');
  writeFileSync(
    file,
    `estate: sandbox
seed: 7
tenant: 7f0e0000-0000-4000-8000-000000000071
subscriptions: [{ id: ${SANDBOX_SUBSCRIPTION}, name: Sandbox }]
regions: { primary: westeurope, recovery: northeurope }
principals: [{ name: owner, clientId: 7f0e0000-0000-4000-8000-0000000000c1, secret: demo-only }]
resourceGroups:
  - { name: ${SANDBOX_GROUP}, location: westeurope, tags: { runward-conformance: "yes" } }
  - { name: ${SANDBOX_GROUP}-dr, location: northeurope, tags: { runward-conformance: "yes" } }
  - { name: rg-real, location: westeurope }
networks:
  - { name: vnet-sandbox-dr, group: ${SANDBOX_GROUP}-dr, space: 127.41.0.0/16, reachable: true }
  - { name: vnet-drill, group: ${SANDBOX_GROUP}-dr, space: 10.90.0.0/16, reachable: false }
  - { name: vnet-sandbox, group: ${SANDBOX_GROUP}, space: 127.40.0.0/16, reachable: true }
machineDefaults: { size: Standard_B1s, image: debian-12, power: running, osDiskGb: 32, dataDisksGb: [] }
machines:
  - { name: probe-vm, group: ${SANDBOX_GROUP}, role: probe, address: 127.40.1.11, tags: { owner: ann }, units: [] }
  - { name: real-vm, group: rg-real, role: real, address: 127.40.1.12, tags: {}, units: [] }
vaults:
  - name: rsv-sandbox
    group: ${SANDBOX_GROUP}
    backup:
      policies: [{ name: daily-30d, keep: 30d }]
      items: { machines: all, except: [], policy: daily-30d, history: 2d }
  - name: rsv-sandbox-dr
    group: ${SANDBOX_GROUP}-dr
    replication:
      policy: { name: a2a-24h, keep: 24h, crashEvery: 5m, appEvery: 4h }
      pair: { from: westeurope, to: northeurope, cache: stcachewe, network: vnet-sandbox-dr, targetGroup: ${SANDBOX_GROUP}-dr }
      items: [probe-vm]
    plans: [{ name: rp-sandbox, groups: [[probe-vm]] }]
`,
  );
  return file;
}
