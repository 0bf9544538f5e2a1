import { defineConfig } from 'vitest/config';

// Without 'module': what only bundlers can load stands behind it in some SDKs.
const source = { ssr: { resolve: { conditions: ['@isostream/source', 'node'] } } };

const unitTests = [
  '{packages,adapters,examples}/*/test/**/*.test.ts',
  '{bench,conformance-tests,simulation,comparison}/test/**/*.test.ts',
  'test/**/*.test.ts',
];

// A bound for hangs, not a measure: machines that build and test at once are slow.
const testTimeout = 60_000;

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          testTimeout,
          include: unitTests,
          exclude: ['**/*.live.test.ts', '**/*.fuzz.test.ts', '**/node_modules/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'fuzz',
          testTimeout: Math.max(testTimeout, Number(process.env['ISOSTREAM_FUZZ_INPUTS'] ?? 0) * 30),
          setupFiles: ['test/support/fuzz.ts'],
          include: unitTests.map((pattern) => pattern.replace('.test.ts', '.fuzz.test.ts')),
        },
      },
      {
        ...source,
        test: {
          name: 'live',
          include: [
            '{packages,adapters,examples}/*/test/**/*.live.test.ts',
            'conformance-tests/test/**/*.live.test.ts',
          ],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
