import { defineConfig } from 'vitest/config';

// Without 'module': what only bundlers can load stands behind it in some SDKs.
const source = { ssr: { resolve: { conditions: ['@isostream/source', 'node'] } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          // A bound for hangs, not a measure: machines that build and test at once are slow.
          testTimeout: 60_000,
          include: [
            '{packages,adapters,examples}/*/test/**/*.test.ts',
            'conformance-tests/test/**/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: ['**/*.live.test.ts', '**/node_modules/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'live',
          include: ['{packages,adapters,examples}/*/test/**/*.live.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
