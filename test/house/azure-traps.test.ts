import { describe, expect, it } from 'vitest';
import { AZURE_TRAPS, trapProofs } from '../../docs/generators/azure-traps.ts';
import { isModule, readFiles } from './source-tree.ts';

describe('traps of Azure', () => {
  const proofs = trapProofs();

  it('each is named in the title of a test, or says why no test proves it', () => {
    expect(AZURE_TRAPS.filter(({ id, unproven }) => proofs.has(id) === (unproven !== undefined)).map(({ id }) => id)).toEqual([]);
  });

  it('no title names one that is not in the list', () => {
    const known = new Set(AZURE_TRAPS.map(({ id }) => id));
    expect([...proofs.keys()].filter((id) => !known.has(id))).toEqual([]);
  });

  it('AZ-03: clients of the SDKs are built in one file, and nobody waits with their pollers', () => {
    const adapters = readFiles(isModule).filter(({ path }) => path.startsWith('adapters/azure/'));
    const builders = adapters.filter(({ text }) => /new [\w.]*(ManagementClient|BackupClient)\(/.test(text)).map(({ path }) => path);
    expect(builders).toEqual(['adapters/azure/clients.ts']);
    const waiting = adapters.filter(({ text }) => /pollUntilDone|AndWait\(|resumeFrom|restorePoller/.test(text)).map(({ path }) => path);
    expect(waiting).toEqual([]);
  });
});
