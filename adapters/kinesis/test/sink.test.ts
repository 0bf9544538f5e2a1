import type { BatchResult, EncodedEvent, LaneBatch, Sink } from '@isostream/core/adapter';
import { StreamError } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { deaggregate } from '../src/aggregation.ts';
import type { KinesisOptions } from '../src/index.ts';
import { activeStream, type Call, type Reply, type ScriptedAws, scriptedAws } from './support/scripted-aws.ts';

interface SentRecord {
  readonly PartitionKey: string;
  readonly Data: string;
}

const live = new AbortController().signal;

describe('a request', () => {
  it('gives each batch its own result, in the order given', async () => {
    const { sink } = await open(({ operation }) =>
      operation === 'PutRecords' ? { FailedRecordCount: 1, Records: [stored('1'), throttled, stored('2')] } : undefined,
    );
    const results = await sink.write(
      'stream',
      ['a', 'b', 'c'].map((key) => batchOf(sink, key)),
      live,
    );
    expect(results.map(describeResult)).toEqual(['shard-0/1', 'throttled not-written', 'shard-0/2']);
  });

  it('has at most 500 records, one of each key, and several may be under way', async () => {
    const { sink } = await open(() => undefined);
    expect(sink.limits).toMatchObject({
      lanesPerRequest: 500,
      eventsPerLane: 1,
      requestsPerRoute: 4,
      bytesPerRequest: 5_242_880,
    });
    expect(sink.lane(eventOf('k'))).toBe(sink.lane(eventOf('k')));
    expect(sink.lane(eventOf('k'))).not.toBe(sink.lane(eventOf('')));
    expect(sink.lane(eventOf(null))).not.toBe(sink.lane(eventOf(null)));
  });

  it('tells of each attempt alone whether it may have been carried out', async () => {
    const replies: Reply[] = [reset, { error: 'ResourceNotFoundException' }, { Records: [stored('7')] }];
    const { sink } = await open(({ operation }) => (operation === 'PutRecords' ? replies.shift() : undefined));
    const batch = batchOf(sink, 'k');
    const results: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++)
      results.push(...(await sink.write('stream', [batch], live)).map(describeResult));
    expect(results).toEqual(['unavailable unknown', 'unknown-topic not-written', 'shard-0/7']);
  });

  it('is the same to the byte when it is tried again, also without a key', async () => {
    const { sink, puts } = await open(({ operation }) => (operation === 'PutRecords' ? reset : undefined));
    const batch = batchOf(sink, null);
    await sink.write('stream', [batch], live);
    await sink.write('stream', [batch], live);
    expect(puts()[0]).toEqual(puts()[1]);
    expect(puts()[0]?.[0]?.PartitionKey).toMatch(/^isostream:none:/);
  });

  it('that Kinesis refuses for one record is asked for without it', async () => {
    const refusal = { error: 'ValidationException', message: 'Member must have length less than or equal to 1048576' };
    const { sink, puts } = await open(({ operation, input }) => {
      if (operation !== 'PutRecords') return undefined;
      const records = recordsOf(input);
      return records.some(({ PartitionKey }) => PartitionKey === 'k13')
        ? refusal
        : { Records: records.map(() => stored('1')) };
    });
    const results = await sink.write(
      'stream',
      Array.from({ length: 50 }, (_, index) => batchOf(sink, `k${index}`)),
      live,
    );
    expect(results.map(describeResult).filter((result) => result !== 'shard-0/1')).toEqual([
      'event-too-large not-written',
    ]);
    expect(describeResult(results[13])).toBe('event-too-large not-written');
    // Nothing of a refused request is stored, so no record went twice.
    const accepted = puts().filter((records) => records.every(({ PartitionKey }) => PartitionKey !== 'k13'));
    expect(accepted.flat()).toHaveLength(49);
  });

  it('returns at once when it is given up, and says what may have been written', async () => {
    const { sink } = await open(({ operation }) => (operation === 'PutRecords' ? 'silence' : undefined));
    const abort = new AbortController();
    const writing = sink.write('stream', [batchOf(sink, 'k')], abort.signal);
    setTimeout(() => abort.abort(), 5);
    expect((await writing).map(describeResult)).toEqual(['aborted unknown']);
  });

  it('carries no key that Kinesis cannot', async () => {
    const { sink, puts } = await open(({ operation, input }) =>
      operation === 'PutRecords' ? { Records: recordsOf(input).map(() => stored('1')) } : undefined,
    );
    const results = await sink.write('stream', [batchOf(sink, 'k'.repeat(257)), batchOf(sink, 'k')], live);
    expect(results.map(describeResult)).toEqual(['invalid-key not-written', 'shard-0/1']);
    expect(puts().flat()).toHaveLength(1);
  });

  it('says nothing of a record that has no result', async () => {
    const { sink } = await open(({ operation }) => (operation === 'PutRecords' ? { Records: [] } : undefined));
    expect((await sink.write('stream', [batchOf(sink, 'k')], live)).map(describeResult)).toEqual(['internal unknown']);
  });
});

