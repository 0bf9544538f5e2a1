import type { MinimalHarness } from '@isostream/conformance';
import { createExample } from './adapter.js';

/** How the suite reaches the adapter: `isostream conformance --harness ./dist/harness.js`. */
const harness: MinimalHarness = {
  name: 'example',
  // Short, so that the suite is quick; the same as the adapter is given.
  sessionTimeoutMs: 2_000,
  createAdapter: () => createExample({ url: 'example://suite', sessionTimeout: '2s' }),
};

export default harness;
