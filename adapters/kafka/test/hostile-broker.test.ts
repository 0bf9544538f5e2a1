import { StreamError } from '@isostream/core/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { toStreamError } from '../src/errors.ts';
import { createKafka } from './support/open.ts';
import { KafkajsWire } from '../src/client/kafkajs-wire.ts';
import type { Wire } from '../src/client/wire.ts';
import { WireError } from '../src/client/wire-error.ts';
import { apiVersions, frame, int16, int32, metadata, type Script, ScriptedBroker } from './support/scripted-broker.ts';

const apiVersionsKey = 18;
const metadataKey = 3;
const listGroupsKey = 16;
const saslHandshakeKey = 17;
const saslAuthenticateKey = 36;
const running: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** A wire that knows its only broker, which answers from now on as the script says. */
async function connect(script: Script): Promise<Wire> {
  let isKnown = false;
  const broker: ScriptedBroker = new ScriptedBroker((asked, socket) => {
    if (asked.apiKey === apiVersionsKey) return undefined;
    if (isKnown) return script(asked, socket);
    isKnown = true;
    return metadata(broker.port, 't');
  });
  const seeds = [await broker.start()];
  const wire = new KafkajsWire({
    seeds,
    clientId: 'test',
    ssl: undefined,
    sasl: undefined,
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 2_000,
  });
  running.push(
    () => wire.close(),
    () => broker.stop(),
  );
  await wire.metadata(['t']);
  return wire;
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'answered',
    (thrown: unknown) => thrown,
  );
  return error instanceof WireError ? error.failure : String(error);
}

const member = { group: 'g', memberId: 'm', generation: 1 };
/** Every request that a wire can make: one that is added has to be in here. */
const asks: Readonly<Record<Exclude<keyof Wire, 'close'>, (wire: Wire) => Promise<unknown>>> = {
  metadata: (wire) => wire.metadata(['t']),
  topicId: (wire) => wire.topicId('t'),
  coordinator: (wire) => wire.coordinator('g'),
  initProducerId: (wire) => wire.initProducerId(),
  produce: (wire) =>
    wire.produce(1, {
      topic: 't',
      identity: { id: '1', epoch: 0 },
      compression: 'none',
      timeoutMs: 100,
      partitions: [{ partition: 0, firstSequence: 0, records: [{ key: null, value: null, headers: [] }] }],
    }),
  fetch: (wire) =>
    wire.fetch(1, {
      maxWaitMs: 0,
      maxBytes: 1,
      rack: '',
      topics: [{ topic: 't', partitions: [{ partition: 0, offset: 0n, maxBytes: 1 }] }],
    }),
  listOffsets: (wire) => wire.listOffsets(1, 't', -1, [0]),
  joinGroup: (wire) =>
    wire.joinGroup(1, {
      group: 'g',
      memberId: '',
      sessionTimeoutMs: 100,
      rebalanceTimeoutMs: 100,
      protocol: 'p',
      subscription: { topics: ['t'], userData: new Uint8Array() },
    }),
  syncGroup: (wire) => wire.syncGroup(1, member, new Map()),
  heartbeat: (wire) => wire.heartbeat(1, member),
  leaveGroup: (wire) => wire.leaveGroup(1, member),
  consumerHeartbeat: (wire) =>
    wire.consumerHeartbeat(1, {
      group: 'g',
      memberId: 'm',
      epoch: 0,
      topic: 't',
      topicId: '0'.repeat(32),
      owned: [],
      rebalanceTimeoutMs: 100,
    }),
  groupSessionMs: (wire) => wire.groupSessionMs('g'),
  describeConsumerGroup: (wire) => wire.describeConsumerGroup(1, 'g'),
  offsetCommit: (wire) => wire.offsetCommit(1, member, 't', new Map([[0, 1n]])),
  offsetFetch: (wire) => wire.offsetFetch(1, 'g', 't', [0]),
  offsetFetchAll: (wire) =>
    wire.offsetFetchAll(1, 'g', [
      { name: 't', error: 0, isInternal: false, partitions: [{ id: 0, leader: 1, replicas: 1 }] },
    ]),
  offsetDelete: (wire) => wire.offsetDelete(1, 'g', 't', [0]),
  createTopic: (wire) => wire.createTopic(1, { name: 't', partitions: 1, replicationFactor: 1, configs: {} }),
  deleteTopic: (wire) => wire.deleteTopic(1, 't'),
  createPartitions: (wire) => wire.createPartitions(1, 't', 2),
  describeConfigs: (wire) => wire.describeConfigs('t'),
  alterConfigs: (wire) => wire.alterConfigs('t', {}),
  listGroups: (wire) => wire.listGroups(1),
  groupKinds: (wire) => wire.groupKinds(1),
  describeGroup: (wire) => wire.describeGroup(1, 'g'),
};
const requests: readonly (readonly [name: string, ask: (wire: Wire) => Promise<unknown>])[] = [
  ...Object.entries(asks),
  [
    'offsetCommit of the newer protocol',
    (wire) => wire.offsetCommit(1, { ...member, protocol: 'consumer' }, 't', new Map([[0, 1n]])),
  ],
];