describe('aggregation', () => {
  it('packs what waits of one key into one record, and tells the events apart', async () => {
    const { sink, puts } = await open(
      ({ operation }) => (operation === 'PutRecords' ? { Records: [stored('9')] } : undefined),
      { aggregation: true },
    );
    const events = ['one', 'two', 'three'].map((text) => eventOf('k', text));
    const [result] = await sink.write('stream', [{ lane: 'key k', events }], live);
    expect(result).toEqual([0, 1, 2].map((index) => ({ partition: 'shard-0', position: `9:${index}` })));
    const [record] = puts()[0] ?? [];
    const packed = [...(deaggregate(Buffer.from(record?.Data ?? '', 'base64')) ?? [])];
    expect(packed.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()])).toEqual([
      ['k', 'one'],
      ['k', 'two'],
      ['k', 'three'],
    ]);
    expect(sink.limits.eventsPerLane).toBeGreaterThan(1);
  });

  it('leaves a lone event as it is, unless its own bytes look packed', async () => {
    const { sink, puts } = await open(
      ({ operation }) => (operation === 'PutRecords' ? { Records: [stored('9')] } : undefined),
      {
        aggregation: true,
      },
    );
    await sink.write('stream', [batchOf(sink, 'k', 'plain')], live);
    const [inner] = puts()[0] ?? [];
    expect(Buffer.from(inner?.Data ?? '', 'base64').toString()).toBe('plain');
    await sink.write('stream', [{ lane: 'key k', events: ['1', '2'].map((text) => eventOf('k', text)) }], live);
    const bytes = Buffer.from(puts()[1]?.[0]?.Data ?? '', 'base64');
    const [result] = await sink.write(
      'stream',
      [{ lane: 'key k', events: [{ key: 'k', value: bytes, headers: [] }] }],
      live,
    );
    expect(result).toEqual([{ partition: 'shard-0', position: '9:0' }]);
    const outer = [...(deaggregate(Buffer.from(puts()[2]?.[0]?.Data ?? '', 'base64')) ?? [])];
    expect(outer.map(({ data }) => Buffer.from(data).equals(bytes))).toEqual([true]);
  });
});

describe('a stream', () => {
  it('that spreads events as it likes is refused', async () => {
    const summary = { ...activeStream.StreamDescriptionSummary, RecordDistributionStrategy: 'AUTO' };
    const { adapter } = scriptedAws(() => ({ StreamDescriptionSummary: summary }));
    await expect(adapter.createSink('s').open(live)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(adapter.admin.describeTopic('s')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('that is not there, or is going away, is unknown', async () => {
    const { adapter } = scriptedAws(() => ({ error: 'ResourceNotFoundException' }));
    await expect(adapter.createSink('s').open(live)).rejects.toMatchObject({ code: 'unknown-topic' });
    const leaving = { ...activeStream.StreamDescriptionSummary, StreamStatus: 'DELETING' };
    const { adapter: other } = scriptedAws(() => ({ StreamDescriptionSummary: leaving }));
    await expect(other.createSink('s').open(live)).rejects.toMatchObject({ code: 'unknown-topic' });
  });

  it('takes events as large as its limit, or as its tag says', async () => {
    const summary = { ...activeStream.StreamDescriptionSummary, MaxRecordSizeInKiB: 2_048 };
    for (const [tags, limit] of [
      [[], 2_048 * 1_024 - 256],
      [[{ Key: 'isostream:max-event-bytes', Value: '65536' }], 65_536],
    ] as const) {
      const { adapter } = scriptedAws(({ operation }) =>
        operation === 'ListTagsForStream' ? { Tags: tags, HasMoreTags: false } : { StreamDescriptionSummary: summary },
      );
      const sink = adapter.createSink('s');
      await sink.open(live);
      expect(sink.maxEventBytes).toBe(limit);
    }
  });

  it('can be written by whoever may not read its tags', async () => {
    const { adapter } = scriptedAws(({ operation }) =>
      operation === 'ListTagsForStream' ? { error: 'AccessDeniedException' } : activeStream,
    );
    const sink = adapter.createSink('s');
    await sink.open(live);
    expect(sink.maxEventBytes).toBe(1_048_576 - 256);
  });
});

const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', name: 'TimeoutError' });
const throttled = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };

function stored(sequence: string): object {
  return { SequenceNumber: sequence, ShardId: 'shard-0' };
}

async function open(
  reply: (call: Call) => Reply | undefined,
  options?: KinesisOptions,
): Promise<{ readonly sink: Sink; readonly puts: () => readonly SentRecord[][] }> {
  const aws: ScriptedAws = scriptedAws((call) => reply(call) ?? usual(call), options);
  const sink = aws.adapter.createSink('s');
  await sink.open(live);
  const puts = (): SentRecord[][] =>
    aws.calls.filter(({ operation }) => operation === 'PutRecords').map(({ input }) => recordsOf(input));
  return { sink, puts };
}

function usual({ operation }: Call): Reply {
  return operation === 'ListTagsForStream' ? { Tags: [], HasMoreTags: false } : activeStream;
}

function recordsOf({ Records: records }: Call['input']): SentRecord[] {
  if (!Array.isArray(records)) return [];
  return records.map((record: { readonly PartitionKey?: unknown; readonly Data?: unknown }) => ({
    PartitionKey: String(record.PartitionKey),
    Data: String(record.Data),
  }));
}

function eventOf(key: string | null, text = 'x'): EncodedEvent {
  return { key, value: Buffer.from(text), headers: [] };
}

function batchOf(sink: Sink, key: string | null, text?: string): LaneBatch {
  const event = eventOf(key, text);
  return { lane: sink.lane(event), events: [event] };
}

function describeResult(result: BatchResult | undefined): string {
  if (result === undefined) return 'none';
  if (StreamError.is(result)) return `${result.code} ${result.outcome}`;
  return result.map(({ partition, position }) => `${partition}/${position}`).join();
}
