import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCity } from '../src/run-city.ts';
import { type Sinks, startSinks } from '../src/sinks.ts';

let sinks: Sinks;

beforeAll(async () => {
  sinks = await startSinks(() => undefined);
}, 300_000);
afterAll(() => sinks.close());

describe('the locations of drivers', () => {
  it('arrive in OpenSearch, each of them, and in DynamoDB, one of each driver', async () => {
    const { tally, arrived } = await runCity({
      url: 'memory:city-with-sinks',
      drivers: 20,
      riders: 60,
      paceMs: 5,
      say: () => undefined,
      sinks,
    });
    // How many more depends on how long the rides take.
    expect(tally.locations).toBeGreaterThanOrEqual(20);
    expect(arrived).toEqual({ documents: tally.locations, drivers: 20 });
  });
});
