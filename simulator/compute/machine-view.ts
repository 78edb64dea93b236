import { diskId, machineId, networkResourceId } from '../arm-ids.ts';
import { azureTime } from '../times.ts';
import { keyOf } from '../world.ts';
import type { Machine, PatchRun, World } from '../world.ts';

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
          properties: { primary: true, deleteOption: machine.deleteOption },
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

/** Disks of a machine, the OS disk first. */
function diskNames(machine: Machine): readonly string[] {
  return [machine.osDisk, ...machine.dataDisks];
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
      name: machine.osDisk,
      createOption: world.disks.get(keyOf(machine.group, machine.osDisk))?.createOption === 'FromImage' ? 'FromImage' : 'Attach',
      caching: 'ReadWrite',
      managedDisk: disk(machine.osDisk),
      deleteOption: machine.deleteOption,
      diskSizeGB: sizeOf(world, machine, machine.osDisk),
    },
    dataDisks: machine.dataDisks.map((name, lun) => ({
      lun,
      name,
      createOption: 'Attach',
      caching: 'ReadOnly',
      managedDisk: disk(name),
      deleteOption: machine.deleteOption,
      diskSizeGB: sizeOf(world, machine, name),
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
    disks: diskNames(machine).map((name) => ({
      name,
      statuses: [
        { code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', time: azureTime(machine.createdMs) },
      ],
    })),
    ...(machine.patches === undefined ? {} : { patchStatus: { lastPatchInstallationSummary: patchSummary(machine.patches) } }),
    statuses: statuses(world, machine),
  };
}

/** The last installation of patches as the instance view shows it. */
function patchSummary(run: PatchRun): Readonly<Record<string, unknown>> {
  const done = run.endMs !== undefined;
  return {
    status: run.status,
    installationActivityId: run.activityId,
    maintenanceWindowExceeded: false,
    notSelectedPatchCount: 0,
    excludedPatchCount: 0,
    pendingPatchCount: done ? 0 : run.wanted,
    installedPatchCount: run.installed,
    failedPatchCount: done ? run.wanted - run.installed : 0,
    startTime: azureTime(run.startMs),
    lastModifiedTime: azureTime(run.endMs ?? run.startMs),
  };
}

function sizeOf(world: World, machine: Machine, disk: string): number {
  return world.disks.get(keyOf(machine.group, disk))?.sizeGb ?? 0;
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

/** A machine that starts is shown as stopped for a moment; on the way down it looks alike whether it comes up again or not. */
function shownPower(world: World, machine: Machine): string {
  if (machine.power === 'restarting') return 'stopping';
  if (machine.power !== 'starting') return machine.power;
  return world.clock.nowMs() - machine.powerChangedMs < world.clock.paced(STOPPED_VIEW_MS) ? 'stopped' : 'starting';
}
