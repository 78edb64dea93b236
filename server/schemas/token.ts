import { z } from 'zod';
import { GRANTED_NAMES } from '../../engine/access/roles.ts';
import { component, instant } from './component.ts';

const role = z.enum(GRANTED_NAMES as [(typeof GRANTED_NAMES)[number]]);
const glob = z.string().min(1).max(200).default('*');
const grant = z.object({ role, scope: z.object({ runbook: z.string(), environment: z.string() }) });

/** What is known of an API token; the token itself is not. */
export const tokenView = component(
  'Token',
  z.object({
    id: z.string(),
    owner: z.string(),
    name: z.string(),
    groups: z.array(z.string()).readonly(),
    grants: z.array(grant).readonly(),
    createdAt: instant,
    expiresAt: instant,
  }),
);

/** A new token with its text, which is shown this once. */
export const newTokenView = component('NewToken', z.object({ ...tokenView.shape, token: z.string() }));

/** The token that a person types to sign in. */
export const sessionBody = z.strictObject({ token: z.string().min(1).max(200) });

/** What a token is made for. Without an owner it is the caller's own. */
export const tokenBody = z.strictObject({
  name: z.string().min(1).max(200),
  owner: z.string().min(1).max(200).optional(),
  groups: z.array(z.string().min(1).max(200)).max(50).default([]),
  grants: z
    .array(z.strictObject({ role, runbook: glob, environment: glob }))
    .min(1)
    .max(20),
  expiresIn: z.string().max(20).default('30d').describe('A duration of at most 90d'),
});

export const tokenParams = z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) });

/** Who asks, and what that principal holds. */
export const meSchema = component(
  'Me',
  z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['local', 'token', 'engine']),
    groups: z.array(z.string()).readonly(),
    grants: z.array(grant).readonly(),
    permissions: z.array(z.string()).readonly(),
    auth: z.enum(['none', 'token']),
  }),
);
