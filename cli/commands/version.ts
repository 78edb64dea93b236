import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';
import { productVersion } from '../product-version.ts';

/** `version`: one line. */
export function versionCommand(program: Command): void {
  program
    .command('version')
    .description('the version of this program')
    .addHelpText('before', examplesFirst(['runward version -o json']))
    .action(
      handled(async ({ output }) => {
        const version = productVersion();
        output.data({
          text: () => `runward ${version}`,
          json: { apiVersion: 'runward/v1', kind: 'Version', version, node: process.versions.node },
          names: [version],
        });
        return 0;
      }),
    );
}
