import { createAzure } from '../../adapters/azure/azure.ts';
import { readIdentity } from '../../adapters/azure/identity.ts';
import { actions } from '../../engine/actions/registry.ts';
import { neededRights, placesOfSets } from '../../engine/plan/rights.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import type { NeededRight } from '../../engine/plan/rights.ts';
import type { DoctorFinding } from '../finding-table.ts';
import { doctorOutcome, findingTable } from '../finding-table.ts';
import { argument, pairsOf, textFlag } from '../flags.ts';
import type { Flags } from '../flags.ts';
import { readInputs } from '../inputs.ts';
import { draftView, makeDraft } from '../plan-offline.ts';
import { planTable } from '../plan-text.ts';
import type { Session } from '../program-options.ts';
import { clockFinding, readScopes, rightFindings, unplacedFindings } from './grants.ts';
import { azureHere } from './settings.ts';

/**
 * `plan --check-permissions`: resolves the plan with the identity of this computer and compares what its steps need with what Azure grants.
 * Exit code 1 when something is missing or could not be checked. No run can start from it.
 */
export async function checkPlan(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const { azure: config } = await azureHere();
  const azure = createAzure(config);
  const purpose = textFlag(flags, 'as');
  const draft = await makeDraft({
    project: session.project,
    runbook: argument(args, 0),
    inputs: async (definition) => readInputs(pairsOf(flags, 'i'), textFlag(flags, 'inputs'), { properties: definition.inputs }),
    azure,
    ...(purpose === undefined ? {} : { purpose }),
  });
  const needed = rightsOfPlan(draft.plan);
  const identity = await readIdentity(config);
  const scopes = await readScopes(azure, needed, new AbortController().signal);
  const findings: DoctorFinding[] = [
    clockFinding(scopes),
    ...scopes.flatMap((scope) => rightFindings(scope, identity)),
    ...unplacedFindings(needed),
  ];
  const { planHash: _, ...plan } = draftView(draft);
  const outcome = doctorOutcome(findings);
  session.output.data({
    text: () => `${planTable(plan)}\n\n${findingTable(findings)}`,
    json: { apiVersion: 'runward/v1', kind: 'PlanDraft', ...plan, permissions: { outcome, objectId: identity.objectId, checks: findings } },
    lines: findings,
    names: [plan.runbook],
  });
  session.output.say(
    `checked as ${identity.name ?? identity.objectId ?? 'an identity without a name'}; a worker with another identity has other rights`,
  );
  return outcome === 'failed' ? 1 : 0;
}

function rightsOfPlan(plan: Plan): readonly NeededRight[] {
  const own = neededRights(plan.definition, placesOfSets(plan.sets, plan.inputs), actions);
  // The inputs of a called runbook are known when it is called: all members of its sets count.
  const called = Object.values(plan.calls ?? {}).flatMap(({ definition, members }) =>
    neededRights(definition, placesOfSets(members, {}), actions),
  );
  return [...own, ...called];
}
