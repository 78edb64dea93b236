import { z } from 'zod';
import { instant, milliseconds } from './component.ts';

export const readyWord = z.enum(['ready', 'at_risk', 'not_ready', 'unknown']);

const row = {
  state: readyWord,
  is: z.string().describe('The figure, for people'),
  limit: z.string().optional().describe('What it is held against'),
  message: z.string().optional(),
  isMs: milliseconds.optional().describe('The figure, where it is a time'),
  limitMs: milliseconds.optional(),
};

const read = { at: instant.optional().describe('When it was read'), run: z.number().int().optional().describe('The run that read it') };

const machine = z.object({
  machine: z.string(),
  ready: readyWord.describe('Its worst row'),
  message: z.string().optional().describe('Why nothing about it counts'),
  ...read,
  facts: z
    .array(
      z.object({
        fact: z.enum(['protection', 'health', 'rpo', 'recovery_point', 'test_leftover', 'agent', 'disks', 'test_failover']),
        ...row,
      }),
    )
    .readonly(),
});

/** A recovery plan with its machines, each row with the figure and its limit. */
export const planReadiness = z.object({
  plan: z.string(),
  planId: z.string(),
  ready: readyWord.describe('The worst of its own rows and its machines'),
  ...read,
  facts: z.array(z.object({ fact: z.enum(['allowed', 'scenario', 'protected']), ...row })).readonly(),
  machines: z.array(machine).readonly().describe('All machines that the recovery plan held when it was read last'),
});
