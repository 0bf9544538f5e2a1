import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packed, type Place, placeText, unpacked } from '../src/sinks/postgres/places.ts';

const position = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n }).map(String), fc.string());
const timestamp = fc.oneof(fc.constant(null), fc.maxSafeInteger(), fc.constant(1_764_535_980_123));
const run = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 600 }))
  .map(([from, count]) =>
    Array.from({ length: count }, (_, n): Place => ({ position: String(from + n), timestamp: 1_764_535_980_123 })),
  );

describe('places of one transaction', () => {
  it('are the same after they were stored, whatever positions and times are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.record({ position, timestamp }), { minLength: 1 }), run), (places) => {
        expect(unpacked(packed(places))).toEqual(places.map(placeText));
      }),
    );
  });

  it('take little room where a partition is read in order', () => {
    const places = Array.from({ length: 500 }, (_, n) => ({ position: String(n + 41), timestamp: 1_000 }));
    expect(packed(places)).toBe('41 1*499;1000 0*499');
  });
});
