import { StreamError } from '@isostream/core/adapter';
import { type KafkaCluster, type KafkaSecurity, startKafka } from '@isostream/emulators';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKafka, type KafkaAdapter, type KafkaOptions } from './support/open.ts';
import { event, newTopic, openSink, readAll, write } from './support/cluster.ts';

/** How long the broker keeps a session of PLAIN without TLS. */
const sessionMs = 1_000;

let cluster: KafkaCluster;
let security: KafkaSecurity;
let topic: string;
const adapters: KafkaAdapter[] = [];

function client(options: KafkaOptions): KafkaAdapter {
  const adapter = createKafka({ requestTimeout: '5s', ...options });
  adapters.push(adapter);
  return adapter;
}

/** A token that the broker takes without a signature, as its unsecured login module does. */
async function token(claims: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + 300, ...claims })}.`;
}

async function refusal(options: KafkaOptions): Promise<StreamError> {
  try {
    await client(options).connect();
  } catch (error) {
    if (StreamError.is(error)) return error;
    throw error;
  }
  throw new Error('was let in');
}

beforeAll(async () => {
  cluster = await startKafka({
    secured: true,
    properties: { 'listener.name.sasl_plaintext.plain.connections.max.reauth.ms': String(sessionMs) },
  });
  if (cluster.security === undefined) throw new Error('the cluster is not secured');
  security = cluster.security;
  const admin = createKafka({ brokers: [cluster.url.replace('kafka://', '')] });
  topic = await newTopic(admin.admin, { partitions: 2 });
  await admin.close();
});
afterEach(async () => {
  await Promise.all(adapters.splice(0).map((adapter) => adapter.close()));
});
afterAll(() => cluster.stop());

const ways: Record<string, () => KafkaOptions> = {
  'PLAIN over TLS': () => ({
    brokers: [security.saslSsl],
    ssl: { ca: security.ca },
    sasl: { mechanism: 'plain', username: security.username, password: security.password },
  }),
  'PLAIN without TLS': () => ({
    brokers: [security.saslPlaintext],
    sasl: { mechanism: 'plain', username: security.username, password: security.password },
  }),
  'SCRAM-SHA-256': () => ({
    brokers: [security.saslSsl],
    ssl: { ca: security.ca },
    sasl: { mechanism: 'scram-sha-256', username: security.username, password: security.password },
  }),
  'SCRAM-SHA-512': () => ({
    brokers: [security.saslSsl],
    ssl: { ca: security.ca },
    sasl: { mechanism: 'scram-sha-512', username: security.username, password: security.password },
  }),
  OAUTHBEARER: () => ({
    brokers: [security.saslSsl],
    ssl: { ca: security.ca },
    sasl: { mechanism: 'oauthbearer', token },
  }),
  'a client certificate': () => ({
    brokers: [security.ssl],
    ssl: { ca: security.ca, cert: security.clientCertificate, key: security.clientKey },
  }),
};

describe('a client lets itself be known', () => {
  it.each(Object.keys(ways))('by %s, and writes, reads and joins a group', async (way) => {
    const kafka = client(ways[way]?.() ?? { brokers: [] });
    await kafka.connect();
    const text = `${way} ${randomBytes(8).toString('hex')}`;
    const [written] = await write(await openSink(kafka, topic), [event(way, text)]);

    const { events } = await readAll(kafka, { topic, from: 'earliest', to: 'now' });
    const stored = events.find(
      ({ partition, position }) => partition === written?.partition && position === written.position,
    );
    expect(Buffer.from(stored?.value ?? []).toString()).toBe(text);
    const stop = new AbortController();
    const lanes = new Set<string>();
    const joined = kafka.createSource({ topic, group: way.replaceAll(' ', '-'), from: 'earliest', clientId: 'x' }).run(
      {
        assigned: ({ partition }) => {
          lanes.add(partition);
          if (lanes.size === 2) stop.abort();
        },
        revoking: async () => undefined,
        lost: () => undefined,
      },
      stop.signal,
    );
    await joined;
    expect(lanes).toEqual(new Set(['0', '1']));
  });

  it('again before its session ends, so that no request is lost to it', async () => {
    const kafka = client(ways['PLAIN without TLS']?.() ?? { brokers: [] });
    const sink = await openSink(kafka, topic);
    const since = performance.now();
    let written = 0;
    while (performance.now() - since < 3 * sessionMs) written += (await write(sink, [event('long', 'x')])).length;
    expect(written).toBeGreaterThan(3);
  });

  it('asks for a token for each connection, so that a renewed one is used', async () => {
    let asked = 0;
    const renewed = async (): Promise<string> => {
      asked++;
      return token();
    };
    const options: KafkaOptions = {
      brokers: [security.saslSsl],
      ssl: { ca: security.ca },
      sasl: { mechanism: 'oauthbearer', token: renewed },
    };
    for (let count = 1; count <= 2; count++) {
      await client(options).connect();
      expect(asked).toBe(count);
    }
  });
});

describe('a client that is not let in is told why', () => {
  it.each<[situation: string, options: () => KafkaOptions, code: string, says: RegExp]>([
    [
      'a wrong password',
      () => ({
        brokers: [security.saslSsl],
        ssl: { ca: security.ca },
        sasl: { mechanism: 'plain', username: 'alice', password: 'wrong' },
      }),
      'unauthenticated',
      /Check sasl/,
    ],
    [
      'a wrong password by SCRAM',
      () => ({
        brokers: [security.saslPlaintext],
        sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'wrong' },
      }),
      'unauthenticated',
      /Check sasl/,
    ],
    [
      'an unknown user',
      () => ({
        brokers: [security.saslPlaintext],
        sasl: { mechanism: 'scram-sha-256', username: 'mallory', password: 'x' },
      }),
      'unauthenticated',
      /Check sasl/,
    ],
    [
      'an expired token',
      () => ({
        brokers: [security.saslPlaintext],
        sasl: { mechanism: 'oauthbearer', token: () => token({ iat: 1, exp: 2 }) },
      }),
      'unauthenticated',
      /invalid_token/,
    ],
    [
      'a token that could not be got',
      () => ({
        brokers: [security.saslPlaintext],
        sasl: { mechanism: 'oauthbearer', token: () => Promise.reject(new Error('the token service is down')) },
      }),
      'unavailable',
      /the token service is down/,
    ],
    [
      'SASL to a port that takes none',
      () => ({
        brokers: [cluster.url.replace('kafka://', '')],
        sasl: { mechanism: 'plain', username: 'alice', password: security.password },
      }),
      'unauthenticated',
      /expects no SASL|sasl/,
    ],
    [
      'an authority that it does not trust',
      () => ({
        brokers: [security.saslSsl],
        ssl: true,
        sasl: { mechanism: 'plain', username: 'alice', password: security.password },
      }),
      'tls',
      /authority/,
    ],
    [
      'no client certificate where one is asked for',
      () => ({ brokers: [security.ssl], ssl: { ca: security.ca } }),
      'tls',
      /client certificate/,
    ],
    [
      'TLS to a port without',
      () => ({ brokers: [cluster.url.replace('kafka://', '')], ssl: { ca: security.ca } }),
      'tls',
      /whether the port speaks TLS/,
    ],
    [
      'a certificate that is none',
      () => ({ brokers: [security.ssl], ssl: { ca: security.ca, cert: 'x', key: 'y' } }),
      'tls',
      /ssl/,
    ],
    ['no TLS where it is expected', () => ({ brokers: [security.ssl] }), 'tls', /TLS/],
    [
      'no TLS where TLS and SASL are expected',
      () => ({
        brokers: [security.saslSsl],
        sasl: { mechanism: 'plain', username: 'alice', password: security.password },
      }),
      'tls',
      /TLS/,
    ],
    [
      'no SASL where it is expected',
      () => ({ brokers: [security.saslPlaintext] }),
      'unavailable',
      /expects TLS or SASL/,
    ],
    ['nobody there', () => ({ brokers: ['127.0.0.1:1'] }), 'unavailable', /address/],
    ['a host without an address', () => ({ brokers: ['broker.invalid:9092'] }), 'unavailable', /address/],
  ])('%s', async (_, options, code, says) => {
    const since = performance.now();
    const error = await refusal(options());
    expect(error.message).toMatch(says);
    expect(error).toMatchObject({ code, where: 'kafka' });
    expect(error.cause).toBeDefined();
    expect(error.message).not.toContain(security.password);
    // Nobody waits for a request timeout to learn this.
    expect(performance.now() - since).toBeLessThan(4_000);
  });
});

describe('a user without rights', () => {
  it('is told what it lacks: to write, to read, to join, to create', async () => {
    const bob = client({
      brokers: [security.saslSsl],
      ssl: { ca: security.ca },
      sasl: {
        mechanism: 'scram-sha-256',
        username: security.powerless.username,
        password: security.powerless.password,
      },
    });
    await bob.connect();
    const signal = new AbortController().signal;
    const nothing = { assigned: () => undefined, revoking: async () => undefined, lost: () => undefined };
    const unauthorized = { code: 'unauthorized', retryable: false };
    await expect(bob.createSink(topic).open(signal)).rejects.toMatchObject(unauthorized);
    await expect(bob.openRange({ topic, from: 'earliest', to: 'now' }, signal)).rejects.toMatchObject(unauthorized);
    await expect(
      bob.createSource({ topic, group: 'bob', from: 'earliest', clientId: 'bob' }).run(nothing, signal),
    ).rejects.toMatchObject(unauthorized);
    await expect(bob.admin.createTopic(`${topic}-bob`, { partitions: 1 })).rejects.toMatchObject(unauthorized);
    await expect(bob.admin.deleteTopic(topic)).rejects.toMatchObject(unauthorized);
  });
});