/** What is asked before a connection can be used, and what stands in front of a wrong length in an answer to it. */
const beforeUse = [
  ['ApiVersions', apiVersionsKey, 'plain', [int16(0)]],
  ['SaslHandshake', saslHandshakeKey, 'plain', [int16(0), Buffer.concat([int16(0), int32(2), int16(-2)])]],
  ['SaslAuthenticate', saslAuthenticateKey, 'plain', [int16(0), int32(0)]],
  ['SaslAuthenticate of SCRAM', saslAuthenticateKey, 'scram-sha-256', [int16(0), int32(0)]],
] as const;

/** A SaslHandshake answer, version 1, with the one mechanism. */
function handshake(mechanism: string): Buffer {
  return Buffer.concat([int16(0), int32(1), int16(mechanism.length), Buffer.from(mechanism)]);
}

/** Whatever stands in front of the first length, it is one of these: all bytes of an answer are the same four. */
const answers: readonly (readonly [name: string, word: Buffer])[] = [
  ['huge numbers', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  ['numbers for which memory would be taken at once', Buffer.from([0x00, 0xff, 0xff, 0xff])],
  ['negative numbers', Buffer.from([0xff, 0xff, 0xff, 0xfb])],
  ['the most negative numbers', Buffer.from([0x80, 0x00, 0x00, 0x00])],
];

describe('an answer that is none', () => {
  describe.each(answers)('of %s', (_, word) => {
    it.each(requests)('to %s is refused at once', async (_name, ask) => {
      for (const length of [0, 3, 24, 80]) {
        // Code 0 and throttle 0 in front, so that it is not taken for an error before its lengths are read.
        for (const front of [0, 2, 4, 6, 10]) {
          const body = Buffer.concat([Buffer.alloc(front), Buffer.alloc(length, word)]);
          const wire = await connect(() => body);
          expect(await failureOf(ask(wire))).toMatch(/^(?:malformed|protocol|answered)$/);
          await wire.close();
        }
      }
    });
  });

  describe.each(answers)('of %s', (_, word) => {
    it.each(beforeUse)('to %s fails connect at once', async (_name, asked, mechanism, heads) => {
      for (const head of heads) {
        const broker = new ScriptedBroker(({ apiKey }) => {
          if (apiKey === asked) return Buffer.concat([head, Buffer.alloc(80, word)]);
          return apiKey === saslHandshakeKey ? handshake(mechanism.toUpperCase()) : undefined;
        });
        const kafka = createKafka({
          brokers: [await broker.start()],
          sasl: { mechanism, username: 'u', password: 'p' },
        });
        running.push(
          () => kafka.close(),
          () => broker.stop(),
        );
        const error: unknown = await kafka.connect().catch((thrown: unknown) => thrown);
        expect(StreamError.is(error) && [error.code, error.retryable]).toEqual(['unavailable', true]);
        expect(String(error)).toContain('cannot be read');
        expect(broker.asked.at(-1)?.apiKey).toBe(asked);
      }
    });
  });

  it('with an array whose elements move backwards is refused', async () => {
    // 0x7fffffff groups, each with a name of -2 bytes: what reads it stays where it is.
    const wire = await connect(() => Buffer.concat([int32(0), int16(0), int32(0x7fff_ffff), int16(-2), int16(-2)]));
    expect(await failureOf(wire.listGroups(1))).toBe('malformed');
    const small = await connect(() => Buffer.concat([int32(0), int16(0), int32(4), int16(-2), int16(-2)]));
    expect(await failureOf(small.listGroups(1))).toBe('malformed');
  });

  it('says so as something that may pass, names the broker, and ends the connection', async () => {
    const wire = await connect(({ apiKey }) => (apiKey === listGroupsKey ? Buffer.alloc(40, 0xfe) : undefined));
    const waiting = failureOf(wire.heartbeat(1, member));
    const error = toStreamError(await wire.listGroups(1).catch((thrown: unknown) => thrown), 'list groups');
    expect([error.code, error.retryable]).toEqual(['unavailable', true]);
    expect(error.message).toContain('127.0.0.1:');
    expect(await waiting).toBe('malformed');
  });

  it('to the first request of all, or of authentication, fails connect', async () => {
    for (const answered of [apiVersionsKey, saslHandshakeKey]) {
      const broker = new ScriptedBroker(({ apiKey }) => (apiKey === answered ? Buffer.alloc(30, 0x7f) : undefined));
      const kafka = createKafka({
        brokers: [await broker.start()],
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      });
      running.push(
        () => kafka.close(),
        () => broker.stop(),
      );
      const error: unknown = await kafka.connect().catch((thrown: unknown) => thrown);
      expect(StreamError.is(error) && error.code).toBe('unavailable');
    }
  });
});

it.each([
  ['only newer versions', 40, 50],
  ['no version', 3, -7],
])('a broker that takes %s of a request is named as one, before that is sent', async (_, min, max) => {
  const broker = new ScriptedBroker(({ apiKey }) =>
    apiKey === apiVersionsKey ? apiVersions(metadataKey, min, max) : undefined,
  );
  const kafka = createKafka({ brokers: [await broker.start()] });
  running.push(
    () => kafka.close(),
    () => broker.stop(),
  );
  const error: unknown = await kafka.connect().catch((thrown: unknown) => thrown);
  expect(StreamError.is(error) && [error.code, error.outcome]).toEqual(['unsupported', 'not-written']);
  expect(String(error)).toContain('Metadata');
  expect(broker.asked.map(({ apiKey }) => apiKey)).toEqual([apiVersionsKey]);
});

it('a broker that wants a password hashed for hours is refused', async () => {
  const broker = new ScriptedBroker(({ apiKey, body }) => {
    if (apiKey === saslHandshakeKey) return handshake('SCRAM-SHA-512');
    if (apiKey !== saslAuthenticateKey) return undefined;
    const [, nonce = ''] = /,r=([^,]*)$/.exec(body.toString()) ?? [];
    const challenge = Buffer.from(`r=${nonce}x,s=c2FsdA==,i=2000000000`);
    return Buffer.concat([int16(0), int16(-1), int32(challenge.length), challenge, Buffer.alloc(8)]);
  });
  const kafka = createKafka({
    brokers: [await broker.start()],
    sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
  });
  running.push(
    () => kafka.close(),
    () => broker.stop(),
  );
  await expect(kafka.connect()).rejects.toThrow('2000000000');
});

it('a broker that is said to be where none can be is not asked', async () => {
  const wire = await connect(() => metadata(70_000, 't'));
  await expect(wire.metadata(['t'])).rejects.toMatchObject({ failure: 'malformed' });
});

describe('a connection', () => {
  it.each([
    ['negative', -1, 'closed'],
    ['smaller than its own head', 3, 'closed'],
    ['larger than any answer', 0x7fff_ffff, 'closed'],
    ['larger than an answer without records', 33 * 1_048_576, 'malformed'],
  ])('ends with an answer whose size is %s, before that is waited for', async (_, size, failure) => {
    const wire = await connect(({ correlationId }, socket) => {
      socket.write(Buffer.concat([int32(size), int32(correlationId)]));
      return undefined;
    });
    expect(await failureOf(wire.heartbeat(1, member))).toBe(failure);
  });

  it('ends with an answer that nobody asked for', async () => {
    const wire = await connect(({ correlationId }, socket) => {
      socket.write(frame(correlationId + 1_000, int16(0)));
      return undefined;
    });
    expect(await failureOf(wire.heartbeat(1, member))).toBe('malformed');
  });

  it('ends when an answer does not end', async () => {
    const wire = await connect(({ correlationId }, socket) => {
      socket.write(Buffer.concat([int32(1_000), int32(correlationId)]));
      const drip = setInterval(() => socket.write(Buffer.alloc(1)), 20);
      socket.on('close', () => clearInterval(drip));
      return undefined;
    });
    expect(await failureOf(wire.heartbeat(1, member))).toBe('timeout');
  });
});
