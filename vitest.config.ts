import { defineConfig } from 'vitest/config';

const fast = { pool: 'threads', isolate: false, sequence: { shuffle: true } } as const;
const real = { pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    retry: 0,
    projects: [
      { test: { name: 'house', include: ['test/house/**/*.test.ts'], ...fast, testTimeout: 60_000 } },
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...fast, testTimeout: 60_000 } },
      { test: { name: 'contracts', include: ['test/contracts/**/*.test.ts'], ...real } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...real } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...real, testTimeout: 900_000, hookTimeout: 300_000 } },
    ],
  },
});
