import { StreamError } from '@isostream/core/adapter';
import { toStreamError } from '../src/errors.ts';
import { describe, expect, it } from 'vitest';
import { type KafkaOptions, resolveOptions } from '../src/options.ts';

const brokers = ['localhost:9092'];

function refusal(options: object): string {
  try {
    // What an application without types can pass.
    resolveOptions(Object.assign({ brokers }, options));
  } catch (error) {
    if (StreamError.is(error) && error.code === 'invalid-config') return error.message;
    throw error;
  }
  throw new Error('was taken');
}

describe('options', () => {
  it('have the documented defaults', () => {
    expect(resolveOptions({ brokers })).toEqual({
      connect: {
        seeds: brokers,
        clientId: 'isostream',
        ssl: undefined,
        sasl: undefined,
        connectTimeoutMs: 3_000,
        requestTimeoutMs: 30_000,
      },
      compression: 'none',
      sessionTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      fetchBytes: 262_144,
      maxUnpackedBytes: 134_217_728,
      fetchWaitMs: 5_000,
      rackId: '',
      groupProtocol: 'classic',
    });
  });

  it('take durations and sizes with units', () => {
    const settings = resolveOptions({
      brokers,
      sessionTimeout: '6s',
      connectTimeout: '1s',
      requestTimeout: 500,
      fetchBytes: '1mb',
      maxUnpackedBytes: '2mb',
      fetchWait: '1s',
    });
    expect(settings).toMatchObject({
      sessionTimeoutMs: 6_000,
      requestTimeoutMs: 500,
      fetchBytes: 1_048_576,
      maxUnpackedBytes: 2_097_152,
      fetchWaitMs: 1_000,
    });
    expect(settings.connect).toMatchObject({ connectTimeoutMs: 1_000, requestTimeoutMs: 500 });
  });

  it.each([
    'localhost:9092',
    'broker-1.example.com:9092',
    '10.0.0.1:1',
    'kafka_1:65535',
    '[::1]:9092',
    '[fe80::1.2.3.4]:9092',
  ])('take the address %s', (broker) => {
    expect(resolveOptions({ brokers: [broker] }).connect.seeds).toEqual([broker]);
  });

  it.each([
    '',
    'localhost',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:9092x',
    ':9092',
    '::1:9092',
    'kafka://localhost:9092',
    'a b:1',
    'localhost:9092,other:9092',
  ])('refuse the address %j and name it', (broker) => {
    expect(refusal({ brokers: [broker] })).toContain(JSON.stringify(broker));
  });

  it.each<[name: string, options: object, says: string]>([
    ['no brokers', { brokers: [] }, 'brokers is empty'],
    [
      'a text for brokers',
      { brokers: 'localhost:9092' },
      "brokers is a text that is not shown here. Give an array of host:port, such as ['localhost:9092']",
    ],
    ['an unknown option', { bootstrap: ['localhost:9092'] }, 'unknown option bootstrap'],
    [
      'an unknown compression',
      { compression: 'brotli' },
      'compression is "brotli". Give one of none, gzip, snappy, lz4, zstd',
    ],
    ['an unknown mechanism', { sasl: { mechanism: 'gssapi' } }, 'sasl.mechanism is "gssapi"'],
    ['a session timeout without a unit', { sessionTimeout: '10' }, 'sessionTimeout'],
    ['a size that is none', { fetchBytes: 'much' }, 'fetchBytes'],
    ['a fetch of nothing', { fetchBytes: 0 }, 'fetchBytes is 0. Give a size from 1 byte to 64mb'],
    ['a fetch that no answer can hold', { fetchBytes: '1gb' }, 'fetchBytes is "1gb"'],
    ['a batch that may hold nothing', { maxUnpackedBytes: 0.5 }, 'maxUnpackedBytes is 0.5'],
    ['a batch that may hold more than memory', { maxUnpackedBytes: '1000gb' }, 'maxUnpackedBytes'],
    ['a user without a password', { sasl: { mechanism: 'plain', username: 'a' } }, 'sasl.password'],
    ['a password without a user', { sasl: { mechanism: 'scram-sha-256', password: 'a' } }, 'sasl.username'],
    ['a token that cannot be renewed', { sasl: { mechanism: 'oauthbearer', token: 'abc' } }, 'sasl.token'],
  ])('refuse %s and say which', (_, options, says) => {
    expect(refusal(options)).toContain(says);
  });

  it('never show a password in a refusal', () => {
    expect(refusal({ sasl: { mechanism: 'plan', username: 'alice', password: 'hunter2' } })).not.toContain('hunter2');
  });

  it('ask for a token at each connection', async () => {
    let asked = 0;
    const options: KafkaOptions = {
      brokers,
      sasl: { mechanism: 'oauthbearer', token: async () => `token-${++asked}` },
    };
    // In the form that kafkajs's authenticator calls.
    const provider: unknown = Reflect.get(resolveOptions(options).connect.sasl ?? {}, 'oauthBearerProvider');
    if (!isTokenProvider(provider)) throw new Error('no provider');
    expect([await provider(), await provider()]).toEqual([{ value: 'token-1' }, { value: 'token-2' }]);
  });

  it.each<[gives: string, token: () => unknown, code: string, says: RegExp]>([
    ['never answers', () => new Promise(() => undefined), 'timeout', /sasl\.token.*within 20 ms/],
    ['gives nothing', async () => undefined, 'unauthenticated', /sasl\.token.*undefined.*as text/],
    ['gives an empty text', async () => '', 'unauthenticated', /an empty text/],
    ['gives an object', async () => ({ value: 'hunter2' }), 'unauthenticated', /object/],
    ['fails', () => Promise.reject(new Error('down')), 'unavailable', /down/],
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'unavailable',
      /at once/,
    ],
  ])('name a sasl.token that %s', async (_, token, code, says) => {
    const options: KafkaOptions = {
      brokers,
      requestTimeout: 20,
      sasl: { mechanism: 'oauthbearer', token: token as () => Promise<string> },
    };
    const provider: unknown = Reflect.get(resolveOptions(options).connect.sasl ?? {}, 'oauthBearerProvider');
    if (!isTokenProvider(provider)) throw new Error('no provider');
    const thrown: unknown = await provider().catch((error: unknown) => error);
    const error = toStreamError(thrown, 'the broker');
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(error.message).not.toContain('hunter2');
  });
});

function isTokenProvider(value: unknown): value is () => Promise<unknown> {
  return typeof value === 'function';
}
