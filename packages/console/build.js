// Builds the page of the console into dist/page: one HTML file, one script, one style sheet, nothing from elsewhere.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('page/', import.meta.url));

/** Resolves when the page is written. */
export async function buildPage() {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: fileURLToPath(new URL('dist/page/', import.meta.url)),
      emptyOutDir: true,
      // The page's policy allows no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        output: {
          entryFileNames: 'console.js',
          chunkFileNames: '[name].js',
          assetFileNames: 'console[extname]',
          codeSplitting: false,
        },
      },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
