import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../src/contract/capabilities.ts';
import type { TopicDescription, TopicSettings } from '../src/contract/admin.ts';
import { deadLetterTopic } from '../src/dead-letter/letter-topic.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { defineTopic, type Topic } from '../src/model/define-topic.ts';
import type { TopicStorage } from '../src/model/storage.ts';
import {
  checkCapabilities,
  checkChange,
  declaredSettings,
  difference,
  ensureTopic,
  validateTopic,
} from '../src/streams/topology.ts';
import type { Consent } from '../src/streams/types.ts';
import { capabilities } from './support/capabilities.ts';
import { refusal } from './support/refusal.ts';
import { anything } from './support/schema.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

const day = 86_400_000;

describe('declared settings', () => {
  it('are in plain units, and only what was declared', () => {
    expect(declaredSettings(keyed({}))).toEqual({});
    expect(
      declaredSettings(
        keyed({
          partitions: 12,
          retention: { time: '7d', bytes: '1gb' },
          compaction: true,
          replication: { factor: 3, minInSync: 2 },
          maxEventBytes: '2mb',
        }),
      ),
    ).toEqual({
      partitions: 12,
      retentionMs: 7 * day,
      retentionBytes: 1_073_741_824,
      compaction: true,
      replicationFactor: 3,
      minInSync: 2,
      maxEventBytes: 2_097_152,
    });
  });

  it('read retention as a duration, as a bound by time or size alone, or as forever', () => {
    expect(declaredSettings(keyed({ retention: '12h' }))).toEqual({ retentionMs: day / 2 });
    expect(declaredSettings(keyed({ retention: { bytes: '1kb' } }))).toEqual({ retentionBytes: 1_024 });
    expect(declaredSettings(keyed({ retention: 'forever' }))).toEqual({ retentionMs: Infinity });
    expect(declaredSettings(keyed({ retention: { time: 'forever' } }))).toEqual({ retentionMs: Infinity });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuse %d partitions', (partitions) => {
    expect(() => declaredSettings(keyed({ partitions }))).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});

describe('what a provider cannot do', () => {
  const none = capabilities({
    retention: { minMs: day, maxMs: 7 * day, mutable: true, bytes: false },
    compaction: false,
    replication: false,
    maxEventBytes: 1_000,
  });

  it.each<[string, TopicStorage]>([
    ['a retention that is too short', { retention: '1h' }],
    ['a retention that is too long', { retention: '8d' }],
    ['keeping for ever', { retention: 'forever' }],
    ['a retention by size', { retention: { bytes: '1gb' } }],
    ['compaction', { compaction: true }],
    ['replication', { replication: { factor: 3 } }],
    ['larger events', { maxEventBytes: 1_001 }],
  ])('is refused before any I/O: %s', async (_, storage) => {
    const admin = new ScriptedAdmin();
    const topic = keyed(storage);
    expect(
      refusal(() => checkCapabilities(topic, declaredSettings(topic), { name: 'small', capabilities: none })),
    ).toMatchObject({ code: 'unsupported', where: 'small' });
    await expect(ensureTopic(scriptedAdapter(admin, none), topic, [])).rejects.toMatchObject({ code: 'unsupported' });
    await expect(validateTopic(scriptedAdapter(admin, none), topic)).rejects.toMatchObject({ code: 'unsupported' });
    expect(admin.calls).toEqual([]);
  });

  it.each<[TopicStorage, Capabilities]>([
    [{ retention: '1d', compaction: false, maxEventBytes: 1_000 }, none],
    [{ retention: '7d', partitions: 1_000 }, none],
    [{ retention: { time: 'forever', bytes: '1gb' }, compaction: true, replication: { factor: 3 } }, capabilities()],
  ])('does not cover %j', (storage, provider) => {
    const topic = keyed(storage);
    expect(() =>
      checkCapabilities(topic, declaredSettings(topic), { name: 'x', capabilities: provider }),
    ).not.toThrow();
  });
});

function allowed(topic: Topic, declared: TopicSettings, actual: TopicSettings, consent: readonly Consent[]): void {
  checkChange(topic, declared, actual, consent, capabilities());
}

describe('a change of a topic', () => {
  const actual: TopicSettings = {
    partitions: 4,
    retentionMs: 7 * day,
    retentionBytes: 1_000,
    compaction: false,
    replicationFactor: 3,
    minInSync: 2,
  };

  it('is found by what was declared, and by nothing else', () => {
    expect(difference({ partitions: 8, retentionMs: 7 * day, compaction: true }, actual)).toEqual({
      partitions: { from: 4, to: 8 },
      compaction: { from: false, to: true },
    });
    expect(difference({}, actual)).toEqual({});
    expect(difference(actual, { ...actual, maxEventBytes: 5 })).toEqual({});
  });

  it.each<[string, Topic, TopicSettings, Consent]>([
    ['more partitions of a keyed topic', keyed({}), { partitions: 5 }, 'grow-keyed-topic'],
    ['more partitions of a raw topic, whose events carry keys', raw(), { partitions: 5 }, 'grow-keyed-topic'],
    ['a shorter retention', keyed({}), { retentionMs: 6 * day }, 'shorten-retention'],
    ['a smaller retention', keyed({}), { retentionBytes: 999 }, 'shorten-retention'],
    ['compaction, which removes all but the latest of each key', keyed({}), { compaction: true }, 'shorten-retention'],
  ])('needs consent for %s', (_, topic, declared, consent) => {
    const others = (['grow-keyed-topic', 'shorten-retention'] as const).filter((other) => other !== consent);
    for (const given of [[], others]) {
      const error = refusal(() => allowed(topic, declared, actual, given));
      expect(error.code).toBe('consent-required');
      expect(error.message).toContain(`'${consent}'`);
    }
    expect(() => allowed(topic, declared, actual, [consent])).not.toThrow();
  });

  it('needs consent for a bound by size where there was none', () => {
    expect(refusal(() => allowed(keyed({}), { retentionBytes: 1_000_000 }, { partitions: 4 }, [])).code).toBe(
      'consent-required',
    );
  });

  it('needs consent for the end of compaction, after which retention removes what was kept for its key', () => {
    expect(refusal(() => allowed(keyed({}), { compaction: false }, { partitions: 4, compaction: true }, [])).code).toBe(
      'consent-required',
    );
  });

  it.each<[string, Topic, TopicSettings]>([
    ['more partitions of a topic without order', keyless(), { partitions: 5 }],
    ['a longer retention', keyed({}), { retentionMs: 8 * day }],
    ['keeping for ever', keyed({}), { retentionMs: Infinity }],
    ['a larger retention', keyed({}), { retentionBytes: 1_001 }],
    ['other limits', keyed({}), { maxEventBytes: 10, minInSync: 1 }],
    ['nothing', keyed({}), actual],
  ])('needs none for %s', (_, topic, declared) => {
    expect(() => allowed(topic, declared, actual, [])).not.toThrow();
  });

  it('is refused for more partitions where a topic keeps those that it has', () => {
    const fixed = capabilities({ reshard: 'none' });
    expect(refusal(() => checkChange(keyless(), { partitions: 5 }, actual, ['grow-keyed-topic'], fixed)).code).toBe(
      'unsupported',
    );
    expect(() => checkChange(keyless(), { partitions: 4, retentionMs: 8 * day }, actual, [], fixed)).not.toThrow();
  });

  it.each([3, 5])('needs no consent for %d partitions instead of 4 where they are split and merged', (partitions) => {
    const splitting = capabilities({ reshard: 'split-merge' });
    for (const topic of [keyed({}), keyless(), raw()])
      expect(() => checkChange(topic, { partitions }, actual, [], splitting)).not.toThrow();
  });

  it.each<[string, TopicSettings]>([
    ['fewer partitions', { partitions: 3 }],
    ['more copies', { replicationFactor: 5 }],
    ['fewer copies', { replicationFactor: 1 }],
  ])('is refused with every consent for %s', (_, declared) => {
    for (const topic of [keyed({}), keyless(), raw()])
      expect(refusal(() => allowed(topic, declared, actual, ['grow-keyed-topic', 'shorten-retention'])).code).toBe(
        'unsupported',
      );
  });
});

describe('ensure', () => {
  it('creates a topic that is not there', async () => {
    const admin = new ScriptedAdmin();
    const change = await ensureTopic(scriptedAdapter(admin), keyed({ partitions: 4 }), []);
    expect(change).toEqual({ topic: 'orders', change: 'create', settings: { partitions: { from: undefined, to: 4 } } });
    expect(admin.calls).toEqual(['describe orders', 'create orders {"partitions":4}']);
  });

  it('changes what is declared and differs, and nothing else', async () => {
    const admin = new ScriptedAdmin(described({ partitions: 4, retentionMs: day, compaction: false }));
    const change = await ensureTopic(scriptedAdapter(admin), keyed({ partitions: 4, retention: '2d' }), []);
    expect(change).toEqual({ topic: 'orders', change: 'alter', settings: { retentionMs: { from: day, to: 2 * day } } });
    expect(admin.calls).toEqual(['describe orders', `alter orders {"retentionMs":${2 * day}}`]);
  });

  it('leaves a topic alone that is as declared', async () => {
    const admin = new ScriptedAdmin(described({ partitions: 4, retentionMs: day }));
    expect(await ensureTopic(scriptedAdapter(admin), keyed({ partitions: 4 }), [])).toMatchObject({ change: 'none' });
    expect(admin.calls).toEqual(['describe orders']);
  });

  it('changes nothing at all where one of several changes needs consent', async () => {
    const admin = new ScriptedAdmin(described({ partitions: 4, retentionMs: day }));
    const topic = keyed({ partitions: 8, retention: '2d' });
    await expect(ensureTopic(scriptedAdapter(admin), topic, [])).rejects.toMatchObject({ code: 'consent-required' });
    expect(admin.calls).toEqual(['describe orders']);

    await ensureTopic(scriptedAdapter(admin), topic, ['grow-keyed-topic']);
    expect(admin.calls.at(-1)).toBe(`alter orders {"partitions":8,"retentionMs":${2 * day}}`);
  });

  it('lets events bring their stored time only on raw topics that do not refuse it', async () => {
    const created = async (topic: Topic): Promise<string> => {
      const admin = new ScriptedAdmin();
      await ensureTopic(scriptedAdapter(admin), topic, []);
      return admin.calls.join();
    };
    expect(await created(keyed({}))).not.toContain('storedTime');
    expect(await created(defineTopic('raw', { raw: true }))).toContain('"storedTime":"sender"');
    expect(await created(defineTopic('raw', { raw: true, storedTime: 'service' }))).not.toContain('storedTime');
    expect(await created(deadLetterTopic(keyed({}), 'g', capabilities()))).not.toContain('storedTime');
  });

  it('takes a topic that somebody else created in between for an existing one', async () => {
    const admin = new ScriptedAdmin();
    admin.onCreate = () => {
      admin.topic = described({ partitions: 4 });
      throw new StreamError('conflict', 'exists', { where: 'scripted' });
    };
    expect(await ensureTopic(scriptedAdapter(admin), keyed({ partitions: 4 }), [])).toMatchObject({ change: 'none' });
  });

  it('passes on what keeps a topic from being created', async () => {
    const admin = new ScriptedAdmin();
    admin.onCreate = () => {
      throw new StreamError('unauthorized', 'no', { where: 'scripted' });
    };
    await expect(ensureTopic(scriptedAdapter(admin), keyed({}), [])).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('a provider without partitions', () => {
  const individual = capabilities({ settlement: 'individual', reshard: 'none' });

  it('is not asked for any, and meets every number', async () => {
    const admin = new ScriptedAdmin();
    const adapter = scriptedAdapter(admin, individual);
    await ensureTopic(adapter, keyed({ partitions: 4, retention: '1d' }), []);
    expect(admin.calls).toEqual(['describe orders', `create orders {"retentionMs":${day}}`]);

    admin.topic = described({ retentionMs: day });
    expect(await ensureTopic(adapter, keyed({ partitions: 12 }), [])).toMatchObject({ change: 'none' });
    await validateTopic(adapter, keyed({ partitions: 3 }));
  });
});

describe('validate', () => {
  it('names every difference at once', async () => {
    const admin = new ScriptedAdmin(
      described({
        partitions: 4,
        retentionMs: day,
        compaction: false,
        replicationFactor: 1,
        minInSync: 1,
        maxEventBytes: 10,
        retentionBytes: 1,
      }),
    );
    const topic = keyed({
      partitions: 8,
      retention: { time: '2d', bytes: 2 },
      compaction: true,
      replication: { factor: 3, minInSync: 2 },
      maxEventBytes: 20,
    });
    const error: unknown = await validateTopic(scriptedAdapter(admin), topic).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'topic-mismatch', message: expect.stringContaining('topic "orders"') });
    for (const part of [
      'partitions is 4, declared 8',
      `retentionMs is ${day}, declared ${2 * day}`,
      'retentionBytes is 1, declared 2',
      'compaction is false, declared true',
      'replicationFactor is 1, declared 3',
      'minInSync is 1, declared 2',
      'maxEventBytes is 10, declared 20',
    ])
      expect(String(error)).toContain(part);
    expect(admin.calls).toEqual(['describe orders']);
  });

  it('accepts a topic that is as declared, whatever else it has', async () => {
    const admin = new ScriptedAdmin(described({ partitions: 4, retentionMs: day }));
    await expect(validateTopic(scriptedAdapter(admin), keyed({ partitions: 4 }))).resolves.toBeUndefined();
  });

  it('says so where the topic is missing', async () => {
    await expect(validateTopic(scriptedAdapter(new ScriptedAdmin()), keyed({}))).rejects.toMatchObject({
      code: 'unknown-topic',
    });
  });
});

function keyed(storage: TopicStorage): Topic {
  return defineTopic('orders', { events: { 'order.placed': anything }, key: () => 'k', ...storage });
}

function keyless(): Topic {
  return defineTopic('orders', { events: { 'order.placed': anything }, key: null });
}

function raw(): Topic {
  return defineTopic('orders', { raw: true });
}

function described(settings: TopicSettings): TopicDescription {
  return { name: 'orders', partitionNames: [], ...settings };
}
