import { RESTART_OPERATION, RESUME_BODY, getJob, postCancel, postRestart, postResume } from './job-requests.ts';
import { VAULT, apiVersions, getResult, signedVersions } from './routes.ts';
import type { Route } from '../route.ts';

const JOB = `${VAULT}/replicationJobs/{jobName}`;

/** The operations of a single job of Site Recovery. */
export const JOB_ROUTES: readonly Route[] = [
  { operation: 'ReplicationJobs_Get', method: 'GET', path: JOB, apiVersions, handle: getJob },
  { operation: 'ReplicationJobs_Cancel', method: 'POST', path: `${JOB}/cancel`, apiVersions, handle: postCancel },
  { operation: 'ReplicationJobs_Resume', method: 'POST', path: `${JOB}/resume`, apiVersions, body: RESUME_BODY, handle: postResume },
  { operation: RESTART_OPERATION, method: 'POST', path: `${JOB}/restart`, apiVersions, handle: postRestart },
  {
    operation: 'ReplicationJobs_OperationResult',
    method: 'GET',
    path: `${JOB}/operationresults/{operationId}`,
    apiVersions: signedVersions,
    handle: getResult,
  },
];
