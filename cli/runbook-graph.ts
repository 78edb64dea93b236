import { actions } from '../engine/actions/registry.ts';
import { RunwardError } from '../engine/errors.ts';
import { graphOf } from '../engine/language/graph.ts';
import { GRAPH_FORMATS, graphText } from '../engine/language/graph-text.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { printFindings } from './findings.ts';
import { argument } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';

/**
 * `runbook graph`: a runbook of this project, by name or file, as a picture of its steps; no server. A runbook with errors is answered by its
 * findings and exit code 3. Throws NOT_FOUND_RUNBOOK for a name that no file of the project has.
 */
export async function graphRunbook(session: Session, args: readonly unknown[]): Promise<number> {
  const wanted = argument(args, 0);
  const isFile = /\.ya?ml$/.test(wanted);
  const { asked, beside } = await readDocuments(isFile ? [wanted] : [], session.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const found = isFile ? [...loaded.runbooks.values()].find(({ path }) => path === asked[0]?.path) : loaded.runbooks.get(wanted);
  if (found === undefined) {
    const files = asked.filter(({ path }) => isFile || path.endsWith(`/${wanted}.yaml`));
    const paths = new Set(files.map(({ path }) => path));
    const findings = loaded.findings.filter(({ file, severity }) => paths.has(file) && severity === 'error');
    if (findings.length > 0) return printFindings(session, findings, files);
    throw new RunwardError('NOT_FOUND_RUNBOOK', `no runbook of this project is named "${wanted}"`, { next: 'runward validate' });
  }
  const graph = graphOf(found.runbook);
  const format = GRAPH_FORMATS.find((one) => one === session.format) ?? 'tree';
  session.output.data({
    text: () => graphText(graph, format),
    json: { apiVersion: 'runward/v1', kind: 'RunbookGraph', runbook: found.runbook.name, ...graph },
    names: [found.runbook.name],
  });
  return 0;
}
