import { defineTopic, errorCodes, type ErrorCode, type RawEvent, type RawInput, type Streams } from '@isostream/core';
import { type Capabilities, openAdapter } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import type { Findings, Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';

export const errorCodesScenario: Scenario = {
  id: 'errors/the-same-code-everywhere',
  title: 'the same mistake gives the same code on every provider',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const missing = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const closedProducer = streams.producer(topic);
    await closedProducer.close();
    const closedConsumer = streams.consumer(topic, { group: 'closed' });
    await closedConsumer.close();
    const aborted = AbortSignal.abort();
    const findings: Record<string, readonly string[]> = {
      'send to a missing topic': await fails('unknown-topic', () =>
        streams.producer(missing).send(stage.load.event(missing, 'k')),
      ),
      'consume a missing topic': await fails('unknown-topic', () =>
        streams.consumer(missing, { group: 'g', onFailure: 'stop' }).run(() => undefined),
      ),
      'delete a missing topic': await fails('unknown-topic', () => streams.admin.delete(missing)),
      'validate a missing topic': await fails('unknown-topic', () => streams.admin.validate(missing)),
      ...(await partitionMistakes(stage, streams, topic.name)),
      'too large': await fails('event-too-large', async () => {
        const narrow = stage.topic({ partitions: 1, maxEventBytes: '64kb' });
        const client = await stage.client([narrow]);
        await client.streams.producer(narrow).send(stage.load.event(narrow, 'k', 'x'.repeat(80_000)));
      }),
      cancelled: await fails('aborted', () => producer.send(stage.load.event(topic, 'k'), { signal: aborted })),
      'send after close': await fails('closed', () => closedProducer.send(stage.load.event(topic, 'k'))),
      'consume after close': await fails('closed', () => closedConsumer.run(() => undefined)),
      'an unknown producer option': await fails('invalid-config', () =>
        streams.producer(topic, untyped('{"lingerMs":5}')),
      ),
      'a bad concurrency': await fails('invalid-config', () => streams.consumer(topic, { group: 'g', concurrency: 0 })),
      'a bad group': await fails('invalid-config', () => streams.consumer(topic, { group: 'no spaces' })),
      'a bad duration': await fails('invalid-config', () =>
        streams.consumer(topic, { group: 'g', handlerTimeout: untyped('"soon"') }),
      ),
      'a bad topic name': await fails('invalid-config', () => defineTopic('no/slashes', { raw: true })),
      'an undeclared type': await fails('invalid-event', () =>
        producer.send(untyped('{"type":"other","data":{"key":"k","seq":0}}')),
      ),
      'a schema violation': await fails('schema-violation', () =>
        producer.send(untyped('{"type":"load","data":{"key":"k"}}')),
      ),
      ...(await wrongServices(stage)),
    };
    return findings;
  },
};

/** Where there are no partitions no number is a mistake. */
async function partitionMistakes(stage: Stage, streams: Streams, name: string): Promise<Findings> {
  const { settlement, reshard } = stage.capabilities;
  if (settlement === 'individual') return {};
  const mismatch = await fails('topic-mismatch', () => streams.admin.validate(loadTopic(name, { partitions: 3 })));
  // Where partitions are split and merged any number can be had, and order is kept.
  if (reshard === 'split-merge') return { 'another number of partitions': mismatch };
  return {
    'another number of partitions': mismatch,
    'shrink a topic': await fails('unsupported', async () => {
      const grown = stage.topic({ partitions: 2 });
      await streams.admin.ensure(grown);
      await streams.admin.ensure(loadTopic(grown.name, { partitions: 1 }));
    }),
    'grow a keyed topic': await fails(reshard === 'none' ? 'unsupported' : 'consent-required', () =>
      streams.admin.ensure(loadTopic(name, { partitions: 2 })),
    ),
  };
}

