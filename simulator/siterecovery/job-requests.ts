import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { replicationJobId, vaultId } from '../arm-ids.ts';
import { UNTOUCHED, fateOf } from '../faults/fate.ts';
import { moveOperation, openOperation, siteRecoveryHeaders } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { notThere } from './errors.ts';
import { findVault } from './find.ts';
import { beginJob, cancelJob, childJob, endJob, jobAllows, jobBody, openJob, passWorkOn, runTask } from './job.ts';
import { plainTask } from './job-trees.ts';
import { accepted, forbidden, notAllowed } from './submission.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Job } from './job.ts';

const CANCEL_OPERATION = 'ReplicationJobs_Cancel';
export const RESTART_OPERATION = 'ReplicationJobs_Restart';

/** Body of the resumption of a job. */
export const RESUME_BODY = z.strictObject({ properties: z.strictObject({ comments: z.string().optional() }).optional() });

/** GET of a job. */
export function getJob(world: World, call: Call): Answer {
  const job = findJob(world, call);
  return 'status' in job ? job : { status: 200, body: jobBody(world, job, 'get') };
}

/** POST cancel of a job. It is cancelling for a while; what it has made by then stays. */
export function postCancel(world: World, call: Call): Answer {
  const job = findJob(world, call);
  if ('status' in job) return job;
  const resource = replicationJobId(world, job.vault, job.id);
  const refused = notAllowed(jobAllows(job), 'Cancel', job.id);
  if (refused !== undefined) return refusal(resource, refused);
  const operation = openOperation(world, world.draws.nextUuid('cancel'), () => ({ status: 200, body: jobBody(world, job, 'get') }));
  const headers = siteRecoveryHeaders(world, operation, { vault: vaultId(world, job.vault), resource, job: job.id }) ?? {};
  moveOperation(world, operation, 'run');
  cancelJob(world, job, { fate: fateOf(world, call, CANCEL_OPERATION), ended: () => moveOperation(world, operation, 'succeed') });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id, jobId: job.id } };
}

/** POST resume of a job: for one that waits for a person in the middle of a plan. No plan here has anything to do by hand, so that none waits. */
export function postResume(world: World, call: Call): Answer {
  const job = findJob(world, call);
  return 'status' in job ? job : refusal(replicationJobId(world, job.vault, job.id), forbidden('Resume', job.id));
}

/** POST restart of a job that failed: a job of its own sets the work going once more, as another job. Each job is restarted once at most. */
export function postRestart(world: World, call: Call): Answer {
  const job = findJob(world, call);
  if ('status' in job) return job;
  const resource = replicationJobId(world, job.vault, job.id);
  const { again } = job.course;
  if (again === undefined || !jobAllows(job).includes('Restart')) return refusal(resource, forbidden('Restart', job.id));
  const task = plainTask('RemediateWfTask', 'RemediateTask', 'Restarting job');
  const order = {
    vault: job.vault,
    target: job.target,
    scenarioName: 'RestartJob',
    friendlyName: 'Restart job',
    tasks: [task],
    custom: () => ({ instanceType: 'AsrJobDetails', affectedObjectDetails: {} }),
  };
  // What faults have ordered is for the work, not for the job that sets it going.
  const fate = fateOf(world, call, RESTART_OPERATION);
  const result = (): Answer => ({ status: 200, body: jobBody(world, restart, 'get') });
  const restart: Job = openJob(world, order, { call, operation: RESTART_OPERATION, result, fate: UNTOUCHED });
  passWorkOn(
    world,
    job,
    again.work((next) => childJob(world, next, fate)),
  );
  const ended = (): void => endJob(world, restart);
  beginJob(world, restart, () => runTask(world, restart, { task, durationMs: DURATIONS.jobRestart, succeeded: ended, failed: ended }));
  return accepted(world, restart, resource);
}

function findJob(world: World, call: Call): Job | Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'jobName');
  return vault.jobs.get(name.toLowerCase()) ?? notThere('job', name);
}
