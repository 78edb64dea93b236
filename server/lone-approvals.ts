import { tokenSchema } from '../engine/access/tokens.ts';
import { actions } from '../engine/actions/registry.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import { loneApprover } from '../engine/language/lint/lone-approver.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { ServerContext } from './context.ts';

/**
 * Approvals in the given documents that nobody, or one person alone, can give with the tokens that are valid now (RW533). Only a server that
 * asks who somebody is knows its groups; any other says nothing.
 */
export async function loneApprovals({ ports, config }: ServerContext, paths: ReadonlySet<string>): Promise<readonly Finding[]> {
  if (config.auth !== 'token') return [];
  const [nowMs, documents, stored] = await Promise.all([ports.store.nowMs(), ports.store.listDocuments(), ports.store.listTokens()]);
  const groupSizes = sizesOf(stored.map((record) => tokenSchema.parse(record)).filter(({ expiresAtMs }) => expiresAtMs > nowMs));
  const { findings } = loadDocuments(documents, {
    actions,
    allowLocalScripts: config.allowLocalScripts,
    furtherChecks: (runbooks, inventories) => {
      for (const linted of runbooks) loneApprover.check(linted, { runbooks, inventories, groupSizes, nowMs });
    },
  });
  return findings.filter(({ code, file }) => code === 'RW533' && paths.has(file));
}

/** Two tokens of one person are one person. */
function sizesOf(tokens: readonly { readonly owner: string; readonly groups: readonly string[] }[]): ReadonlyMap<string, number> {
  const people = new Map<string, Set<string>>();
  for (const { owner, groups } of tokens) for (const group of groups) people.set(group, (people.get(group) ?? new Set()).add(owner));
  return new Map([...people].map(([group, owners]) => [group, owners.size]));
}
