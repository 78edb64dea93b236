import type { SimulatorReady } from './simulator.ts';

/** The principals of the shop's estate beside the one that it announces. */
const CLIENT_IDS = {
  runward: '7f0e0000-0000-4000-8000-0000000000c1',
  'runward-recovery': '7f0e0000-0000-4000-8000-0000000000c2',
  'site-recovery-operator': '7f0e0000-0000-4000-8000-0000000000c3',
  reader: '7f0e0000-0000-4000-8000-0000000000c4',
  owner: '7f0e0000-0000-4000-8000-0000000000c5',
  nobody: '7f0e0000-0000-4000-8000-0000000000c6',
} as const;

/** What a simulator announces, with the credentials of another principal of the shop's estate. */
export function readyAs(ready: SimulatorReady, principal: keyof typeof CLIENT_IDS): SimulatorReady {
  return { ...ready, principal, clientId: CLIENT_IDS[principal], clientSecret: 'demo-only' };
}
