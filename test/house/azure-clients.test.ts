import { expect, it } from 'vitest';
import { isModule, readFiles, type SourceFile } from './source-tree.ts';

/** Where something that can send a request to Azure may be made: there, and nowhere else, retries, redirects, hosts and the proxy are decided. */
const MAKERS: readonly { readonly what: string; readonly pattern: RegExp; readonly file: string }[] = [
  {
    what: 'a client of Azure',
    pattern: /new\s+(?:[\w$]+\s*\.\s*)?\w*(?:ManagementClient|BackupClient)\b/,
    file: 'adapters/azure/clients.ts',
  },
  {
    what: 'a pipeline',
    pattern: /\bcreate(?:PipelineFromOptions|EmptyPipeline)\b|\bnew\s+ServiceClient\b/,
    file: 'adapters/azure/clients.ts',
  },
  { what: 'a credential of Azure', pattern: /new\s+(?:[\w$]+\s*\.\s*)?\w*Credential\b/, file: 'adapters/azure/credential.ts' },
];

const product = readFiles(isModule).filter(({ path }) => !/^(test|bench|docs|simulator)\//.test(path));

it('clients, pipelines and credentials of Azure are made in one place each', () => {
  expect(product.flatMap(breaches)).toEqual([]);
  for (const { file, pattern } of MAKERS)
    expect([file, pattern.test(product.find(({ path }) => path === file)?.text ?? '')]).toEqual([file, true]);
});

it.each([
  ['const c = new compute.ComputeManagementClient(credential, id);', 'a client of Azure'],
  ['const c = new SiteRecoveryManagementClient (x);', 'a client of Azure'],
  ['rest.createPipelineFromOptions({})', 'a pipeline'],
  ['new identity.DefaultAzureCredential()', 'a credential of Azure'],
])('refuses a planted %s', (text, what) => {
  expect(breaches({ path: 'adapters/azure/x.ts', text })).toEqual([`adapters/azure/x.ts makes ${what}`]);
});

function breaches({ path, text }: SourceFile): readonly string[] {
  return MAKERS.filter(({ file, pattern }) => path !== file && pattern.test(text)).map(({ what }) => `${path} makes ${what}`);
}
