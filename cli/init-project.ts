import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { RunwardError } from '../engine/errors.ts';
import { type DocumentKind, DOCUMENT_SCHEMAS, documentSchema } from '../engine/language/json-schema.ts';
import { VERSION } from '../engine/version.ts';
import { argument, type Flags, isOn, textFlag } from './flags.ts';
import type { Session } from './program-options.ts';
import { projectRoot } from './project-root.ts';
import { TEMPLATES, type TemplateName } from './templates.ts';
import { tableText } from './terminal.ts';

interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** `init`: writes a template into a folder. Throws USAGE_FLAG for a folder with something in it, unless --force is given. */
export async function initProject(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  if (isOn(flags, 'listTemplates')) return listTemplates(session);
  const template = textFlag(flags, 'template') as TemplateName;
  const folder = argument(args, 0) || '.';
  const there = (await readdir(folder).catch(() => [])).filter((name) => name !== '.git');
  if (there.length > 0 && !isOn(flags, 'force'))
    throw new RunwardError('USAGE_FLAG', `${folder} is not empty: nothing was written`, { next: 'another folder, or --force' });

  const files = [...(await templateFiles('shared')), ...(await templateFiles(template)), ...schemaFiles()];
  for (const { path, text } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const written = files.map(({ path }) => path).toSorted();
  session.output.data({
    text: () => written.join('\n'),
    json: { apiVersion: 'runward/v1', kind: 'Project', folder, template, files: written },
    lines: written,
    names: written,
  });
  session.output.say(`${files.length} files of the template ${template} are in ${folder}`, 'good');
  const where = folder === '.' ? '' : `cd ${folder} && `;
  session.output.say(`next: ${where}runward validate --strict && runward test`);
  return 0;
}

function listTemplates(session: Session): number {
  const rows = Object.entries(TEMPLATES);
  session.output.data({
    text: () => tableText(['TEMPLATE', 'BEGINS WITH'], rows),
    json: { apiVersion: 'runward/v1', kind: 'TemplateList', items: rows.map(([name, about]) => ({ name, about })) },
    names: Object.keys(TEMPLATES),
  });
  return 0;
}

async function templateFiles(name: TemplateName | 'shared'): Promise<readonly NewFile[]> {
  const folder = join(projectRoot(), 'templates', name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        const text = await readFile(file, 'utf8');
        return { path: relative(folder, file).replaceAll('\\', '/'), text: text.replaceAll('RUNWARD_VERSION', VERSION) };
      }),
  );
}

// Beside the runbooks, so that an editor completes and checks without a network.
function schemaFiles(): readonly NewFile[] {
  return (Object.keys(DOCUMENT_SCHEMAS) as DocumentKind[]).map((kind) => ({
    path: `.runward/schemas/${kind}.schema.json`,
    text: `${JSON.stringify(documentSchema(kind, 'draft-07'), undefined, 2)}\n`,
  }));
}
