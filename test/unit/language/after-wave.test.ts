import { expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: waves, title: A test, owner: team-shop }
purpose: operations
environment: production
timeout: 1h
targets:
  all: { hosts: [{ name: web-01, address: 10.0.0.1, via: ssh, user: ops }, { name: web-02, address: 10.0.0.2, via: ssh, user: ops }], max: 2 }
steps:
  - { id: before, wait: 1s }
`;

function load(body: string) {
  return loadDocuments([{ path: 'runbooks/waves.yaml', text: HEAD + body }], { actions });
}

function messages(body: string): readonly string[] {
  return load(body).findings.map((one) => `${one.code} ${one.pointer} ${one.message}`);
}

it('accepts steps after a wave, which see the wave, earlier steps and each other', () => {
  const body = `  - id: look
    uses: tcp.check@1
    target: all
    with: { host: "\${{ target.address }}", port: 22 }
    rollout:
      waves: [1]
      after_wave:
        - { id: bake, wait: 1s }
        - id: fine
          assert:
            - that: wave.number < wave.total && wave.failed == 0 && wave.targets.size() == wave.size && wave.succeeded > 0
              message: "wave \${{ wave.number }}"
            - { that: 'steps.bake.status == "succeeded" && steps.before.status == "succeeded"', message: m }
`;
  expect(messages(body)).toEqual([]);
  const look = load(body).runbooks.get('waves')?.runbook.steps[1];
  expect(look?.rollout?.afterWave?.map(({ id }) => id)).toEqual(['bake', 'fine']);
});

it.each([
  ['the item of the fan-out', 'target.name == "web-01"', 'RW303'],
  ['the fan-out itself, which has not ended', 'steps.look.results.size() == 2', 'RW404'],
  ['a field that a wave does not have', 'wave.broken == 0', 'RW30'],
])('refuses to read %s', (_, that, code) => {
  const body = `  - id: look
    uses: tcp.check@1
    target: all
    with: { host: "\${{ target.address }}", port: 22 }
    rollout:
      waves: [1]
      after_wave: [{ id: fine, assert: [{ that: '${that}', message: m }] }]
`;
  const found = messages(body);
  expect(found).toHaveLength(1);
  expect(found[0]?.startsWith(`${code}`)).toBe(true);
});

it('hides what happens after a wave from the items and from the rest of the runbook, and wave from everything else', () => {
  const body = `  - id: work
    target: all
    rollout: { waves: [1], after_wave: [{ id: bake, wait: 1s }, { id: peek, if: 'steps.inner.status == "x"', wait: 1s }] }
    steps:
      - { id: inner, if: 'steps.bake.status == "x"', wait: 1s }
  - { id: last, if: 'steps.bake.status == "x"', wait: 1s }
  - { id: odd, if: 'wave.number == 1', wait: 1s }
`;
  expect(
    messages(body)
      .map((text) => text.split(' ', 2).join(' '))
      .toSorted(),
  ).toEqual(['RW303 /steps/3/if', 'RW405 /steps/1/rollout/after_wave/1/if', 'RW405 /steps/1/steps/0/if', 'RW405 /steps/2/if']);
});