/** What a program without types may hand over. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's parameter gives the type
function untyped<Value>(json: string): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that it is wrong is the point
  return JSON.parse(json) as Value;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

async function wrongServices(stage: Stage): Promise<Findings> {
  const findings: Record<string, readonly string[]> = {};
  for (const [code, create] of Object.entries(stage.harness.wrong)) {
    if (!isErrorCode(code)) throw new Error(`${code} is not an error code`);
    const adapter = openAdapter(create());
    findings[`connect: ${code}`] = await fails(code, () => adapter.connect(stage.signal));
    await adapter.close();
  }
  return findings;
}

export const unsupported: Scenario = {
  id: 'capabilities/what-is-absent-is-refused',
  title: 'what is declared absent is refused before any I/O, and what is declared works',
  async run(stage) {
    const { capabilities } = stage;
    const findings: Record<string, readonly string[]> = {};
    for (const [name, storage, isDeclared] of storageCases(capabilities)) {
      const topic = stage.topic({ partitions: 1, ...storage });
      findings[name] = isDeclared ? await keeps(stage, topic) : await fails('unsupported', () => stage.client([topic]));
    }
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    findings['a raw event sets its stored time'] = await storedTimes(stage);
    if (!capabilities.startAtTimestamp)
      findings['start at a time'] = await fails('unsupported', () =>
        streams.consumer(topic, { group: 'g', from: new Date() }),
      );
    if (!capabilities.lag.events && !capabilities.lag.time)
      findings['lag'] = await fails('unsupported', () => streams.admin.lag(topic, 'g'));
    if (capabilities.settlement === 'individual') {
      findings['order by partition'] = await fails('unsupported', () =>
        streams.consumer(topic, { group: 'g', ordering: 'partition' }),
      );
      findings['stop at a gap'] = await fails('unsupported', () =>
        streams.consumer(topic, { group: 'g', onExpired: 'stop' }),
      );
    }
    if (!capabilities.replay)
      findings['replay'] = await fails('unsupported', () => streams.replay(topic, { from: 'earliest' }));
    if (!capabilities.resetGroup)
      findings['reset a group'] = await fails('unsupported', () => streams.admin.reset(topic, 'g', 'earliest'));
    return findings;
  },
};

/** Where the provider keeps it an event counts as stored when its sender says, unless its topic leaves that to the service. */
async function storedTimes(stage: Stage): Promise<readonly string[]> {
  const time = new Date(Date.now() - 60_000);
  const event: RawInput = { key: 'k', value: Buffer.from('moved'), time };
  const serviceTopic = defineTopic(stage.name(), { raw: true, partitions: 1, storedTime: 'service' });
  const byService = (await stage.client([serviceTopic])).streams.producer(serviceTopic);
  const refused = await fails('unsupported', () => byService.send(event));
  const senderTopic = defineTopic(stage.name(), { raw: true, partitions: 1, storedTime: 'sender' });
  if (stage.capabilities.storedTime !== 'sender') {
    const plainTopic = defineTopic(stage.name(), { raw: true, partitions: 1 });
    const plain = (await stage.client([plainTopic])).streams.producer(plainTopic);
    return [
      ...refused,
      ...(await fails('unsupported', () => stage.client([senderTopic]))),
      ...(await fails('unsupported', () => plain.send(event))),
    ];
  }
  const typed = stage.topic({ partitions: 1 });
  const { streams } = await stage.client([senderTopic, typed]);
  const asBytes = streams.producer(defineTopic(typed.name, { raw: true }));
  const refusedByTopic = await fails('unsupported', () => asBytes.send(event));
  await streams.producer(senderTopic).send(event);
  const times: number[] = [];
  await streams.replay(senderTopic, { from: time, to: new Date(time.getTime() + 1) }).run((found: RawEvent) => {
    times.push(found.time.getTime());
  });
  const isKept = times.length === 1 && times[0] === time.getTime();
  return [...refused, ...refusedByTopic, ...(isKept ? [] : [`sent as of ${time.getTime()}, found at ${times.join()}`])];
}

type StorageCase = readonly [name: string, storage: Parameters<Stage['topic']>[0], isDeclared: boolean];

function storageCases({ compaction, retention, replication, maxEventBytes }: Capabilities): StorageCase[] {
  const cases: StorageCase[] = [
    ['compaction', { compaction: true }, compaction],
    ['retention by size', { retention: { bytes: '10mb' } }, retention.bytes],
    [
      'retention by time',
      { retention: '3d' },
      retention.mutable && retention.minMs <= 259_200_000 && retention.maxMs >= 259_200_000,
    ],
    ['replication', { replication: { factor: 1 } }, replication],
    ['events over the provider’s limit', { maxEventBytes: maxEventBytes + 1 }, false],
  ];
  if (retention.maxMs !== Infinity) cases.push(['retention for ever', { retention: 'forever' }, false]);
  return cases;
}

/** What was declared reads back as declared, so that `validate` agrees. */
async function keeps(stage: Stage, topic: ReturnType<Stage['topic']>): Promise<readonly string[]> {
  const { streams } = await stage.client([topic]);
  try {
    await streams.admin.validate(topic);
    const { change } = await streams.admin.ensure(topic);
    return change === 'none' ? [] : [`ensure wants to ${change} what it just made`];
  } catch (error) {
    return [String(error)];
  }
}

export const badPayload: Scenario = {
  id: 'dead-letter/undecodable-bytes',
  title: 'bytes that nobody can decode go to the dead letters at once; neighbours and their key go on',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const raw = defineTopic(topic.name, { raw: true });
    const producer = streams.producer(topic);
    const foreign = streams.producer(raw);
    await stage.load.sendAll(producer, topic, { events: 50, keys: 5, window: 1 });
    const garbage = [
      Buffer.from('no event'),
      Buffer.from([0xff, 0x00]),
      null,
      Buffer.from('{"specversion":"1.0","id":"1","type":"other","source":"x","data":{}}'),
      Buffer.from('{"specversion":"1.0","id":"2","type":"load","source":"x","data":{"seq":"no"}}'),
    ];
    for (const value of garbage) await foreign.send({ key: 'k1', value });
    await stage.load.sendAll(producer, topic, { events: 50, keys: 5, window: 1 });
    const member = await stage.member(topic, { handle: () => undefined });
    await stage.untilSettled(topic);
    await stage.until('the letters are written', () => ofKind(stage.history.entries, 'dead').length >= garbage.length);
    await member.consumer.close();
    const { entries } = stage.history;
    const letters = ofKind(entries, 'dead');
    const codes = letters.map((letter) => letter.code).toSorted();
    return {
      'a letter for each':
        letters.length === garbage.length ? [] : [`${letters.length} letters for ${garbage.length} events`],
      'its reason':
        codes.join() === 'schema-violation,undecodable,undecodable,undecodable,undecodable' ? [] : [codes.join()],
      'no retries': letters.flatMap((letter) =>
        letter.attempts === 1 ? [] : [`${letter.id}: ${letter.attempts} attempts`],
      ),
      'enough traffic': atLeast('deliveries', ofKind(entries, 'deliver').length, 100),
    };
  },
};
