import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { steps, Terminals } from './support/walkthrough.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(`${root}docs/tutorial.md`, 'utf8');
mkdirSync(`${root}.isostream`, { recursive: true });
// In the clone, as the page says: that is where the packages are found.
const folder = mkdtempSync(`${root}.isostream/tutorial-`);
const terminals = new Terminals(folder);

afterAll(async () => {
  await terminals.close();
  rmSync(folder, { recursive: true, force: true });
});

// Two brokers and some twenty processes: the time is a bound for hangs.
it('the tutorial goes as it says, from memory to Kafka to Kinesis', { timeout: 300_000 }, async () => {
  const all = steps(page);
  expect(all.filter(({ kind }) => kind === 'see').length).toBeGreaterThan(7);
  for (const step of all) {
    // The test is in the folder already.
    if (step.kind === 'run' && /^(?:npm ci|mkdir )/.test(step.command)) continue;
    await terminals.take(step);
  }
});
