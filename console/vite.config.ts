import { extname } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Writes `files.json`: every file of the build by name with its media type. The server serves these and nothing else. */
function fileList(): Plugin {
  return {
    name: 'runward-file-list',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).map((name) => {
        const type = TYPES[extname(name)];
        if (type === undefined) return this.error(`${name}: the server has no media type for it`);
        return { name, type };
      });
      this.emitFile({ type: 'asset', fileName: 'files.json', source: `${JSON.stringify({ files }, null, 2)}\n` });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    target: 'es2022',
  },
  plugins: [fileList()],
});
