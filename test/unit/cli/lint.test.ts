import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CODES } from '../../../engine/language/codes.ts';
import { runward } from '../../support/command-line.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: patch, title: Patch, owner: ops }
purpose: operations
environment: test
timeout: 10m
targets:
  web: { hosts: [{ name: web-01, user: ops, credential: "secret:ssh" }], max: 3 }
steps:
  - { id: patch, target: web, effect: named, run: "apt-get -y upgrade" }
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-lint-'));
  mkdirSync(join(folder, 'runbooks', 'tests'), { recursive: true });
  mkdirSync(join(folder, '.runward'));
  writeFileSync(join(folder, 'runbooks', 'patch.yaml'), RUNBOOK);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configure(text: string): void {
  writeFileSync(join(folder, '.runward', 'config.yaml'), text);
}

describe('lint', () => {
  test('warns, and ends with 3 unless only errors count', { timeout: 60_000 }, async () => {
    configure('');
    const { stdout, stderr, exit } = await runward(['lint'], folder);
    expect([...stdout.matchAll(/^warning\[(\w+)\]/gm)].map((match) => match[1])).toEqual(['RW539', 'RW524']);
    expect([stderr, exit]).toEqual(['2 warnings in 1 of 1 file\n', 3]);
    expect((await runward(['lint', '--level', 'error'], folder)).exit).toBe(0);
    expect((await runward(['validate'], folder)).exit).toBe(0);
  });

  test('a test file that names the runbook is a test; flags choose rules', { timeout: 60_000 }, async () => {
    configure('');
    writeFileSync(join(folder, 'runbooks', 'tests', 'patch.test.yaml'), 'runbook: patch\n');
    expect((await runward(['lint', '-o', 'github'], folder)).stdout).toMatch(
      /^::warning file=runbooks\/patch\.yaml,line=10,.*title=RW524::/,
    );
    expect((await runward(['lint', '--rule', 'RW539'], folder)).exit).toBe(0);
    expect((await runward(['lint', '--ignore', 'RW524'], folder)).stderr).toBe('1 file: no findings\n');
    rmSync(join(folder, 'runbooks', 'tests', 'patch.test.yaml'));
  });

  test('the project ignores what it gives a reason for', { timeout: 60_000 }, async () => {
    configure('lint:\n  ignore:\n    RW539: these are played by hand\n    RW524:\n');
    const { stdout, exit } = await runward(['lint', '-o', 'json'], folder);
    const { findings } = JSON.parse(stdout) as { findings: { code: string; file: string; line: number }[] };
    expect(findings.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([
      'RW205 .runward/config.yaml:4',
      'RW524 runbooks/patch.yaml:10',
    ]);
    expect(exit).toBe(3);
  });

  test('a code that is none is a mistake of the caller', { timeout: 60_000 }, async () => {
    configure('');
    expect(await runward(['lint', '--rule', 'RW525x'], folder)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('did you mean "RW525"?') as string,
    });
    expect(await runward(['lint', '--ignore', 'RW202'], folder)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('errors are always shown') as string,
    });
    expect((await runward(['lint', '--level', 'info'], folder)).exit).toBe(2);
  });
});

describe('explain', () => {
  test('prints what the reference says of a code: the bad document and the output', { timeout: 60_000 }, async () => {
    const { stdout, exit } = await runward(['explain', 'rw106'], folder);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^RW106\n\nerror: key \{key\} appears twice\n\nHint: keep one\n/);
    expect(stdout).toContain('    error[RW106]: key "timeout" appears twice');
    expect(stdout).not.toContain('```');
    expect((await runward(['lint', '--explain', 'RW106'], folder)).stdout).toBe(stdout);
  });

  test('knows actions and maps too, and lists all codes', { timeout: 60_000 }, async () => {
    expect((await runward(['explain', 'azure.vm.get@1'], folder)).stdout).toMatch(/^azure\.vm\.get@1\n/);
    expect(JSON.parse((await runward(['explain', 'target set', '-o', 'json'], folder)).stdout)).toMatchObject({
      kind: 'Explanation',
      name: 'target set',
    });
    const { stdout } = await runward(['explain', '--codes', '-o', 'name'], folder);
    expect(stdout.trim().split('\n')).toEqual(Object.keys(CODES).toSorted());
  });

  test('suggests the word that was meant', { timeout: 60_000 }, async () => {
    expect(await runward(['explain', 'azure.vm.gte@1'], folder)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('did you mean "azure.vm.get@1"?') as string,
    });
  });
});
