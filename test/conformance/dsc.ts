import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CaseResult, judgeCase } from './dsc-judge.ts';
import type { DscCase } from './dsc-case.ts';

const SAMPLE = join(import.meta.dirname, 'sample.json');

/** `npm run conformance -- FILE.json [--only PREFIX] [--messages]`: holds the document language to cases; the last line is the count. */
function main(): void {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string', default: '' }, messages: { type: 'boolean', default: false } },
  });
  const file = positionals[0] ?? SAMPLE;
  if (!existsSync(file)) {
    process.stderr.write(`there is no file ${file}\nusage: npm run conformance -- FILE.json [--only PREFIX] [--messages]\n`);
    process.exitCode = 2;
    return;
  }
  const cases = (JSON.parse(readFileSync(file, 'utf8')) as readonly DscCase[]).filter(({ id }) => id.startsWith(values.only));
  const results = cases.map((each) => ({ each, result: judgeCase(each) }));
  for (const { each, result } of results) if (result.kind === 'failed') print(each.id);
  if (values.messages) printMessages(results);
  printKinds(results);
  const count = (kind: CaseResult['kind']): number => results.filter(({ result }) => result.kind === kind).length;
  print(`${count('skipped')} skipped`);
  print(`${count('passed')} passed, ${count('failed')} failed`);
  if (count('failed') > 0) process.exitCode = 1;
}

type Results = readonly { readonly each: DscCase; readonly result: CaseResult }[];

function printKinds(results: Results): void {
  for (const kind of new Set(results.map(({ each }) => each.kind))) {
    const own = results.filter(({ each }) => each.kind === kind);
    const passed = own.filter(({ result }) => result.kind === 'passed').length;
    print(`${kind.padEnd(10)} ${passed} of ${own.length}`);
  }
}

/** Why cases fail; and wordings, which may differ from the reference and never fail a case. */
function printMessages(results: Results): void {
  for (const { each, result } of results)
    if (result.kind === 'failed') print(`${each.id}  ${result.why}`);
    else if (result.kind === 'passed' && result.worded === false) print(`${each.id}  says it otherwise: ${result.said ?? ''}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
