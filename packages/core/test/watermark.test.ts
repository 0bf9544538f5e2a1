import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from '../src/consume/watermark.ts';

describe('watermark', () => {
  it('is unknown before the first event is settled', () => {
    const watermark = new Watermark();
    watermark.add('0');
    expect(watermark.safe).toBeUndefined();
  });

  it('waits for the oldest unsettled event', () => {
    const watermark = new Watermark();
    const numbers = ['10', '11', '12'].map((position) => watermark.add(position));
    watermark.settle(numbers[1] ?? -1);
    watermark.settle(numbers[2] ?? -1);
    expect([watermark.safe, watermark.span, watermark.unsettled]).toEqual([undefined, 3, 1]);

    watermark.settle(numbers[0] ?? -1);
    expect([watermark.safe, watermark.span, watermark.unsettled]).toEqual(['12', 0, 0]);
  });

  it('counts an event once, however often it is settled', () => {
    const watermark = new Watermark();
    const number = watermark.add('7');
    watermark.add('8');
    for (let times = 0; times < 3; times++) watermark.settle(number);
    expect([watermark.safe, watermark.unsettled, watermark.lowestUnsettled]).toEqual(['7', 1, 1]);
  });

  it('agrees with the definition for every order of settling', () => {
    const order = fc.integer({ min: 1, max: 3_000 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        picks: fc.array(fc.nat(count - 1), { minLength: 1, maxLength: 4_000 }),
      }),
    );
    fc.assert(
      fc.property(order, ({ count, picks }) => {
        const watermark = new Watermark();
        for (let number = 0; number < count; number++) expect(watermark.add(`p${number}`)).toBe(number);
        const settled = new Set<number>();
        for (const pick of picks) {
          watermark.settle(pick);
          settled.add(pick);
        }
        let lowest = 0;
        while (settled.has(lowest)) lowest++;
        expect(watermark.lowestUnsettled).toBe(lowest);
        expect(watermark.safe).toBe(lowest === 0 ? undefined : `p${lowest - 1}`);
        expect(watermark.unsettled).toBe(count - settled.size);
        expect(watermark.span).toBe(Math.max(0, Math.max(...settled) + 1 - lowest));
      }),
      { numRuns: 50 },
    );
  });
});
