import { ACCESS_ROUTES } from './access/routes.ts';
import { armError } from './arm-errors.ts';
import { BACKUP_ROUTES } from './backup/routes.ts';
import { SNAPSHOT_ROUTES } from './compute/disk-snapshots.ts';
import { DISK_ROUTES } from './compute/disks.ts';
import { COLLECTION_ROUTES } from './compute/restore-point-collections.ts';
import { RESTORE_POINT_ROUTES } from './compute/restore-points.ts';
import { COMPUTE_ROUTES } from './compute/routes.ts';
import { NETWORK_ROUTES } from './network/routes.ts';
import { RESOURCE_ROUTES } from './resources/routes.ts';
import { matchPath } from './route.ts';
import { SITE_RECOVERY_READ_ROUTES } from './siterecovery/read-routes.ts';
import { JOB_ROUTES } from './siterecovery/job-routes.ts';
import { PROTECTION_ROUTES } from './siterecovery/protection-routes.ts';
import { SITE_RECOVERY_ROUTES } from './siterecovery/routes.ts';
import type { Answer, Route } from './route.ts';

const ROUTES: readonly Route[] = [
  ...RESOURCE_ROUTES,
  ...ACCESS_ROUTES,
  ...BACKUP_ROUTES,
  ...COMPUTE_ROUTES,
  ...DISK_ROUTES,
  ...SNAPSHOT_ROUTES,
  ...COLLECTION_ROUTES,
  ...RESTORE_POINT_ROUTES,
  ...NETWORK_ROUTES,
  ...SITE_RECOVERY_ROUTES,
  ...SITE_RECOVERY_READ_ROUTES,
  ...PROTECTION_ROUTES,
  ...JOB_ROUTES,
];

/** Resource types that Azure has and that this simulator does not serve in full: a gap is named, never taken for an answer. */
const KNOWN_TYPES: Readonly<Record<string, readonly string[]>> = {
  'microsoft.compute': ['virtualmachines', 'disks', 'snapshots', 'restorepointcollections', 'locations', 'images', 'availabilitysets'],
  'microsoft.network': [
    'virtualnetworks',
    'networkinterfaces',
    'networksecuritygroups',
    'publicipaddresses',
    'routetables',
    'natgateways',
    'trafficmanagerprofiles',
  ],
  'microsoft.recoveryservices': ['vaults', 'locations', 'replicationeligibilityresults'],
  'microsoft.authorization': ['locks', 'permissions', 'roleassignments', 'roledefinitions'],
  'microsoft.alertsmanagement': ['alerts'],
  'microsoft.insights': ['metricalerts', 'scheduledqueryrules', 'activitylogalerts'],
  'microsoft.resourcegraph': ['resources'],
};

/** The route of a request with the parameters of its path, or the answer that there is none and why. */
export function findRoute(
  method: string,
  path: string,
  query: URLSearchParams,
):
  | { readonly route: Route; readonly params: Readonly<Record<string, string>>; readonly apiVersion: string }
  | { readonly refused: Answer; readonly reason: string } {
  for (const route of ROUTES) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    const version = query.get('api-version');
    if (version === null || version === '') {
      const message = 'The api-version query parameter (?api-version=) is required for all requests.';
      return { refused: armError(400, 'MissingApiVersionParameter', message), reason: 'no api-version' };
    }
    if (!route.apiVersions.includes(version)) {
      const message = `The api-version '${version}' is invalid. The supported versions are '${route.apiVersions.join(',')}'.`;
      return { refused: armError(400, 'InvalidApiVersionParameter', message), reason: `api-version ${version}` };
    }
    return { route, params, apiVersion: version };
  }
  return unknown(method, path);
}

function unknown(method: string, path: string): { readonly refused: Answer; readonly reason: string } {
  const parts = path.toLowerCase().split('/');
  const place = parts.lastIndexOf('providers');
  if (place < 0) {
    if (parts[1] !== 'subscriptions')
      return { refused: armError(404, 'NotFound', `The path '${path}' is not known.`), reason: 'unknown path' };
    return gap(method, path);
  }
  const provider = parts[place + 1] ?? '';
  const type = parts[place + 2] ?? '';
  const types = KNOWN_TYPES[provider];
  if (types === undefined) {
    const message = `No registered resource provider found for the namespace '${provider}'.`;
    return { refused: armError(404, 'NoRegisteredProviderFound', message), reason: 'unknown provider' };
  }
  if (!types.includes(type)) {
    const message = `The resource type '${type}' could not be found in the namespace '${provider}'.`;
    return { refused: armError(404, 'InvalidResourceType', message), reason: 'unknown resource type' };
  }
  return gap(method, path);
}

function gap(method: string, path: string): { readonly refused: Answer; readonly reason: string } {
  return { refused: armError(501, 'SimulatorNotImplemented', `${method} ${path} is not served by this simulator.`), reason: 'not served' };
}

/** The routes that are served. */
export function servedRoutes(): readonly Route[] {
  return ROUTES;
}

/** The operations that are served, for the control API and the catalogue of faults. */
export function servedOperations(): readonly string[] {
  return ROUTES.map((route) => route.operation);
}
