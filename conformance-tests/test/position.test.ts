import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeOnLine } from '../src/checks/position.ts';

it('puts positions in the order of their numbers, then of what is inside of one', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 60n });
  const index = fc.option(fc.nat({ max: 999_999_999 }), { nil: undefined });
  const text = ([whole, part]: readonly [bigint, number | undefined]): string =>
    part === undefined ? `${whole}` : `${whole}:${part}`;
  fc.assert(
    fc.property(fc.tuple(number, index), fc.tuple(number, index), (a, b) => {
      const wholes = a[0] === b[0] ? 0 : a[0] < b[0] ? -1 : 1;
      const expected = wholes === 0 ? Math.sign((a[1] ?? 0) - (b[1] ?? 0)) : wholes;
      const [x, y] = [placeOnLine(text(a)), placeOnLine(text(b))];
      expect(x === y ? 0 : x < y ? -1 : 1).toBe(expected);
    }),
  );
});

it.each(['', 'one', '-1', '1.5', '1:', '1:2:3', '0x10', '1:1234567890'])(
  'refuses %j and says what would do',
  (text) => {
    expect(() => placeOnLine(text)).toThrow(/give digits, or digits:index/);
  },
);
