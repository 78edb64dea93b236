import { machineId } from '../arm-ids.ts';
import { resourceNotFound } from '../arm-errors.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';

/** Why a machine cannot be given to Site Recovery. */
interface Obstacle {
  readonly code: string;
  readonly message: string;
  readonly causes: string;
  readonly action: string;
}

/** Systems that Site Recovery replicates between regions, as the support matrix names them. */
const SUPPORTED_IMAGES =
  /^(debian-(10|11|12)|ubuntu-(18|20|22|24)\.04|rhel-[789]|sles-(12|15)|almalinux-[89]|rocky-[89]|windows-(2016|2019|2022))/;

/** GET replicationEligibilityResults of a machine: a list of one. */
export function listEligibility(world: World, call: Call): Answer {
  const body = eligibility(world, call);
  return 'status' in body ? body : { status: 200, body: { value: [body.result] } };
}

/** GET of the default result. */
export function getEligibility(world: World, call: Call): Answer {
  const body = eligibility(world, call);
  return 'status' in body ? body : { status: 200, body: body.result };
}

function eligibility(world: World, call: Call): Answer | { readonly result: Readonly<Record<string, unknown>> } {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'virtualMachineName');
  const machine = world.machines.get(keyOf(group, name));
  if (machine === undefined) return resourceNotFound('Microsoft.Compute/virtualMachines', name, group);
  const errors = obstaclesOf(world, machine).map(({ code, message, causes, action }) => ({
    code,
    message,
    possibleCauses: causes,
    recommendedAction: action,
    status: 'Error',
  }));
  return {
    result: {
      name: 'default',
      type: 'Microsoft.RecoveryServices/replicationEligibilityResults',
      id: `${machineId(world, machine.group, machine.name)}/providers/Microsoft.RecoveryServices/replicationEligibilityResults/default`,
      properties: { clientRequestId: call.clientRequestId, errors },
    },
  };
}

/** Codes and sentences are those of published examples; for a machine that is protected already none is published. */
function obstaclesOf(world: World, machine: Machine): readonly Obstacle[] {
  const id = machineId(world, machine.group, machine.name);
  const wrongState = 'The virtual machine is not in the state that is wanted.';
  return [
    ...(isProtected(world, machine)
      ? [
          {
            code: 'AzureVmAlreadyProtected',
            message: `Azure virtual machine with Id (${id}) is protected by Site Recovery already.`,
            causes: 'Its replication was enabled before.',
            action: 'Disable the replication of the virtual machine before it is enabled anew.',
          },
        ]
      : []),
    ...(SUPPORTED_IMAGES.test(machine.image)
      ? []
      : [
          {
            code: 'A2AOperatingSystemNotSupported',
            message: `The operating system '${machine.image}' of the virtual machine is not supported for replication.`,
            causes: 'The version of the operating system is not supported.',
            action: 'See the support matrix for the versions that are.',
          },
        ]),
    ...(machine.provisioning === 'Succeeded'
      ? []
      : [
          {
            code: 'AzureVmIsNotInDesiredProvisioningState',
            message: `Azure virtual machine with Id (${id}) is with provisioning state '${machine.provisioning.toLowerCase()}'. It should be 'succeeded'.`,
            causes: wrongState,
            action: "See to it that the provisioning state is 'succeeded'.",
          },
        ]),
    ...(machine.power === 'running'
      ? []
      : [
          {
            code: 'AzureVmIsNotInDesiredPowerState',
            message: `Azure virtual machine with Id (${id}) is with power status '${machine.power}'. It should be 'running'.`,
            causes: wrongState,
            action: 'Start the virtual machine.',
          },
        ]),
  ];
}

/** A machine is protected as the source of an item, and as what its failover has made. */
function isProtected(world: World, machine: Machine): boolean {
  return [...world.vaults.values()].some(({ items }) =>
    [...items.values()].some((item) => item.machine === machine || item.recovered?.machine === machine),
  );
}
