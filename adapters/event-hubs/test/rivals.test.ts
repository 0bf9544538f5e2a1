import { StreamError } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { Rivals } from '../src/consume/rivals.ts';

const stolen = new StreamError('lease-lost', "reader 'theirs' with epoch '9' came", { where: 'event-hubs' });
const leaseMs = 10_000;

describe('a reader that no lease knows of', () => {
  function rivals(): (partition: string, afterMs: number) => string {
    let now = 0;
    const all = new Rivals({ what: 'topic "orders", group "g"', leaseMs, now: () => now });
    return (partition, afterMs) => {
      now += afterMs;
      try {
        return all.took(partition, stolen).code;
      } catch (thrown) {
        return StreamError.from(thrown, 'test').code;
      }
    };
  }

  it('is a conflict once it has taken a partition again and again', () => {
    const took = rivals();

    expect(['0', '0', '0', '0'].map((partition) => took(partition, 3_000))).toEqual(Array(4).fill('lease-lost'));
    expect(took('1', 0)).toBe('lease-lost');
    expect(took('0', 3_000)).toBe('conflict');
  });

  it('is none where it left in between', () => {
    const took = rivals();

    expect(Array.from({ length: 10 }, () => took('0', 30_000))).toEqual(Array(10).fill('lease-lost'));
  });

  it('is named, with what to do', () => {
    const all = new Rivals({ what: 'topic "orders", group "g"', leaseMs: 0, now: () => 0 });

    expect(all.took('0', stolen).message).toContain('partition 0 of topic "orders", group "g"');
    expect(all.took('0', stolen).message).toContain("reader 'theirs'");
    expect(() => all.took('0', stolen)).not.toThrow();
  });
});
