import { diskId, machineId, networkResourceId } from '../arm-ids.ts';
import { azureTime } from '../times.ts';
import type { Machine, World } from '../world.ts';

const STOPPED_VIEW_MS = 3000;

/** A virtual machine as ARM answers it, with or without its instance view. */
export function machineBody(world: World, machine: Machine, withView: boolean): Readonly<Record<string, unknown>> {
  const properties = {
    vmId: machine.vmId,
    hardwareProfile: { vmSize: machine.size },
    storageProfile: storage(world, machine),
    osProfile: {
      computerName: machine.hostname,
      adminUsername: 'azureuser',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        provisionVMAgent: true,
        patchSettings: { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' },
      },
      secrets: [],
      allowExtensionOperations: true,
      requireGuestProvisionSignal: true,
    },
    networkProfile: {
      networkInterfaces: [
        {
          id: networkResourceId(world, { group: machine.group, type: 'networkInterfaces', name: machine.nic }),
          properties: { primary: true, deleteOption: 'Delete' },
        },
      ],
    },
    provisioningState: machine.provisioning,
    timeCreated: azureTime(machine.createdMs),
    ...(withView ? { instanceView: instanceView(world, machine) } : {}),
  };
  return {
    name: machine.name,
    id: machineId(world, machine.group, machine.name),
    type: 'Microsoft.Compute/virtualMachines',
    location: machine.location,
    tags: machine.tags,
    properties,
    etag: `"${machine.boots}"`,
  };
}

/** A machine as the status-only list shows it: little more than its states. */
export function statusOnlyBody(world: World, machine: Machine): Readonly<Record<string, unknown>> {
  return {
    name: machine.name,
    id: machineId(world, machine.group, machine.name),
    type: 'Microsoft.Compute/virtualMachines',
    location: machine.location,
    properties: { vmId: machine.vmId, provisioningState: machine.provisioning, instanceView: { statuses: statuses(world, machine) } },
  };
}

function storage(world: World, machine: Machine): Readonly<Record<string, unknown>> {
  const [offer = 'debian', sku = '12'] = machine.image.split('-');
  const disk = (name: string): Readonly<Record<string, unknown>> => ({
    storageAccountType: 'Premium_LRS',
    id: diskId(world, machine.group, name),
  });
  return {
    imageReference: { publisher: offer, offer: machine.image, sku, version: 'latest', exactVersion: `0.${sku}.1` },
    osDisk: {
      osType: 'Linux',
      name: `${machine.name}_OsDisk_1`,
      createOption: 'FromImage',
      caching: 'ReadWrite',
      managedDisk: disk(`${machine.name}_OsDisk_1`),
      deleteOption: 'Delete',
      diskSizeGB: machine.osDiskGb,
    },
    dataDisks: machine.dataDisksGb.map((sizeGb, lun) => ({
      lun,
      name: `${machine.name}_DataDisk_${lun}`,
      createOption: 'Attach',
      caching: 'ReadOnly',
      managedDisk: disk(`${machine.name}_DataDisk_${lun}`),
      deleteOption: 'Delete',
      diskSizeGB: sizeGb,
      toBeDetached: false,
    })),
    diskControllerType: 'SCSI',
  };
}

/** The instance view: what the machine is doing now. */
export function instanceView(world: World, machine: Machine): Readonly<Record<string, unknown>> {
  const readySince = azureTime(machine.powerChangedMs);
  const running = machine.power === 'running';
  const agent = machine.agentReady
    ? { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Ready', message: 'Guest Agent is running', time: readySince }
    : {
        code: 'ProvisioningState/Unavailable',
        level: 'Warning',
        displayStatus: 'Not Ready',
        message: 'VM status blob is found but not yet populated.',
        time: readySince,
      };
  return {
    ...(running ? { computerName: machine.hostname, osName: 'debian', osVersion: '12' } : {}),
    hyperVGeneration: 'V2',
    ...(running
      ? { vmAgent: { vmAgentVersion: machine.agentReady ? '2.11.1.4' : 'Unknown', extensionHandlers: [], statuses: [agent] } }
      : {}),
    disks: [`${machine.name}_OsDisk_1`, ...machine.dataDisksGb.map((_size, lun) => `${machine.name}_DataDisk_${lun}`)].map((name) => ({
      name,
      statuses: [
        { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', time: azureTime(machine.createdMs) },
      ],
    })),
    statuses: statuses(world, machine),
  };
}

function statuses(world: World, machine: Machine): readonly Readonly<Record<string, unknown>>[] {
  const provisioning = machine.provisioning.toLowerCase();
  const power = shownPower(world, machine);
  return [
    {
      code: `ProvisioningState/${provisioning}`,
      level: 'Info',
      displayStatus: provisioning === 'succeeded' ? 'Provisioning succeeded' : machine.provisioning,
      time: azureTime(machine.powerChangedMs),
    },
    { code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` },
  ];
}

/** A machine that starts from deallocated is shown as stopped for a moment. */
function shownPower(world: World, machine: Machine): string {
  if (machine.power !== 'starting') return machine.power;
  return world.clock.nowMs() - machine.powerChangedMs < world.clock.paced(STOPPED_VIEW_MS) ? 'stopped' : 'starting';
}
