import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { WrongPosition } from '../src/contract/admin.ts';
import { checkPlace, checkPositions, endingAt, startingAt } from '../src/streams/places.ts';
import { refusal } from './support/refusal.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

describe('a place to start', () => {
  it('is everything where it is a time from before anything could be stored', () => {
    for (const ms of [-8.64e15, -1, 0]) expect(startingAt(new Date(ms))).toBe('earliest');
    expect(startingAt(new Date(1))).toEqual(new Date(1));
    expect(startingAt('latest')).toBe('latest');
    expect(startingAt(new Map([['0', '7']]))).toEqual(new Map([['0', '7']]));
  });

  it('is what it was when it was given, and a date of another realm is a date', () => {
    const [date, positions] = [new Date(7), new Map([['0', '7']])];
    const copies = [startingAt(date), startingAt(positions), endingAt(date)];
    date.setTime(8);
    positions.set('0', '8');
    expect(copies).toEqual([new Date(7), new Map([['0', '7']]), new Date(7)]);
    const foreign: unknown = runInNewContext('new Date(42)');
    expect(foreign).not.toBeInstanceOf(Date);
    expect(() => checkPlace('to', foreign, 'admin')).not.toThrow();
    const found = startingAt(foreign as Date);
    expect(found).toBeInstanceOf(Date);
    expect(found).toEqual(new Date(42));
  });

  it('is refused as an empty map, which would do nothing', () => {
    const error = refusal(() => checkPlace('to', new Map(), 'admin'));
    expect(error).toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/at least one partition/) });
  });

  it.each([[new Date(Number.NaN)], ['newest'], [7], [null], [undefined], [{}], [{ get: () => '1' }], [['0', '1']]])(
    'is refused as %o',
    (place) => {
      const error = refusal(() => checkPlace('to', place, 'admin'));
      expect(error).toMatchObject({ code: 'invalid-config' });
      expect(error.message).toMatch(/^admin: to is .*a valid Date/);
    },
  );
});

describe('positions', () => {
  const check = async (wrong: readonly WrongPosition[], positions: ReadonlyMap<string, string>): Promise<void> => {
    const admin = new ScriptedAdmin();
    admin.wrong = wrong;
    await checkPositions(scriptedAdapter(admin), 'orders', positions);
  };

  it.each([
    ['no-partition', /"9": the partition does not exist/],
    ['no-position', /"9": "abc" is not a position of it/],
    ['beyond-end', /"9": "abc" is beyond its end/],
  ] as const)('that are wrong (%s) are refused by name', async (problem, message) => {
    await expect(check([{ partition: '9', problem }], new Map([['9', 'abc']]))).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(message),
    });
  });

  it('that are no text are refused before anybody is asked', async () => {
    const numbers: unknown = new Map([['0', 7]]);
    await expect(check([], numbers as ReadonlyMap<string, string>)).rejects.toMatchObject({ code: 'invalid-config' });
    await expect(check([], new Map([['0', '7']]))).resolves.toBeUndefined();
  });
});
