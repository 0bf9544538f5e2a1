import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBytes, toMilliseconds, type Duration, type Size } from '../src/units/units.ts';
import { refusal } from './support/refusal.ts';

const durations = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizes = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 } as const;

describe('durations and sizes', () => {
  it.each<[Duration, number]>([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['1.5s', 1_500],
    ['0ms', 0],
    [0, 0],
    [42, 42],
  ])('reads %j as %d ms', (duration, expected) => {
    expect(toMilliseconds(duration, 'wait')).toBe(expected);
  });

  it.each<[Size, number]>([
    ['512b', 512],
    ['64kb', 65_536],
    ['8mb', 8_388_608],
    ['1gb', 1_073_741_824],
    ['0.5kb', 512],
    [4_096, 4_096],
  ])('reads %j as %d bytes', (size, expected) => {
    expect(toBytes(size, 'room')).toBe(expected);
  });

  it('shows what was meant as a number, and no other text with spaces', () => {
    expect(() => toMilliseconds('30 sec' as Duration, 'wait')).toThrow('wait is "30 sec". Give a duration');
    expect(() => toMilliseconds('a pass word' as Duration, 'wait')).toThrow('wait is a text that is not shown here');
  });

  it('multiplies every number by its unit', () => {
    const number = fc.nat(1_000_000);
    fc.assert(
      fc.property(number, fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
        expect(toMilliseconds(`${count}${unit}`, 'wait')).toBe(count * durations[unit]);
      }),
    );
    fc.assert(
      fc.property(number, fc.constantFrom('b', 'kb', 'mb', 'gb'), (count, unit) => {
        expect(toBytes(`${count}${unit}`, 'room')).toBe(count * sizes[unit]);
      }),
    );
  });

  it('refuses every other text, and names the option', () => {
    const understood = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.nat(), fc.constantFrom('', ' s', 'S', 'sec', 'w', 'kb', 'constructor'))
        .map(([count, unit]) => `${count}${unit}`),
      fc.constantFrom(
        '-1s',
        '+1s',
        ' 1s',
        '1s ',
        '1,5s',
        '.5s',
        '1.s',
        '1e3ms',
        'Infinityms',
        'NaNs',
        '1s1s',
        '1s\n',
        `${'9'.repeat(400)}d`,
      ),
    );
    fc.assert(
      fc.property(
        text.filter((value) => !understood.test(value) || value.length > 300),
        (value) => {
          const error = refusal(() => toMilliseconds(asDuration(value), 'retry.backoff.max'));
          expect(error.code).toBe('invalid-config');
          expect(error.message).toContain('retry.backoff.max is ');
        },
      ),
    );
  });

  it.each([Number.NaN, Infinity, -Infinity, -1, -0.5])('refuses the number %d', (value) => {
    expect(refusal(() => toMilliseconds(value, 'wait')).code).toBe('invalid-config');
    expect(refusal(() => toBytes(value, 'room')).message).toContain(`room is ${value}`);
  });

  it('does not take a size for a duration, nor the reverse', () => {
    expect(refusal(() => toMilliseconds(asDuration('8mb'), 'wait')).message).toContain("'30s'");
    expect(refusal(() => toBytes(asSize('30s'), 'room')).message).toContain("'8mb'");
  });
});

function asDuration(value: string): Duration {
  // @ts-expect-error what a program without types, or a configuration, may hand over
  return value;
}

function asSize(value: string): Size {
  // @ts-expect-error as above
  return value;
}
