#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// A checkout runs its sources; the package holds the compiled program and no sources.
const sources = new URL('../cli/main.ts', import.meta.url);
const compiled = new URL('../dist/cli/main.js', import.meta.url);

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `runward needs Node 24 or newer, this is ${process.versions.node}; in a checkout, npx runward uses the pinned one after npm ci\n`,
  );
  process.exitCode = 2;
} else {
  // Start-up is seen by users: what was compiled once is not compiled again. The folder is Node's own in the temporary directory.
  module.enableCompileCache();
  await import(existsSync(sources) ? sources.href : compiled.href);
}
