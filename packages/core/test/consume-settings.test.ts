import { describe, expect, it } from 'vitest';
import { resolveConsumerOptions, resolveReplayOptions } from '../src/consume/settings.ts';
import { resolveBackoff } from '../src/retry/backoff.ts';
import { refusal } from './support/refusal.ts';

const never = new Date('no time');

describe('options of a consumer', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ from: 'newest' }, `from is "newest". Give 'earliest', 'latest' or a valid Date`],
    [{ from: never }, `from is Invalid Date. Give 'earliest', 'latest' or a valid Date`],
    [{ from: new Map() }, `from is Map(0) {}. Give 'earliest', 'latest' or a valid Date`],
    [{ from: null }, `from is null. Give 'earliest', 'latest' or a valid Date`],
    [{ retry: 3 }, 'retry is 3. Give an object of attempts, backoff'],
    [
      { retry: { attempt: 1 } },
      'unknown option retry.attempt. Did you mean retry.attempts? Valid options: retry.attempts, retry.backoff',
    ],
    [{ retry: { attempts: '3' } }, 'retry.attempts is "3". Give a whole number of 1 or more'],
    [{ retry: { backoff: 100 } }, 'retry.backoff is 100. Give an object of initial, max, jitter'],
    [
      { retry: { backoff: { initail: 1 } } },
      'unknown option retry.backoff.initail. Did you mean retry.backoff.initial? Valid options: retry.backoff.initial, retry.backoff.max, retry.backoff.jitter',
    ],
    [{ retry: { backoff: { jitter: 'half' } } }, 'retry.backoff.jitter is "half". Give one of full, none'],
    [
      { maxInFlight: { event: 1 } },
      'unknown option maxInFlight.event. Did you mean maxInFlight.events? Valid options: maxInFlight.events, maxInFlight.bytes',
    ],
    [{ maxInFlight: 100 }, 'maxInFlight is 100. Give an object of events, bytes'],
    [{ maxInFlight: ['events'] }, "maxInFlight is [ 'events' ]. Give an object of events, bytes"],
    [{ handlerTimeout: 0 }, 'handlerTimeout is 0. Give at least 1 ms'],
    [{ ordering: 'keys' }, 'ordering is "keys". Give one of key, partition, none'],
    [{ group: 'a b' }, 'group is "a b". Give a name of 1 to 100 letters, digits, ".", "_" or "-"'],
  ])('are refused by name where they are wrong: %o', (options, message) => {
    expect(refusal(() => resolveConsumerOptions({ group: 'billing', ...options }))).toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining(message),
    });
  });

  it('may be left out, also inside others', () => {
    for (const options of [{}, { retry: {}, maxInFlight: {} }, { retry: { backoff: {} }, from: undefined }])
      // @ts-expect-error undefined is what JavaScript gives for nothing
      expect(resolveConsumerOptions({ group: 'billing', ...options })).toMatchObject({
        maxEvents: 500,
        maxBytes: 16_777_216,
        retry: { attempts: 5, backoff: { initial: 200, max: 30_000, jitter: 'full' } },
      });
  });

  it('commit as often as the provider says, where they say nothing of it', () => {
    const perProvider = { commitIntervalMs: 3_000 };
    expect(resolveConsumerOptions({ group: 'billing' })).toMatchObject({ commitIntervalMs: 200 });
    expect(resolveConsumerOptions({ group: 'billing' }, perProvider)).toMatchObject({ commitIntervalMs: 3_000 });
    const own = resolveConsumerOptions({ group: 'billing', commitInterval: 20 }, perProvider);
    expect(own).toMatchObject({ commitIntervalMs: 20 });
  });

  it('start anywhere in time', () => {
    for (const from of ['earliest', 'latest', new Date(0)] as const)
      expect(() => resolveConsumerOptions({ group: 'billing', from })).not.toThrow();
  });
});

describe('options of a replay', () => {
  const starts = "'earliest', 'latest', a valid Date, or a Map of partition to position";

  it.each<[Record<string, unknown>, string]>([
    [{ from: 'newest' }, `from is "newest". Give ${starts}`],
    [{ from: never }, `from is Invalid Date. Give ${starts}`],
    [{ from: undefined }, `from is undefined. Give ${starts}`],
    [{ from: { 0: '7' } }, `from is { '0': '7' }. Give ${starts}`],
    [{ to: 'later' }, `to is "later". Give 'now' or a valid Date`],
    [{ to: never }, `to is Invalid Date. Give 'now' or a valid Date`],
    [{ key: 5 }, 'key is 5. Give the text of a key'],
    [{ retry: 3 }, 'retry is 3. Give an object of attempts, backoff'],
  ])('are refused by name where they are wrong: %o', (options, message) => {
    expect(refusal(() => resolveReplayOptions({ from: 'earliest', ...options }))).toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining(message),
    });
  });

  it('take times, positions and a key', () => {
    for (const from of ['latest', new Date(0), new Map([['0', '7']])])
      expect(() => resolveReplayOptions({ from, to: new Date(), key: 'a' })).not.toThrow();
    expect(() => resolveReplayOptions({ from: 'earliest', to: 'now' })).not.toThrow();
  });
});

it('a backoff is refused for what it does not know', () => {
  const defaults = { initial: 50, max: 1_000, jitter: 'full' } as const;
  // @ts-expect-error no such jitter
  expect(refusal(() => resolveBackoff({ jitter: 'some' }, defaults, 'backoff')).message).toContain(
    'backoff.jitter is "some". Give one of full, none',
  );
});
