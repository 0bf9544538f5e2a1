import { describe, expect, it } from 'vitest';
import { fromMessage, orderingKey, toMessage } from '../src/message.ts';
import { Names } from '../src/names.ts';
import { PubSubSink } from '../src/produce/sink.ts';
import { FakeService } from './support/fake-service.ts';

describe('a message of somebody else', () => {
  it('without data is an event with an empty payload, and no tombstone', () => {
    const event = fromMessage({ message: { attributes: { a: '1' }, data: Buffer.alloc(0), messageId: '7' } });
    expect(event).toMatchObject({ key: null, headers: [['a', '1']], position: '7' });
    expect(event.value).toHaveLength(0);
  });

  it('has its time to the millisecond', () => {
    const publishTime = { seconds: '1767225600', nanos: 999_999_999 };
    expect(fromMessage({ message: { publishTime } }).timestamp).toBe(1_767_225_600_999);
  });

  it('with the ordering key that our empty key has keeps it', () => {
    const { orderingKey: ours } = toMessage({ key: '', value: null, headers: [] });
    expect(fromMessage({ message: { orderingKey: ours ?? '' } }).key).toBe(ours);
  });
});

it('never goes out without data and without attributes: the service would refuse it', () => {
  for (const value of [null, new Uint8Array(0)])
    expect(Object.keys(toMessage({ key: null, value, headers: [] }).attributes ?? {})).toHaveLength(1);
});

it('has one ordering key for a key, as text or as its bytes', () => {
  expect(orderingKey(Buffer.from('käse'))).toBe(orderingKey('käse'));
  expect(orderingKey(null)).toBe('');
  expect(orderingKey('')).not.toBe('');
});

describe('lanes', () => {
  const sink = new PubSubSink(new FakeService(), 'orders');
  const lane = (key: string | null): string => sink.lane({ key, value: null, headers: [] });

  it('are one for each key, so that a request never mixes two', () => {
    expect(lane('a')).toBe(lane('a'));
    expect(lane('a')).not.toBe(lane('b'));
    expect(lane('')).not.toBe(lane(null));
    expect(sink.limits.lanesPerRequest).toBe(1);
  });

  it('are several for events without a key, and none of those is a key’s', () => {
    const free = new Set(Array.from({ length: 100 }, () => lane(null)));
    expect(free.size).toBeGreaterThan(1);
    for (const each of free) expect(lane(each)).not.toBe(each);
  });
});

describe('names', () => {
  const names = new Names('p');

  it('of groups cannot be confused, whatever dots they have', () => {
    expect(names.subscription('a.b', 'c')).not.toBe(names.subscription('a', 'b.c'));
    expect(names.groupOf(names.subscription('a.b', 'c.d'), 'a.b')).toBe('c.d');
    expect(names.groupOf(names.subscription('a.b', 'c'), 'a')).toBeUndefined();
    expect(names.groupOf('projects/p/subscriptions/of-somebody-else', 'a')).toBeUndefined();
  });

  it('of readers are no groups', () => {
    expect(names.groupOf(names.reader('a', 'id'), 'a')).toBeUndefined();
  });
});
