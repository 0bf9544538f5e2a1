import { describe, expect, it } from 'vitest';
import { freshLease, type Lease, standingOf } from '../src/lease.ts';

const written: Lease = { ...freshLease({ partition: '0' }, 'p'), token: 3, counter: 7, owner: 'a' };

describe('what an owner thinks of a lease that it finds in place of its own', () => {
  it.each<[what: string, found: Partial<Lease> | undefined, standing: string]>([
    ['it is gone', undefined, 'set-back'],
    ['it has a lower token', { token: 2, counter: 9, owner: 'b' }, 'set-back'],
    ['it has the same token and a lower counter', { counter: 6 }, 'set-back'],
    ['nobody holds it, with the same token and a lower counter', { counter: 0, owner: undefined }, 'set-back'],
    ['it is as it was written', {}, 'own'],
    ['somebody asked for it', { counter: 8, askedBy: 'b' }, 'own'],
    ['another member took it', { token: 8, counter: 8, owner: 'b' }, 'taken'],
    ['a later assignment of the same member wrote it', { token: 8, counter: 8 }, 'taken'],
    ['it was released in its name', { counter: 8, owner: undefined }, 'taken'],
  ])('where %s', (_, found, standing) => {
    expect(standingOf(found === undefined ? undefined : { ...written, ...found }, written)).toBe(standing);
  });
});
