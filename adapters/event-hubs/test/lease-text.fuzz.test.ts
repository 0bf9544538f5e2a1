import type { Lease } from '@isostream/coordination';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromMetadata, NoLease, toMetadata } from '../src/leases/lease-text.ts';

const count = fc.maxSafeNat();
const lease: fc.Arbitrary<Lease> = fc.record({
  partition: fc.constant('0'),
  counter: count,
  token: count,
  owner: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  askedBy: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  position: fc.string({ unit: 'binary' }),
  after: fc.array(fc.string()),
  isFinished: fc.boolean(),
});
const names = ['isostream', 'sequencenumber', 'offset', 'SequenceNumber', '__proto__', 'constructor'];
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '0', '-1', '-7', 'NaN', '1e3', '99999999999999999999', '12'),
  fc.json(),
  // A lease of ours of which one field is something else.
  fc
    .tuple(
      lease,
      fc.constantFrom('counter', 'token', 'owner', 'position', 'after', 'isFinished', '__proto__'),
      fc.jsonValue(),
    )
    .map(([whole, name, value]) => JSON.stringify({ ...whole, group: 'g', [name]: value })),
);

describe('the metadata of a lease', () => {
  it('come back as they were written, in characters that nothing changes', () => {
    fc.assert(
      fc.property(lease, fc.string({ unit: 'binary' }), (written, group) => {
        const metadata = toMetadata(written, { group, hubCreated: 'then' });
        expect(metadata['isostream']).toMatch(/^[\u0021-\u007e]*$/);
        expect(fromMetadata('0', metadata)).toEqual({ lease: written, group, hubCreated: 'then' });
      }),
    );
  });

  it('are a lease or none, whatever they hold', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), texts), (metadata) => {
        try {
          const { counter, token, position } = fromMetadata('0', metadata).lease;
          return (
            Number.isSafeInteger(counter) && counter >= 0 && Number.isSafeInteger(token) && typeof position === 'string'
          );
        } catch (thrown) {
          return thrown instanceof NoLease;
        }
      }),
    );
  });
});
