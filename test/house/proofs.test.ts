import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PROOFS } from '../../docs/generators/proofs.ts';
import { QUESTIONS } from '../../cli/azure/questions.ts';
import { ROOT } from './source-tree.ts';

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const proofs = Object.entries(PROOFS);

it('every call that the adapter can make has a line, and no line is about a call that it cannot make', () => {
  const types = `${textOf('engine/azure-calls.ts')}${textOf('engine/azure-operations.ts')}`;
  const reads = [...types.matchAll(/^ {2}'([\w.]+)': \{$|^ {2}'([\w.]+)': \{ readonly asks/gm)].map((match) => match[1] ?? match[2] ?? '');
  const sends = [...types.matchAll(/readonly kind: '([a-zA-Z]+\.[\w.]+)'/g)].map((match) => match[1] ?? '');
  expect(sends.length).toBeGreaterThan(20);
  expect(reads.length).toBeGreaterThan(20);
  expect(proofs.map(([kind]) => kind).toSorted()).toEqual([...new Set([...reads, ...sends])].toSorted());
});

it('the test of the exact form names the call, or the request that it makes', () => {
  const named = (kind: string, operation: string, file: string): boolean => {
    // The requests of a test may stand in tables beside it.
    const tables = [...textOf(file).matchAll(/from '\.\/([\w-]+(?:requests|forms)\.ts)'/g)].map(([, table = '']) => table);
    const text = [file, ...tables.map((table) => join(dirname(file), table))].map(textOf).join('\n');
    const [, type] = /Microsoft\.\w+\/(\w+)/.exec(operation) ?? [];
    return text.includes(`'${kind}'`) || (type !== undefined && text.includes(`/${type}?`));
  };
  const silent = proofs.filter(([kind, { operation, contract }]) => contract !== undefined && !named(kind, operation, contract));
  expect(silent.map(([kind]) => kind)).toEqual([]);
});

it('every file is a test, and every open row is a question', () => {
  for (const [kind, { contract, simulator, open = [] }] of proofs) {
    for (const file of [contract, simulator])
      if (file !== undefined) expect([kind, textOf(file).includes('expect(')]).toEqual([kind, true]);
    expect([kind, open.filter((id) => !QUESTIONS.some((one) => one.id === id))]).toEqual([kind, []]);
  }
});
