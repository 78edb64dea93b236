import { afterEach, expect, it } from 'vitest';
import { GREET } from './documents.ts';
import { makeServerWorld, type ServerWorld } from './server-world.ts';

let world: ServerWorld;
afterEach(() => world.close());

const published = async (token?: string): Promise<readonly string[]> => {
  const answer = await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET] }, ...(token === undefined ? {} : { token }) });
  expect(answer.status).toBe(200);
  return answer.body.findings.map((finding: { code: string; message: string }) => `${finding.code} ${finding.message}`);
};

it('publishing warns of approvals that nobody, or one person alone, can give with the tokens that are valid', async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
  const author = await world.token('ada', ['author']);
  expect(await published(author)).toEqual(['RW533 nobody can give this approval: dba']);
  await world.token('dana', ['operator'], { groups: ['dba'] });
  await world.token('dana', ['viewer'], { groups: ['dba'] });
  expect(await published(author)).toEqual(['RW533 one person can give this approval: dba']);
  await world.token('eli', ['operator'], { groups: ['dba'] });
  expect(await published(author)).toEqual([]);
});

it('a server that does not ask who somebody is says nothing about groups', async () => {
  world = await makeServerWorld();
  expect(await published()).toEqual([]);
});
