import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

// Node starts each of these by its path; everything else is shared by them or loaded by a literal `import()`.
const STARTED = ['cli/main', 'cli/test-thread', 'server/main', 'worker/main', 'simulator/main'];

// Libraries that only compute become part of the program: reading them file by file is half of the time of a `validate`. Those that open
// connections, have native parts or read files of their own stay packages. zod must be one copy for us and for what is built on it.
const INSIDE = [
  '@fastify/error',
  '@marcbachmann/cel-js',
  'canonicalize',
  'commander',
  'cron-parser',
  'fastify-type-provider-zod',
  'ipaddr.js',
  'luxon',
  'yaml',
  'zod',
];

/** Puts the licence of each library that became part of the program beside it. */
function notices(): Plugin {
  return {
    name: 'runward-notices',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []));
      this.emitFile({
        type: 'asset',
        fileName: 'NOTICES.txt',
        source: [...folders]
          .toSorted()
          .map(notice)
          .join(`\n${'-'.repeat(80)}\n`),
      });
    },
  };
}

function notice(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name} ${version} has no file with its licence: it cannot be shipped inside the program`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/** The program as the package ships it: few files, so that a command starts soon. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: INSIDE },
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: true,
    target: 'node24',
    minify: false,
    rolldownOptions: {
      input: Object.fromEntries(STARTED.map((name) => [name, join(import.meta.dirname, `${name}.ts`)])),
      // Every file lies one folder below `dist`, as the sources do below the checkout: what is found from a file is found from its chunk.
      output: { entryFileNames: '[name].js', chunkFileNames: 'program/[name]-[hash].js' },
    },
  },
  plugins: [notices()],
});
