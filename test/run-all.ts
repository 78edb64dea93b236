import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm test`: every project one after the other, then a short simulation. The last line is the count, alone. */

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Part extends Counts {
  readonly name: string;
  readonly seconds: number;
}

/** The part of Vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const ROOT = join(import.meta.dirname, '..');
const PROJECTS = ['house', 'unit', 'contracts', 'integration', 'e2e'];
const SIMULATED_SEEDS = 50;

const folder = mkdtempSync(join(tmpdir(), 'runward-tests-'));
const lacksFile = join(folder, 'lacks');
// Each of the last two keeps one core busy and is alone with itself: they go on side by side.
const parts = [...PROJECTS.map(runProject), ...(await Promise.all([runSimulation(), ...runConformance()]))];
printSummary(parts, readLacks());
rmSync(folder, { recursive: true, force: true });
process.exitCode = sum(parts, 'failed') === 0 ? 0 : 1;

function runProject(project: string): Part {
  const report = join(folder, `${project}.json`);
  const startedMs = performance.now();
  const status = runNode([
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  return { name: project, ...countReport(report, status), seconds: (performance.now() - startedMs) / 1000 };
}

function countReport(path: string, status: number): Counts {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  // A file that cannot be loaded has no tests of its own to fail, so the file itself counts.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = report.numFailedTests + broken;
  // An error outside of every test (an unhandled rejection, say) shows in the exit code alone.
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function runSimulation(): Promise<Part> {
  return runCheck(`simulation of ${SIMULATED_SEEDS} seeds`, ['test/simulation/main.ts', '--seeds', String(SIMULATED_SEEDS)]);
}

/** A program that says by its exit code whether all is well. */
async function runCheck(name: string, args: readonly string[]): Promise<Part> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: environment() });
  const [status] = (await once(child, 'exit')) as [number | null];
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    name,
    passed: status === 0 ? 1 : 0,
    failed: status === 0 ? 0 : 1,
    skipped: 0,
    seconds,
  };
}

/** Holds the simulator to Azure's published descriptions where they are: AZURE_SPECIFICATIONS, or a folder beside the project. */
function runConformance(): readonly Promise<Part>[] {
  const folders = [process.env['AZURE_SPECIFICATIONS'] ?? '', join(ROOT, '..', 'shared', 'azure')];
  const folder = folders.find((path) => path !== '' && existsSync(join(path, 'operations.json')));
  return folder === undefined ? [] : [runCheck('azure conformance', ['test/conformance/azure.ts', folder])];
}

function runNode(args: readonly string[]): number {
  // The Node that runs this file is the pinned one; `node` on the PATH of a plain shell may be another.
  const child = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: environment() });
  return child.status ?? 1;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, TEST_LACKS_FILE: lacksFile };
}

function readLacks(): readonly string[] {
  if (!existsSync(lacksFile)) return [];
  return [...new Set(readFileSync(lacksFile, 'utf8').split('\n'))].filter((line) => line !== '').toSorted();
}

function printSummary(all: readonly Part[], missing: readonly string[]): void {
  const rows = all.map((part) => `  ${part.name.padEnd(24)} ${line(part).padEnd(40)} ${part.seconds.toFixed(0)} s`);
  const lacking = missing.map((what) => `skipped because this machine lacks: ${what}`);
  const total = { passed: sum(all, 'passed'), failed: sum(all, 'failed'), skipped: sum(all, 'skipped') };
  process.stdout.write(['', ...rows, ...lacking, line(total), ''].join('\n'));
}

function line(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`;
}

function sum(all: readonly Part[], field: keyof Counts): number {
  return all.reduce((total, part) => total + part[field], 0);
}
