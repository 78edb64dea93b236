import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runward } from '../../support/command-line.ts';

const UNTIDY = `kind: Runbook
apiVersion: runward/v1
metadata: {name: look, title: Look, owner: ops} # the owner is told
purpose: operations
environment: test
timeout: 10m
steps: [{wait: 10s, id: look}]
`;
const TIDY = `apiVersion: runward/v1
kind: Runbook
metadata: { name: look, title: Look, owner: ops } # the owner is told
purpose: operations
environment: test
timeout: 10m
steps: [{ id: look, wait: 10s }]
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-fmt-'));
  writeFileSync(join(folder, 'look.yaml'), UNTIDY);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (): string => readFileSync(join(folder, 'look.yaml'), 'utf8');

test('a file is written in canonical form once, and then left alone', async () => {
  expect(await runward(['fmt', 'look.yaml'], folder)).toEqual({ stdout: 'look.yaml\n', stderr: '1 file: 1 changed\n', exit: 0 });
  expect(file()).toBe(TIDY);
  expect(await runward(['fmt', 'look.yaml'], folder)).toEqual({ stdout: '', stderr: '1 file: 0 changed\n', exit: 0 });
});

test('--check and --diff change nothing and say with exit code 3 what would change', async () => {
  const checked = await runward(['fmt', '--check', 'look.yaml', '-o', 'json'], folder);
  expect(checked.exit).toBe(3);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    outcome: 'differences',
    written: false,
    files: [{ file: 'look.yaml', changed: true }],
  });
  const shown = await runward(['fmt', '--diff', 'look.yaml'], folder);
  expect(shown.exit).toBe(3);
  expect(shown.stdout).toContain('-steps: [{wait: 10s, id: look}]\n+steps: [{ id: look, wait: 10s }]');
  expect(file()).toBe(UNTIDY);
});

test('a file that cannot be read is left as it is, with its findings', async () => {
  writeFileSync(join(folder, 'look.yaml'), 'kind: *anchor\n');
  const { stdout, stderr, exit } = await runward(['fmt', 'look.yaml'], folder);
  expect(exit).toBe(3);
  expect(stdout).toContain('error[RW104]');
  expect(stderr).toContain('look.yaml was left as it is');
  expect(file()).toBe('kind: *anchor\n');
});

test('what is shipped is in canonical form', async () => {
  const shipped = fileURLToPath(new URL('../../../runbooks', import.meta.url));
  expect(await runward(['fmt', '--check', shipped], folder)).toMatchObject({ stdout: '', exit: 0 });
});
