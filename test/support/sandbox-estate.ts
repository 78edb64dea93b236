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
  - { name: rg-real, location: westeurope }
networks:
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
`,
  );
  return file;
}
