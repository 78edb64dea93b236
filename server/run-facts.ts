import type { Plan } from '../engine/plan/plan-record.ts';
import type { StartRequest } from '../engine/run/start.ts';
import type { ServerContext } from './context.ts';

/** What a run keeps about the installation that started it: its simulated estate, and the address under which people reach it, where one is set. */
export function runFacts(
  { config: { publicUrl } }: Pick<ServerContext, 'config'>,
  { simulatedScale }: Pick<Plan, 'simulatedScale'>,
): Pick<StartRequest, 'simulatedScale' | 'publicUrl'> {
  return {
    ...(simulatedScale === undefined ? {} : { simulatedScale }),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/, '') }),
  };
}
