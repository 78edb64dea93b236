import type { RunningSimulator } from '../support/simulator.ts';
import { call, collect, type Driven, refused } from './calls.ts';
import type { Capture } from './capture.ts';

/** Drives subscriptions, resource groups and the lists of resources. No SDK of the project knows subscriptions: those requests are written by hand. */
export async function driveGroups(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const subscription = `/subscriptions/${simulator.ready.subscriptionId}`;
  const { raw } = capture;
  await raw('GET', '/subscriptions?api-version=2022-12-01');
  await raw('GET', `${subscription}?api-version=2022-12-01`);
  const { resources, resourceGroups } = capture.resources;
  await collect(resourceGroups.list());
  await collect(resourceGroups.list({ top: 1, filter: "tagName eq 'env'" }));
  await collect(resources.list());
  const filters = ["tagName eq 'env' and tagValue eq 'prod'", "resourceType eq 'Microsoft.Compute/disks'"];
  for (const filter of filters) await collect(resources.list({ top: 3, expand: 'createdTime,changedTime,provisioningState', filter }));
  await refused(() => collect(resources.list({ filter: "tagValue eq 'prod'" })));
  await collect(resources.listByResourceGroup('rg-shop-weu', { filter: "name eq 'web-01'" }));
  await refused(() => collect(resources.listByResourceGroup('nowhere')));

  const put = (location: string, tags?: Record<string, string>) =>
    call(capture, driven, 'ResourceGroups_CreateOrUpdate', () =>
      resourceGroups.createOrUpdate('rg-brief', tags === undefined ? { location } : { location, tags }),
    );
  await resourceGroups.checkExistence('rg-brief');
  await refused(() => resourceGroups.beginDelete('rg-brief'));
  await refused(() => put('mars'));
  await put('westeurope', { by: 'conformance' });
  await put('westeurope');
  await refused(() => put('northeurope'));
  await resourceGroups.checkExistence('rg-brief');
  await call(capture, driven, 'ResourceGroups_Get', () => resourceGroups.get('rg-brief'));
  await resourceGroups.beginDelete('rg-brief');
  const accepted = capture.exchanges.findLast(({ method, status }) => method === 'DELETE' && status === 202)?.headers['location'] ?? '';
  await refused(() => put('westeurope'));
  await simulator.until(async () => (await raw('GET', accepted)).status !== 202);
  await refused(() => resourceGroups.get('rg-brief'));
}
