import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';

const VERSION = 'api-version=2025-04-01';

/** Drives subscriptions, resource groups and the lists of resources. No SDK of the project knows them, so the requests are written by hand. */
export async function driveGroups(capture: Capture, simulator: RunningSimulator): Promise<void> {
  const subscription = `/subscriptions/${simulator.ready.subscriptionId}`;
  const { raw } = capture;
  await raw('GET', '/subscriptions?api-version=2022-12-01');
  await raw('GET', `${subscription}?api-version=2022-12-01`);
  await raw('GET', `${subscription}/resourceGroups?${VERSION}`);
  await raw('GET', `${subscription}/resourceGroups?${VERSION}&$top=1&$filter=${encodeURIComponent("tagName eq 'env'")}`);
  await raw('GET', `${subscription}/resources?${VERSION}`);
  const filters = ["tagName eq 'env' and tagValue eq 'prod'", "resourceType eq 'Microsoft.Compute/disks'", "tagValue eq 'prod'"];
  for (const filter of filters)
    await raw(
      'GET',
      `${subscription}/resources?${VERSION}&$top=3&$expand=createdTime,changedTime,provisioningState&$filter=${encodeURIComponent(filter)}`,
    );
  await raw('GET', `${subscription}/resourceGroups/rg-shop-weu/resources?${VERSION}&$filter=${encodeURIComponent("name eq 'web-01'")}`);
  await raw('GET', `${subscription}/resourceGroups/nowhere/resources?${VERSION}`);

  const group = `${subscription}/resourceGroups/rg-brief?${VERSION}`;
  await raw('HEAD', group);
  await raw('DELETE', group);
  await raw('PUT', group, { location: 'mars' });
  await raw('PUT', group, { location: 'westeurope', tags: { by: 'conformance' } });
  await raw('PUT', group, { location: 'westeurope' });
  await raw('PUT', group, { location: 'northeurope' });
  await raw('HEAD', group);
  await raw('GET', group);
  const accepted = await raw('DELETE', group);
  await raw('PUT', group, { location: 'westeurope' });
  await simulator.until(async () => (await raw('GET', String(accepted.headers.location))).status !== 202);
  await raw('GET', group);
}
