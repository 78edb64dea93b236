import type { Resource } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { Loaded, LoadedRunbook, LoadOptions } from '../engine/language/load.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { Ports } from '../engine/ports.ts';
import type { Principal } from '../engine/run/record.ts';
import type { StoredDocument } from '../engine/store.ts';
import type { Caller } from './identify.ts';
import { sees } from './identify.ts';
import { refusedByFindings } from './problem.ts';

/** A document as a client sends it; the path is a name, never read from a disk. */
export interface SentFile {
  readonly path: string;
  readonly text: string;
}

/** Who publishes, and what decides about each runbook that is touched. */
export interface Publisher {
  readonly writer: Principal;
  readonly allow?: (resource: Resource) => void;
  /** What decides about the project as it would be then. */
  readonly demandAll?: (loaded: Loaded) => Promise<void>;
}

/** The published documents and how they become checked runbooks. */
export interface Projects {
  /** All findings of the given files; nothing is stored. */
  readonly check: (files: readonly SentFile[]) => Loaded;
  /**
   * Publishes files beside those that are there already, when `allow` throws for none of their runbooks and `demandAll` not for the whole. Throws USAGE_DOCUMENT with all
   * findings when one has an error.
   */
  readonly publish: (files: readonly SentFile[], by?: Publisher) => Promise<Loaded>;
  /** Who published a document as it is now; undefined when that is not known. */
  readonly writerOf: (path: string) => Promise<Principal | undefined>;
  /** What is published now. */
  readonly current: () => Promise<Loaded>;
}

/** Projects over the store; checked documents are kept until one of their digests changes. */
export function makeProjects(ports: Pick<Ports, 'store' | 'ids'>, options: LoadOptions): Projects {
  let known: { readonly digests: string; readonly loaded: Loaded } | undefined;

  const check = (files: readonly SentFile[]): Loaded => loadDocuments(files, options);

  const current = async (): Promise<Loaded> => {
    const documents = await ports.store.listDocuments();
    const digests = documents.map((document) => `${document.path} ${document.digest}`).join('\n');
    if (known?.digests !== digests) known = { digests, loaded: check(documents) };
    return known.loaded;
  };

  return {
    check,
    current,
    writerOf: async (path) => (await ports.store.listDocuments()).find((document) => document.path === path)?.writer,
    async publish(files, by) {
      refuseTwins(files);
      const before = new Map((await ports.store.listDocuments()).map((document) => [document.path, document]));
      const merged = new Map<string, SentFile>(before);
      for (const file of files) merged.set(file.path, file);
      const loaded = check([...merged.values()]);
      if (loaded.findings.some(isError)) throw refusedByFindings('the project has errors', loaded.findings);
      for (const resource of touched(files, loaded)) by?.allow?.(resource);
      await by?.demandAll?.(loaded);
      // Sending the same text again makes nobody the writer of what another person has published.
      const stored = files.map(({ path, text }): StoredDocument => {
        const digest = ports.ids.sha256(text);
        const known = before.get(path);
        const writer = known?.digest === digest ? (known.writer ?? by?.writer) : by?.writer;
        return { path, text, digest, ...(writer === undefined ? {} : { writer }) };
      });
      await ports.store.putRunbooks(stored);
      return loaded;
    },
  };
}

/** A published runbook without errors. Throws NOT_FOUND_RUNBOOK, also for one that the caller may not see. */
export async function runbookNamed(projects: Projects, caller: Caller, name: string): Promise<LoadedRunbook> {
  const found = (await projects.current()).runbooks.get(name);
  if (found === undefined || !sees(caller, placeOf(found)))
    throw new RunwardError('NOT_FOUND_RUNBOOK', `no runbook "${name}" is published`);
  return found;
}

/** A runbook as access is decided about it. */
export function placeOf({ runbook }: LoadedRunbook) {
  return { runbook: runbook.name, environment: runbook.environment };
}

/** True for findings that keep a document from being used. */
export function isError(finding: Finding): boolean {
  return finding.severity === 'error';
}

// An inventory belongs to its environment and to no runbook, so that only a grant for all runbooks reaches it.
function touched(files: readonly SentFile[], loaded: Loaded): readonly Resource[] {
  const paths = new Set(files.map((file) => file.path));
  const runbooks = [...loaded.runbooks.values()].filter((one) => paths.has(one.path)).map(placeOf);
  const inventories = [...loaded.inventories.values()].filter((one) => paths.has(one.path));
  // A configuration document and a calendar belong to no environment: every runbook may use them, so only a grant for everything reaches it.
  const configurations = [...loaded.configurations.keys()].filter((path) => paths.has(path));
  const calendars = [...loaded.calendars.values()].filter((one) => paths.has(one.path));
  return [
    ...runbooks,
    ...inventories.map(({ inventory }) => ({ environment: inventory.environment })),
    ...configurations.map(() => ({})),
    ...calendars.map(() => ({})),
  ];
}

function refuseTwins(files: readonly SentFile[]): void {
  const twin = files.find((file, index) => files.findIndex((other) => other.path === file.path) !== index);
  if (twin !== undefined) throw new RunwardError('USAGE_BODY', `the path ${twin.path} is given twice`);
}
