import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LineCounter, parseDocument } from 'yaml';
import { actions } from '../engine/actions/registry.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { runbookSchema } from '../engine/language/schema-v1.ts';

/**
 * W7: reading and checking runbooks, and how fast the command line starts. The peer is what a program without this language would do: the same
 * files through the same YAML library with positions and the same zod schema, without references, expressions and traps; both are measured in
 * turn, file by file, and `ratio` is ours against it. Start-up is measured beside `node -e 0`, of this checkout and, with `--package DIR`, in turn with
 * it of a package that was built or installed there (`node_modules/runward`). Prints one JSON line a case:
 * `npm run bench -- W7 --files 1000 --repeats 5 --package /tmp/empty/node_modules/runward`.
 */
const { values: flags } = parseArgs({
  options: { files: { type: 'string', default: '1000' }, repeats: { type: 'string', default: '5' }, package: { type: 'string' } },
});
const count = Number(flags.files);
const repeats = Number(flags.repeats);
const folder = mkdtempSync(join(tmpdir(), 'runward-w7-'));
const cache = join(folder, 'cache');
const programs = { checkout: join(import.meta.dirname, '..'), ...(flags.package === undefined ? {} : { package: resolve(flags.package) }) };

try {
  const files = Array.from({ length: count }, (_, index) => ({ path: `runbooks/app-${index}.yaml`, text: runbook(index) }));
  measureChecks(files);
  mkdirSync(join(folder, 'runbooks'));
  for (const { path, text } of files) writeFileSync(join(folder, path), text);
  measureStart('validate, all files', ['validate', '-o', 'none'], folder, { cold: true });
  measureStart('validate, all files unchanged', ['validate', '-o', 'none'], folder);
  rmSync(join(folder, 'runbooks'), { recursive: true });
  mkdirSync(join(folder, 'runbooks'));
  writeFileSync(join(folder, 'runbooks', 'app.yaml'), runbook(0));
  measureStart('validate, one file', ['validate', '-o', 'none'], folder, { cold: true });
  measureStart('validate, one file unchanged', ['validate', '-o', 'none'], folder);
  measureStart('--help', ['--help'], folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measureChecks(files: readonly { readonly path: string; readonly text: string }[]): void {
  const ours: number[] = [];
  const peer: number[] = [];
  for (const file of files.slice(0, 100)) {
    check(file);
    parse(file.text);
  }
  for (const file of files) {
    peer.push(timed(() => parse(file.text)));
    ours.push(timed(() => check(file)));
  }
  const lines = files[0]?.text.split('\n').length ?? 0;
  const [ourMs, peerMs] = [total(ours), total(peer)];
  print({
    workload: 'W7',
    case: 'read and check',
    files: files.length,
    lines,
    filesPerSecond: Math.round((files.length / ourMs) * 1000),
    p99Ms: rounded(percentile(ours, 99)),
    peerFilesPerSecond: Math.round((files.length / peerMs) * 1000),
    peerP99Ms: rounded(percentile(peer, 99)),
    ratio: rounded(ourMs / peerMs),
  });
}

function check(file: DocumentFile): void {
  const { findings } = loadDocuments([file], { actions });
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(`${error.code} ${error.line}: ${error.message}`);
}

function parse(text: string): void {
  const document = parseDocument(text, { lineCounter: new LineCounter(), keepSourceTokens: true });
  runbookSchema.parse(document.toJS());
}

// Cold starts find nothing that an earlier one has checked; Node's own cache of compiled modules stays, as it does for users.
function measureStart(name: string, words: readonly string[], cwd: string, { cold = false } = {}): void {
  const bare: number[] = [];
  const started = Object.entries(programs).map(([program, root]) => ({
    program,
    file: join(root, 'bin', 'runward.js'),
    tookMs: [] as number[],
  }));
  for (let turn = 0; turn <= repeats; turn += 1) {
    const emptyMs = timed(() => run(['-e', '0'], cwd));
    // The first turn fills the caches of the file system.
    if (turn > 0) bare.push(emptyMs);
    for (const { file, tookMs } of started) {
      if (cold) rmSync(cache, { recursive: true, force: true });
      const ms = timed(() => run([file, ...words], cwd));
      if (turn > 0) tookMs.push(ms);
    }
  }
  for (const { program, tookMs } of started) {
    const [p50Ms, bareP50Ms] = [percentile(tookMs, 50), percentile(bare, 50)];
    print({
      workload: 'W7',
      case: name,
      program,
      repeats,
      p50Ms: rounded(p50Ms),
      nodeP50Ms: rounded(bareP50Ms),
      aboveNodeMs: rounded(p50Ms - bareP50Ms),
      ratio: rounded(p50Ms / bareP50Ms),
    });
  }
}

function run(words: readonly string[], cwd: string): void {
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const { status, stderr } = spawnSync(process.execPath, words, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
}

function timed(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** A runbook of 113 lines: inputs, a target set, an approval and fan-outs with expressions. */
function runbook(index: number): string {
  const head = `apiVersion: runward/v1
kind: Runbook
metadata:
  name: app-${index}
  title: Start application ${index} and look at it
  owner: team-${index % 7}
  labels: { tier: gold, region: weu }
purpose: operations
environment: test
timeout: 2h
inputs:
  port: { type: integer, default: ${1000 + index}, min: 1, max: 65535 }
  path: { type: string, default: /healthz, pattern: "^/[a-z]*$" }
vars:
  title: "application ${index} on port \${{ inputs.port }}"
targets:
  app:
    hosts:
      - { name: app-1, address: 192.0.2.1, os: linux, via: ssh, user: ops, credential: "secret:ssh", tags: { tier: app } }
      - { name: app-2, address: 192.0.2.2, os: linux, via: ssh, user: ops, credential: "secret:ssh", tags: { tier: app } }
    where: target.tags.tier == "app"
    max: 10
steps:
  - id: go
    approval: { by: [group:ops], need: 1, message: "Start \${{ vars.title }} on \${{ size(targets.app) }} machines?" }
`;
  const tier = (step: number): string => `  - id: start${step}
    target: app
    effect: named
    env: { PORT: "\${{ inputs.port }}" }
    run: |
      set -eu
      appctl start --port "$PORT"
    outputs: { text: result.stdout.trim() }
  - id: check${step}
    uses: http.check@1
    with: { url: "http://localhost:\${{ inputs.port }}\${{ inputs.path }}" }
    until: { condition: result.ok && result.status == 200, every: 5s, timeout: 1m }
  - id: sure${step}
    assert:
      - that: steps.start${step}.results.all(r, r.status == "succeeded")
        message: An application did not start
`;
  const tail = `finally:
  - { id: rest, wait: 1s }
outputs:
  started: size(targets.app)
  url: '"http://localhost:" + string(inputs.port)'
`;
  return `${head}${[1, 2, 3, 4, 5].map(tier).join('')}${tail}`;
}
