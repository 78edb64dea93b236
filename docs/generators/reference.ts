import { actionsPage } from './actions.ts';
import { azureRoleFiles, azureRolesPage } from './azure-roles.ts';
import { azureTrapsPage } from './azure-traps.ts';
import { commandLinePage } from './command-line.ts';
import { type DocumentKind, documentSchema, type Schema } from '../../engine/language/json-schema.ts';
import { diagnosticsPage } from './diagnostics.ts';
import { DOCUMENTS } from './documents.ts';
import { dscFunctionsPage } from './dsc-functions.ts';
import { faultsPage } from './faults.ts';
import { languagePage } from './language.ts';
import { lostAnswersPage } from './lost-answers.ts';
import { page, table } from './markdown.ts';
import { openApiText } from './open-api.ts';
import { problemsPage } from './problems.ts';
import { resourcesPage } from './resources.ts';
import { rolesPage } from './roles.ts';
import { settingsPage } from './settings.ts';
import { statesPage } from './states.ts';
import { whatWasProvenPage } from './what-was-proven.ts';

/** Folders below docs/ that hold nothing but generated files. */
export const GENERATED_FOLDERS: readonly string[] = ['reference', 'schemas'];

/** A generated file: path below docs/, and its whole text. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** All generated files as the code has them now. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const pages = [
    { name: 'actions.md', about: 'what `uses:` can name', text: actionsPage() },
    { name: 'azure-roles.md', about: 'custom roles of Azure, and what each action needs there', text: azureRolesPage() },
    { name: 'azure-traps.md', about: 'habits of Azure that mislead, and the test against each', text: azureTrapsPage() },
    { name: 'cli.md', about: 'every command with its flags', text: await commandLinePage() },
    { name: 'config.md', about: 'settings of server and worker', text: settingsPage() },
    {
      name: 'diagnostics.md',
      about: 'findings of `validate`, `lint` and `plan`, each with an example and its output',
      text: diagnosticsPage(),
    },
    { name: 'dsc-functions.md', about: 'parameters, expressions and functions of configuration documents', text: dscFunctionsPage() },
    { name: 'faults.md', about: 'what the simulator of Azure can be told to do wrong', text: faultsPage() },
    { name: 'language.md', about: 'keys of runbooks, inventories, calendars and tests, functions of expressions', text: languagePage() },
    { name: 'lost-answers.md', about: 'action × fault → outcome: what happens when an answer of Azure is lost', text: lostAnswersPage() },
    { name: 'openapi.json', about: 'the HTTP API (OpenAPI 3.1)', text: await openApiText() },
    { name: 'problems.md', about: 'error codes, exit codes, HTTP statuses', text: problemsPage() },
    { name: 'resources.md', about: 'resource types of configuration documents', text: resourcesPage() },
    { name: 'roles.md', about: 'roles and permissions', text: rolesPage() },
    { name: 'states.md', about: 'states of runs and steps', text: statesPage() },
  ];
  const schemas = (Object.keys(DOCUMENTS) as DocumentKind[]).flatMap((kind) => [
    schemaFile(`schemas/v1/${kind}.schema.json`, documentSchema(kind)),
    schemaFile(`schemas/v1/draft-07/${kind}.schema.json`, documentSchema(kind, 'draft-07')),
  ]);
  const contents = page('Reference', 'Written from the code by `npm run docs`; a test fails when a page differs from the code.', [
    table(
      ['Page', 'Holds'],
      [
        ...pages.map((one) => [`[${one.name}](${one.name})`, one.about]),
        ...schemas.map((one) => [`[${one.path}](../${one.path})`, 'JSON Schema for editors']),
      ],
    ),
  ]);
  return [
    { path: 'reference/README.md', text: contents },
    { path: 'explanation/what-was-proven.md', text: whatWasProvenPage() },
    ...azureRoleFiles().map(({ path, text }) => ({ path: `reference/${path}`, text })),
    ...pages.map(({ name, text }) => ({ path: `reference/${name}`, text })),
    ...schemas,
  ];
}

function schemaFile(path: string, schema: Schema): GeneratedFile {
  return { path, text: `${JSON.stringify(schema, undefined, 2)}\n` };
}
