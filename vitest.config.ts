import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Every process that a test starts loads the same modules: what one has compiled, the others read.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');

const cores = availableParallelism();
// Vitest leaves one core to its watcher; on a machine with two, that is half of it.
const fast = { pool: 'threads', isolate: false, maxWorkers: cores, sequence: { shuffle: true, groupOrder: 0 } } as const;
// Files with real parts wait more than they compute: for a simulated Azure, for a lease to end, for a process to start.
const real = { pool: 'forks', testTimeout: 300_000, hookTimeout: 300_000, maxWorkers: cores + 1, sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    retry: 0,
    projects: [
      { test: { name: 'house', include: ['test/house/**/*.test.ts'], ...fast, testTimeout: 60_000 } },
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...fast, testTimeout: 60_000 } },
      { test: { name: 'contracts', include: ['test/contracts/**/*.test.ts'], ...real } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...real } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...real, testTimeout: 900_000 } },
    ],
  },
});
