import { describe, expect, it } from 'vitest';
import { compareSequences, formatPlace, parsePlace, type Place, placeOfLease } from '../src/position.ts';

describe('a place in a shard', () => {
  it.each<[text: string, place: Place]>([
    ['TRIM_HORIZON', { kind: 'oldest' }],
    ['SHARD_END', { kind: 'end' }],
    ['AT_TIMESTAMP 1763719688000', { kind: 'time', ms: 1_763_719_688_000 }],
    ['49590338271490256608', { kind: 'at', sequence: '49590338271490256608', index: undefined }],
    ['49590338271490256608:12', { kind: 'at', sequence: '49590338271490256608', index: 12 }],
    ['after 49:0', { kind: 'after', sequence: '49', index: 0 }],
    ['after 49 1763719688000', { kind: 'after', sequence: '49', index: undefined, readUntil: 1_763_719_688_000 }],
  ])('is stored as text: %s', (text, place) => {
    expect(parsePlace(text)).toEqual(place);
    expect(formatPlace(place)).toBe(text);
  });

  it.each(['', 'LATEST', '17 ', 'after', 'AT_TIMESTAMP -1', 'AT_TIMESTAMP soon', '0x1f', '1:', '1:2:3'])(
    'is not %j, which is refused with a cure',
    (text) => {
      expect(() => parsePlace(text)).toThrow(/not a valid shard position.*position of an event/);
    },
  );

  it('is compared as a number, whatever the length of its text', () => {
    expect(compareSequences('99', '100')).toBe(-1);
    expect(compareSequences('49590338271490256608559692538361571095921575989136588898', '9')).toBe(1);
    expect(compareSequences('7', '7')).toBe(0);
  });
});

it('that somebody edited in a lease is told as such, with the shard and the cure', () => {
  expect(() => placeOfLease({ partition: 'shardId-7', position: 'garbage' })).toThrow(
    expect.objectContaining({ code: 'conflict', message: expect.stringMatching(/shardId-7.*"garbage".*admin\.reset/) }),
  );
});
