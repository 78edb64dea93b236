import { actionsPage } from './actions.ts';
import { codesPage } from './codes.ts';
import { page, table } from './markdown.ts';
import { openApiText } from './open-api.ts';
import { problemsPage } from './problems.ts';
import { rolesPage } from './roles.ts';
import { settingsPage } from './settings.ts';
import { statesPage } from './states.ts';

/** A file of docs/reference: name below that folder, and its whole text. */
export interface ReferencePage {
  readonly name: string;
  readonly text: string;
}

/** All files of docs/reference as the code has them now. */
export async function referencePages(): Promise<readonly ReferencePage[]> {
  const pages = [
    { name: 'actions.md', about: 'what `uses:` can name', text: actionsPage() },
    { name: 'codes.md', about: 'findings of `validate` and `plan`', text: codesPage() },
    { name: 'config.md', about: 'settings of server and worker', text: settingsPage() },
    { name: 'openapi.json', about: 'the HTTP API (OpenAPI 3.1)', text: await openApiText() },
    { name: 'problems.md', about: 'error codes, exit codes, HTTP statuses', text: problemsPage() },
    { name: 'roles.md', about: 'roles and permissions', text: rolesPage() },
    { name: 'states.md', about: 'states of runs and steps', text: statesPage() },
  ];
  const contents = page('Reference', 'Written from the code by `npm run docs`; a test fails when a page differs from the code.', [
    table(
      ['Page', 'Holds'],
      pages.map((one) => [`[${one.name}](${one.name})`, one.about]),
    ),
  ]);
  return [{ name: 'README.md', text: contents }, ...pages.map(({ name, text }) => ({ name, text }))];
}
