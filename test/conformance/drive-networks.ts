import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';

const VERSION = 'api-version=2024-05-01';

/** Drives networks, their guards, interfaces and peerings with requests written by hand: no SDK of the project knows them. */
export async function driveNetworks(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const subscription = `/subscriptions/${simulator.ready.subscriptionId}`;
  const provider = `${subscription}/resourceGroups/rg-restore-test/providers/Microsoft.Network`;
  const ask = (method: string, path: string, body?: unknown) => capture.raw(method, `${path}?${VERSION}`, body);
  const [network, guard, nic] = ['virtualNetworks', 'networkSecurityGroups', 'networkInterfaces'].map(
    (type) => `${provider}/${type}/brief`,
  );
  if (network === undefined || guard === undefined || nic === undefined) return;
  const location = 'northeurope';
  const followed = async (sent: Promise<{ readonly headers: object }>): Promise<void> => {
    const { headers } = (await sent) as { readonly headers: Readonly<Record<string, unknown>> };
    await capture.raw('GET', String(headers['azure-asyncoperation']));
    await simulator.until(async () => (await capture.raw('GET', String(headers['location']))).status !== 202);
  };

  await followed(ask('PUT', guard, { location }));
  const addressSpace = { addressPrefixes: ['10.60.0.0/16'] };
  const subnets = [{ name: 'one', properties: { addressPrefix: '10.60.1.0/24', networkSecurityGroup: { id: guard } } }];
  await ask('PUT', network, {
    location,
    properties: { addressSpace, subnets: [{ name: 'one', properties: { addressPrefix: '10.61.0.0/24' } }] },
  });
  await followed(ask('PUT', network, { location, properties: { addressSpace, subnets } }));
  const addresses = [{ name: 'ipconfig1', properties: { subnet: { id: `${network}/subnets/one` } } }];
  await ask('PUT', nic, { location, properties: { ipConfigurations: addresses } });
  for (const one of [network, guard, nic]) {
    await simulator.until(async () => (await ask('GET', one)).status === 200);
    await ask('PATCH', one, { tags: { by: 'conformance' } });
    await ask('GET', one.replace('/brief', ''));
    await ask('GET', one.replace('/brief', '').replace('/resourceGroups/rg-restore-test', ''));
    await ask('GET', `${one}-else`);
    await ask('PATCH', `${one}-else`, { tags: {} });
  }
  const other = `${provider}/virtualNetworks/vnet-island`;
  const peerings = `${network}/virtualNetworkPeerings`;
  await ask('PUT', `${peerings}/out`, { properties: { remoteVirtualNetwork: { id: `${other}-else` } } });
  await followed(ask('PUT', `${peerings}/out`, { properties: { remoteVirtualNetwork: { id: other } } }));
  await ask('GET', `${peerings}/out`);
  await ask('GET', peerings);
  await followed(ask('DELETE', `${peerings}/out`));
  await ask('GET', `${peerings}/out`);
  await ask('DELETE', `${peerings}/out`);
  await ask('DELETE', network);
  await ask('DELETE', guard);
  await followed(ask('DELETE', nic));
  await followed(ask('DELETE', network));
  await followed(ask('DELETE', guard));
  for (const one of [network, guard, nic]) await ask('DELETE', one);
}
