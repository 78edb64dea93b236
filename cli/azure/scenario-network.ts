import { randomUUID } from 'node:crypto';
import { armIdPart, armIdUpTo, sameArmId } from '../../engine/ids.ts';
import { QUIET_MS } from '../../engine/limits.ts';
import { machineOf, mustBeRead, mustBeTaken, removed, seenWithin, send, verdict } from './sandbox.ts';
import type { Sandbox, Verdict } from './sandbox.ts';

const NO_ETAG = 'W/"00000000-0000-4000-8000-000000000000"';

/** What the network provider does with a change that is based on old rules, and how soon it shows what it made. */
export async function networkScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { azure, signal } = sandbox;
  const nicId = machineOf(sandbox).nicIds[0] ?? '';
  const nic = mustBeRead('the network interface of the machine', await azure.read({ kind: 'nic.get', nicId }, signal));
  const { subnetId = '' } = nic;
  return [await staleRules(sandbox, subnetId), await newInterface(sandbox, subnetId)];
}

/** The rules that are sent are those that are there: taken or refused, nothing changes. */
async function staleRules(sandbox: Sandbox, subnetId: string): Promise<Verdict> {
  const { azure, groupId, signal } = sandbox;
  const notRun = (seen: string): Verdict => ({ id: 'U19', verdict: 'not_run', seen });
  const networkId = armIdUpTo(subnetId, 'virtualNetworks') ?? '';
  const network = mustBeRead('the network of the machine', await azure.read({ kind: 'net.network', networkId }, signal));
  const name = armIdPart(subnetId, 'subnets')?.toLowerCase();
  const securityGroupId = network.subnets.find((subnet) => subnet.name.toLowerCase() === name)?.securityGroupId;
  if (securityGroupId === undefined) return notRun('the subnet of the machine has no security group');
  if (!sameArmId(armIdUpTo(securityGroupId, 'resourceGroups') ?? '', groupId)) return notRun('its security group is in another group');
  const group = mustBeRead('the security group', await azure.read({ kind: 'net.securityGroup', securityGroupId }, signal));
  const { location, tags, written } = group;
  const answer = await send(sandbox, { kind: 'nsg.setRules', securityGroupId, etag: NO_ETAG, location, tags, rules: written });
  const seen = answer.kind === 'refused' ? `HTTP ${answer.receipt.status} ${answer.code}` : answer.kind;
  return verdict('U19', answer.kind === 'refused' && answer.reason === 'exists', seen);
}

async function newInterface(sandbox: Sandbox, subnetId: string): Promise<Verdict> {
  const { azure, groupId, scale, signal } = sandbox;
  const { location } = machineOf(sandbox);
  const nicId = `${groupId}/providers/Microsoft.Network/networkInterfaces/rw-conformance-${randomUUID().slice(0, 8)}`;
  const look = async () => (await azure.read({ kind: 'nic.get', nicId }, signal)).kind;
  try {
    mustBeTaken('network interface', await send(sandbox, { kind: 'nic.create', nicId, location, subnetId, tags: {} }));
    const sentMs = performance.now();
    const first = await look();
    const shown = await seenWithin(sandbox, QUIET_MS, async () => ((await look()) === 'found' ? performance.now() - sentMs : undefined));
    const when = shown === undefined ? 'not shown in 2 minutes' : `shown after ${((shown * scale) / 1000).toFixed(1)} s at the latest`;
    return verdict('U20', shown !== undefined, `the first GET said ${first}; ${when}`);
  } finally {
    await removed(sandbox, `network interface ${nicId}`, {
      operation: { kind: 'nic.delete', nicId },
      isGone: async () => (await look()) === 'missing',
    });
  }
}
