import type { TopicSettings } from '@isostream/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromConfigs, toConfigs, toNewConfigs } from '../src/topic-configs.ts';

function asEntries(configs: Readonly<Record<string, string>>) {
  return Object.entries(configs).map(([name, value]) => ({ name, value, isOwn: true }));
}

describe('a topic’s settings', () => {
  it('are written in Kafka’s names and units', () => {
    const settings: TopicSettings = {
      partitions: 12,
      replicationFactor: 3,
      retentionMs: 604_800_000,
      retentionBytes: 1_000_000,
      compaction: false,
      minInSync: 2,
      maxEventBytes: 1_000_000,
    };
    expect(toConfigs(settings)).toEqual({
      'retention.ms': '604800000',
      'retention.bytes': '1000000',
      'cleanup.policy': 'delete',
      'min.insync.replicas': '2',
      'max.message.bytes': '1000200',
    });
  });

  it('that nobody declared are not written', () => {
    expect(toConfigs({})).toEqual({});
    expect(toConfigs({ partitions: 4 })).toEqual({});
  });

  it('of a new topic have the broker’s clock stamp events, unless their senders may', () => {
    expect(toNewConfigs({})).toEqual({ 'message.timestamp.type': 'LogAppendTime' });
    expect(toNewConfigs({ storedTime: 'sender' })).toEqual({ 'message.timestamp.type': 'CreateTime' });
  });

  it('keep for ever is -1, in both directions', () => {
    expect(toConfigs({ retentionMs: Infinity })).toEqual({ 'retention.ms': '-1' });
    expect(fromConfigs([{ name: 'retention.ms', value: '-1', isOwn: true }]).retentionMs).toBe(Infinity);
    expect(fromConfigs([{ name: 'retention.bytes', value: '-1', isOwn: false }])).not.toHaveProperty('retentionBytes');
  });

  it.each([
    ['delete', false],
    ['compact', true],
    ['compact,delete', true],
    ['delete,compact', true],
  ])('reads cleanup.policy %s', (value, compaction) => {
    expect(fromConfigs([{ name: 'cleanup.policy', value, isOwn: true }]).compaction).toBe(compaction);
  });

  it('keep what compaction leaves for ever, unless retention is declared with it', () => {
    expect(toConfigs({ compaction: true })).toEqual({ 'cleanup.policy': 'compact' });
    expect(toConfigs({ compaction: true, retentionMs: Infinity })['cleanup.policy']).toBe('compact');
    expect(toConfigs({ compaction: true, retentionMs: 1_000 })['cleanup.policy']).toBe('compact,delete');
  });

  it('come back as they were declared', () => {
    const settings = fc.record({
      retentionMs: fc.oneof(fc.integer({ min: 1, max: 2 ** 50 }), fc.constant(Infinity)),
      retentionBytes: fc.integer({ min: 1, max: 2 ** 50 }),
      compaction: fc.boolean(),
      minInSync: fc.integer({ min: 1, max: 9 }),
      maxEventBytes: fc.integer({ min: 1, max: 2 ** 30 }),
    });
    fc.assert(
      fc.property(settings, (declared) => {
        expect(fromConfigs(asEntries(toConfigs(declared)))).toEqual(declared);
      }),
    );
  });
});
