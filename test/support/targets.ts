import type { Target } from '../../engine/target.ts';

/** A machine that is reached over SSH, with what a test says about it. */
export function testTarget(name: string, more: Partial<Target> = {}): Target {
  return {
    key: name,
    name,
    kind: 'host',
    id: `ssh://${name}`,
    lockId: `ssh://${name}`,
    os: null,
    address: name,
    via: 'ssh',
    port: null,
    user: null,
    credential: null,
    tags: {},
    location: null,
    resourceGroup: null,
    subscription: null,
    recoveryGroup: null,
    powerState: null,
    environment: 'test',
    ...more,
  };
}
