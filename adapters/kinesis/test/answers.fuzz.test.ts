import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Shard } from '@aws-sdk/client-kinesis';
import { StreamError } from '@isostream/core/adapter';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aggregate, deaggregate } from '../src/aggregation.ts';
import { inOrder, nameOf, successorsOf } from '../src/consume/shards.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import { eventsOf } from '../src/consume/to-events.ts';
import { openShards } from '../src/shard-count.ts';
import { toItem, toLease } from '../src/leases/lease-item.ts';
import { parsePlace, placeOfLease } from '../src/position.ts';
import { ServiceClock } from '../src/client/service-clock.ts';
import { resolveOptions } from '../src/options.ts';
import { scriptedAws } from './support/scripted-aws.ts';

/** What a call gave, or the StreamError that it threw; anything else that it throws fails the test. */
function orStreamError<T>(call: () => T): T | StreamError {
  try {
    return call();
  } catch (error) {
    if (StreamError.is(error)) return error;
    throw error;
  }
}

function enveloped(message: Uint8Array): Buffer {
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, digest]);
}

describe('aggregated records', () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    // Well-formed, and then one byte is another.
    fc
      .tuple(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(255))
      .map(([payloads, at, byte]) => {
        const packed = aggregate('key', payloads);
        const body = Buffer.from(packed.subarray(4, -16));
        body[at % body.length] = byte;
        return body;
      }),
  );

  it('are at least one event each, and never more bytes than they are', () => {
    fc.assert(
      fc.property(message, (bytes) => {
        const data = enveloped(bytes);
        const events = [...eventsOf('a', { SequenceNumber: '1', PartitionKey: 'k', Data: data }, 0)];
        expect(events.length).toBeGreaterThan(0);
        const total = events.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
        expect(total).toBeLessThanOrEqual(data.length);
        if (deaggregate(data) === undefined) expect(events[0]?.value).toEqual(data);
      }),
    );
  });
});

describe('items of a lease table', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('', '0', '-1', 'NaN', '1e400', '99999999999999999999', 'SHARD_END'),
  );
  const value: fc.Arbitrary<AttributeValue> = fc.oneof(
    text.map((S): AttributeValue => ({ S })),
    text.map((N): AttributeValue => ({ N })),
    fc.boolean().map((BOOL): AttributeValue => ({ BOOL })),
    fc.array(text).map((SS): AttributeValue => ({ SS })),
    fc.constant<AttributeValue>({ NULL: true }),
    fc.constant<AttributeValue>({ L: [] }),
    fc.constant<AttributeValue>({ M: {} }),
  );
  const item = fc.dictionary(
    fc.constantFrom(
      'leaseKey',
      'leaseCounter',
      'checkpoint',
      'fencingToken',
      'leaseOwner',
      'askedBy',
      'parentShardId',
      'finished',
      '__proto__',
    ),
    value,
  );
  const good = fc.record({
    leaseCounter: fc.constant({ N: '4' }),
    checkpoint: fc.constant({ S: '7' }),
    fencingToken: fc.constant({ N: '2' }),
  });

  it('are leases that come back as they were, or refused by name', () => {
    fc.assert(
      fc.property(fc.string(), item, good, fc.boolean(), (partition, odd, base, isOver) => {
        const read = orStreamError(() =>
          toLease(partition, isOver ? { ...odd, ...base } : { ...base, ...odd }, 'table'),
        );
        if (StreamError.is(read)) {
          expect(read).toMatchObject({ code: 'conflict', retryable: false });
          return;
        }
        expect(read.counter).toBeGreaterThanOrEqual(0);
        expect(toLease(partition, toItem('key', read), 'table')).toEqual(read);
        const place = orStreamError(() => placeOfLease(read));
        if (StreamError.is(place)) expect(place.code).toBe('conflict');
      }),
    );
  });

  it('hold positions of which every one is a place or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(text, fc.stringMatching(/^(after )?[0-9]{1,130}(:[0-9]{1,11})?( [0-9]{1,17})?$/)),
        (position) => {
          const place = orStreamError(() => parsePlace(position));
          if (StreamError.is(place)) expect(place.code).toBe('invalid-config');
        },
      ),
    );
  });
});

describe('lists of shards', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const shard: fc.Arbitrary<Shard> = fc.record({
    ShardId: name,
    ParentShardId: fc.option(name, { nil: undefined }),
    AdjacentParentShardId: fc.option(name, { nil: undefined }),
    HashKeyRange: fc.record({
      StartingHashKey: fc.constantFrom('0', '7', 'x', '', '-1'),
      EndingHashKey: fc.constantFrom('9', '1e9', String(2n ** 128n)),
    }),
    SequenceNumberRange: fc.constant({ StartingSequenceNumber: '1' }),
  });

  it('with circles and parents that are missing lose no shard, and end', () => {
    fc.assert(
      fc.property(fc.uniqueArray(shard, { selector: nameOf }), name, (shards, of) => {
        expect(inOrder(shards).map(nameOf).toSorted()).toEqual(shards.map(nameOf).toSorted());
        const following = new Set(successorsOf(of, shards).map(({ partition }) => partition));
        expect(following.has(of)).toBe(false);
        for (const one of shards)
          if (one.ParentShardId === of && nameOf(one) !== of) expect(following.has(nameOf(one))).toBe(true);
        orStreamError(() => openShards(shards));
      }),
    );
  });
});

describe('answers of Kinesis', () => {
  const json = fc.oneof(fc.jsonValue(), fc.constantFrom(null, [], {}, 'x', -1));
  const record = fc.record(
    { SequenceNumber: json, Data: json, PartitionKey: json, ApproximateArrivalTimestamp: json },
    { requiredKeys: [] },
  );
  const answer = fc.record(
    {
      Records: fc.oneof(json, fc.array(record)),
      NextShardIterator: json,
      MillisBehindLatest: json,
      ChildShards: json,
      Shards: fc.oneof(json, fc.array(fc.record({ ShardId: json, ParentShardId: json }, { requiredKeys: [] }))),
      ShardIterator: json,
      StreamDescriptionSummary: json,
    },
    { requiredKeys: [] },
  );

  it('with missing and odd fields are refused, or have a place for every record', async () => {
    let next: object = {};
    const { adapter } = scriptedAws(() => next);
    const { kinesis, dynamo } = adapter.native;
    const stream = new KinesisStream('s', {
      kinesis,
      dynamo,
      clock: new ServiceClock(kinesis),
      settings: resolveOptions(),
    });
    const settled = async <T>(call: Promise<T>): Promise<T | undefined> =>
      call.catch((error: unknown) => {
        if (!StreamError.is(error)) throw error;
        return undefined;
      });
    await fc.assert(
      fc.asyncProperty(answer, async (made) => {
        next = { ...made };
        const page = await settled(stream.page('i'));
        if (page !== undefined && page !== 'expired')
          for (const one of page.records) {
            expect(one.SequenceNumber).toMatch(/^\d+$/);
            for (const event of eventsOf('a', one, 7)) parsePlace(event.position);
          }
        const shards = await settled(stream.shards());
        for (const one of shards ?? []) expect(nameOf(one)).not.toBe('');
        await settled(stream.describe());
        await settled(stream.iterator('a', { kind: 'oldest' }));
      }),
      { examples: [[{ Records: [{ SequenceNumber: '0', Data: false }] }]] },
    );
    await adapter.close();
  });
});
