import { describe, expect, it } from 'vitest';
import { runCity } from '../src/run-city.ts';

describe('ride hailing on the embedded provider', () => {
  it('tells every rider, in order, and redrives what could not be told at first', async () => {
    const { tally, told, letters, redriven } = await runCity({
      url: 'memory:city-test',
      drivers: 20,
      riders: 60,
      paceMs: 5,
      say: () => undefined,
    });
    expect(told).toBe(60);
    expect(tally.outOfOrder).toBe(0);
    expect(tally.retries).toBeGreaterThan(0);
    expect(letters.length).toBeGreaterThan(0);
    expect(letters.every((letter) => letter.key === 'driver-7')).toBe(true);
    expect(redriven).toBe(letters.length);
    expect(tally.repeats).toBe(redriven);
  });
});
