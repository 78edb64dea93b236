import { vaultId } from '../arm-ids.ts';
import { fabricsOf } from './fabrics.ts';
import { findVault } from './find.ts';
import { correlationId, issuesOf, replicationHealth } from './health.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { HealthIssue } from './health.ts';
import type { Item } from './item.ts';

/** GET replicationVaultHealth: what is the matter with the items of a vault now, summed up by reason. */
export function getVaultHealth(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  return 'status' in vault ? vault : { status: 200, body: vaultHealthBody(world, vault) };
}

function vaultHealthBody(world: World, vault: Vault): Readonly<Record<string, unknown>> {
  const items = [...vault.items.values()];
  const sites = fabricsOf(world, vault).length;
  // Regions and what lies in them are always well to Site Recovery here: what fails in them shows at the items.
  const well = { resourceCount: sites, issues: [], categorizedResourceCounts: { Normal: sites } };
  return {
    name: 'Default',
    type: 'Microsoft.RecoveryServices/vaults/replicationVaultHealth',
    id: `${vaultId(world, vault)}/replicationVaultHealth/Default`,
    properties: {
      vaultErrors: [],
      protectedItemsHealth: {
        resourceCount: items.length,
        issues: summaries(world, items),
        categorizedResourceCounts: countsByHealth(world, items),
      },
      fabricsHealth: well,
      containersHealth: well,
    },
  };
}

function countsByHealth(world: World, items: readonly Item[]): Readonly<Record<string, number>> {
  const words = items.map((item) => replicationHealth(world, item));
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}

function summaries(world: World, items: readonly Item[]): readonly unknown[] {
  const found = items.flatMap((item) => issuesOf(world, item).map((issue) => ({ item, issue })));
  const groups = Map.groupBy(found, ({ issue }) => `${issue.code} ${issue.level}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined
      ? []
      : [
          summary(
            first.issue,
            members.map(({ item }) => correlationId(world, item)),
          ),
        ];
  });
}

function summary(issue: HealthIssue, affected: readonly string[]): unknown {
  return {
    summaryCode: issue.code,
    category: issue.category,
    severity: issue.level,
    summaryMessage: issue.title,
    affectedResourceType: 'replicationProtectedItems',
    affectedResourceSubtype: '',
    affectedResourceCorrelationIds: affected,
  };
}
