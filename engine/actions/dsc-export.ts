import { z } from 'zod';
import { RUN_COMMAND_RIGHTS } from '../azure-rights.ts';
import { type Evidence, evidenceText } from '../dsc/evidence.ts';
import { exportable, exportedDocument, exportRequests, namesOf, type Wanted } from '../dsc/exporting.ts';
import { factsOf } from '../dsc/fact.ts';
import type { Target } from '../target.ts';
import { VERSION } from '../version.ts';
import { type ActionContext, type ActionPorts, type Failed, readAction, type Unanswered } from './action.ts';
import { askMachine } from './dsc-ask.ts';
import { failed } from './dsc-observe.ts';

const THINGS_MAX = 200;
const SHOWN_MAX = 5;

const input = z.strictObject({
  types: z
    .array(z.string().refine((name) => exportable().has(name), 'must be a type that can be exported, such as Runward.Linux/Service'))
    .min(1)
    .max(20)
    .describe('File, Package, Service, Sysctl or User, each with `Runward.Linux/` before it'),
  filters: z
    .record(
      z.string(),
      z
        .array(
          z
            .string()
            .min(1)
            .max(4096)
            .regex(/^[^\r\n\0]*$/, 'must be one line'),
        )
        .max(THINGS_MAX),
    )
    .default({})
    .describe(
      'Names by type: paths of files, names of packages, keys of kernel parameters. Services and users are all exported without one',
    ),
});

type Context = ActionContext<z.infer<typeof input>>;

/** Turns a machine into a configuration document: what it is now, as something that others can be checked against. */
export const dscExport = readAction<z.infer<typeof input>>({
  name: 'dsc.export@1',
  summary: 'Turn a machine into a configuration document',
  effect: 'read',
  severity: 'mild',
  target: 'machine',
  input,
  result: { document: 'dyn', evidence: 'string' },
  timeoutMs: 600_000,
  permissions: RUN_COMMAND_RIGHTS,
  read: async (ports, context) => {
    const { target } = context;
    if (target === undefined || target.via === null) return failed('target', 'an export needs a machine as target');
    if (target.os === 'windows') return failed('target', 'an export needs a machine with sh; this one runs Windows');
    const wanted = await wantedOf(ports, { ...context, target });
    if ('kind' in wanted) return wanted;
    const asked = await askMachine(ports, { ...context, target }, { requests: exportRequests(wanted.names), phase: 'check' });
    if (asked.kind !== 'asked') return asked;
    if (!asked.sealed) return failed('target', `${target.name} did not answer completely: nothing was exported`);
    const { sealed, parts, facts } = asked;
    const seen: Evidence = { target: { name: target.name, id: target.id, via: target.via }, engine: VERSION, sealed, parts, facts };
    const evidence = `sha256:${ports.ids.sha256(evidenceText(seen))}`;
    const { document, count, unknown } = exportedDocument(wanted.names, factsOf(facts));
    const result = { document, evidence };
    const observations = [{ at: ports.clock.nowMs(), what: 'Export', data: { resources: count, not_observed: unknown.length, evidence } }];
    if (unknown.length === 0) return { kind: 'succeeded', result, observations };
    const message = `${unknown.length} things of ${target.name} were not observed: ${unknown.slice(0, SHOWN_MAX).join(', ')}`;
    return { ...failed('target', message), result, observations };
  },
});

/** The names that are exported: those that are given, and of types that can be counted all there are. */
async function wantedOf(
  ports: Pick<ActionPorts, 'clock' | 'shell' | 'ids'>,
  context: Context & { readonly target: Target },
): Promise<{ readonly names: Wanted } | Failed | Unanswered> {
  const { types, filters } = context.input;
  const stray = Object.keys(filters).find((type) => !types.includes(type));
  if (stray !== undefined) return failed('expression', `filters names ${stray}, which is not one of types`);
  const lists = types.flatMap((type) => (filters[type] === undefined ? [{ type, list: exportable().get(type)?.list }] : []));
  const endless = lists.find(({ list }) => list === undefined);
  if (endless !== undefined) return failed('expression', `${endless.type} has no end: name what is exported under filters`);
  const requests = lists.flatMap(({ list }) => list ?? []);
  const asked =
    requests.length === 0 ? { kind: 'asked' as const, facts: new Map() } : await askMachine(ports, context, { requests, phase: 'list' });
  if (asked.kind !== 'asked') return asked;
  const names = new Map<string, readonly string[]>();
  for (const type of types) {
    const list = exportable().get(type)?.list;
    const found = filters[type] ?? (list === undefined ? undefined : namesOf(list, asked.facts));
    if (found === undefined) return failed('target', `the things of type ${type} at ${context.target.name} could not be listed`);
    names.set(type, found);
  }
  const count = [...names.values()].reduce((sum, each) => sum + each.length, 0);
  return count > THINGS_MAX
    ? failed('target', `${count} things are too many for one document (${THINGS_MAX}): name them under filters`)
    : { names };
}
