import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { actions } from '../../engine/actions/registry.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Finding } from '../../engine/language/diagnostics.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import { makePlan } from '../../engine/plan/plan.ts';
import type { Ports } from '../../engine/ports.ts';
import type { GoldenFile } from './goldens.ts';

type Later = (files: readonly GoldenFile[]) => Promise<readonly Finding[]>;

/** How the goldens are made whose finding comes after `validate`: at plan or start, or on a server with its own settings. By golden name. */
export const LATER_FINDINGS: Readonly<Record<string, Later>> = {
  'rw312-var-fails': planned({}),
  'rw312-value-of-a-script': planned({}),
  'rw313-null-for-a-script': planned({}),
  'rw416-key-twice': planned({}),
  'rw508-too-many-targets': planned({}),
  'rw509-empty-set': planned({}),
  'rw512-local-script': async (files) => loadDocuments(files, { actions, allowLocalScripts: false }).findings,
  'rw-dsc-113-of-a-step': withConfigurations,
  'rw-dsc-113-known-at-plan': planned({ port: 70_000 }),
  'rw-dsc-119-with-these-parameters': withConfigurations,
  'rw517-input-out-of-bounds': planned({ ring: 'c', retries: 9, unknown: true }),
};

const PORTS: Pick<Ports, 'azure' | 'ids' | 'clock'> = {
  azure: { read: async () => ({ kind: 'missing', message: 'no such thing' }) } as unknown as Azure,
  clock: { nowMs: () => Date.UTC(2026, 0, 5) } as Ports['clock'],
  ids: { sha256: (text: string) => createHash('sha256').update(text).digest('hex') } as Ports['ids'],
};

/** The project as it lies on a disk: documents that a step names are in their own folder. */
async function withConfigurations(files: readonly GoldenFile[]): Promise<readonly Finding[]> {
  return loadDocuments(placed(files), { actions }).findings;
}

function placed(files: readonly GoldenFile[]): readonly GoldenFile[] {
  return files.map(({ path, text }) => ({ path: path.endsWith('.dsc.yaml') ? `configurations/${basename(path)}` : path, text }));
}

function planned(inputs: JsonObject): Later {
  return async (files) => {
    const project = loadDocuments(placed(files), { actions, allowLocalScripts: true });
    const [runbook] = project.runbooks.keys();
    if (runbook === undefined) return project.findings;
    const answer = await makePlan(PORTS, { project, runbook, inputs, signal: new AbortController().signal });
    return answer.kind === 'refused' ? answer.findings : [];
  };
}
