import type { Command } from 'commander';
import { VERSION } from '../../engine/version.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `version`: one line. */
export function versionCommand(program: Command): void {
  program
    .command('version')
    .description('the version of this program')
    .addHelpText('before', examplesFirst(['runward version -o json']))
    .action(
      handled(async ({ output }) => {
        output.data({
          text: () => `runward ${VERSION}`,
          json: { apiVersion: 'runward/v1', kind: 'Version', version: VERSION, node: process.versions.node },
          names: [VERSION],
        });
        return 0;
      }),
    );
}
