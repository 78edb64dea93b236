import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attentionLines } from '../../../cli/run-advice.ts';
import { PLAN_AGE_SEVERE_MS } from '../../../engine/limits.ts';
import { SAID_FOLDER, SAID_GOLDENS } from '../../support/said-goldens.ts';
import { type Answer, makeServerWorld, newKey, type ServerWorld } from './server-world.ts';

let world: ServerWorld;
let token: string;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  token = await world.token('olga', ['operator']);
});
afterEach(() => world.close());

/** What makes each of them be said, and the lines that people then read. */
const SCENES: Readonly<Record<string, (runbook: string) => Promise<string>>> = {
  'rw516-plan-too-old': async (runbook) => {
    const planHash = await planned(runbook);
    world.clock.move(PLAN_AGE_SEVERE_MS);
    return problemText(await started(runbook, planHash)).replace(planHash.slice(0, 8), '0a1b2c3d');
  },
  'rw519-readiness-check-failed': async (runbook) => {
    const { body } = await started(runbook, await planned(runbook));
    await world.work(body.id);
    const { body: run } = await world.call('GET', `/api/v1/runs/${body.id}`, { token });
    return attentionLines(run).join('\n').trimStart();
  },
  'rw520-group-is-full': async (runbook) => {
    await started(runbook, await planned(runbook));
    return problemText(await started(runbook, await planned(runbook)));
  },
};

it.each(SAID_GOLDENS.map((golden) => [golden.name, golden] as const))('%s is said as it is printed in the reference', async (_, golden) => {
  const { name, code, text } = golden;
  await world.context.projects.publish([{ path: `runbooks/${name}.yaml`, text }]);
  const said = await SCENES[name]?.(name);
  expect(said).toContain(code);
  await expect(`${said}\n`).toMatchFileSnapshot(join(SAID_FOLDER, `${name}.out`));
});

async function planned(runbook: string): Promise<string> {
  const { body } = await world.call('POST', '/api/v1/plans', { token, body: { runbook, inputs: {} } });
  return body.planHash;
}

function started(runbook: string, planHash: string): Promise<Answer> {
  return world.call('POST', '/api/v1/runs', { token, key: newKey(), body: { planHash, reason: 'INC-1', confirm: runbook } });
}

function problemText({ body }: Answer): string {
  return `${body.code}: ${body.detail}`;
}
