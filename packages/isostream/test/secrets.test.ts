import { openAdapter } from '@isostream/core/adapter';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createEventHubs } from '@isostream/event-hubs';
import { createKafka } from '@isostream/kafka';
import { createKinesis } from '@isostream/kinesis';
import { createPubSub } from '@isostream/pubsub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kafkaConfig } from '@isostream/kafka/config';
import { createAdapter, loadConfig, redact, StreamError } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-secrets-'));
const file = join(folder, 'isostream.json');

/** Begins and ends with a mark of its own, so that a half of it is recognised as well. */
interface Secret {
  readonly text: string;
  readonly parts: readonly string[];
}

const marks = ['Zq7x', 'Kw3y', 'Vj9z'] as const;
const special = fc.constantFrom(
  ...[
    '/',
    '?',
    '#',
    '%',
    '@',
    ':',
    '&',
    '=',
    ';',
    ',',
    '+',
    ' ',
    '"',
    "'",
    '\\',
    '\n',
    '\u001b[31m',
    '\u0000',
    'é',
    '漢',
    '😀',
  ],
  ...['%zz', '%41', '&ssl=', '?sasl=', '://', '@h', ':9092', '},{', 'ssl=true'],
);
const filler = fc.oneof(
  special,
  fc.string({ maxLength: 3 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constant('x'.repeat(3_000)),
);
const secret: fc.Arbitrary<Secret> = fc
  .tuple(fc.array(filler, { maxLength: 3 }), fc.array(filler, { maxLength: 3 }))
  .map(([one, two]) => ({ text: `${marks[0]}${one.join('')}${marks[1]}${two.join('')}${marks[2]}`, parts: marks }));

/** A way of giving a secret; what it makes, and what it throws, is printed in every way. */
type Way = (secret: string) => unknown;

const places = ['environment', 'file', 'code'] as const;

function load(place: (typeof places)[number], config: object): unknown {
  writeFileSync(file, place === 'file' ? JSON.stringify(config) : '{}');
  const environment =
    place === 'environment' && 'url' in config ? { ISOSTREAM_URL: String(config.url).replaceAll('\0', '') } : {};
  // What an application without types can pass.
  return loadConfig({ file, environment, ...(place === 'code' ? { code: config } : {}) });
}

async function make(config: object): Promise<unknown> {
  const loaded = await loadConfig({ environment: {}, file: emptyFile, code: config });
  const adapter = openAdapter(await createAdapter(loaded));
  await adapter.close();
  return adapter;
}

const emptyFile = join(folder, 'empty.json');
writeFileSync(emptyFile, '{}');

const urls: Readonly<Record<string, (text: string) => string>> = {
  kafka: (text) => `kafka://alice:${text}@host:9092`,
  // With an @ in it the rest of a password is the host: nobody can tell them apart.
  'kafka without a host': (text) => `kafka://alice:${text.replaceAll('@', '')}`,
  'kafka with parameters': (text) => `kafka://alice:${text}@host?ssl=true&sasl=plain`,
  'kafka with a wrong parameter': (text) => `kafka://alice:${text}@host?sals=plain`,
  kinesis: (text) => `kinesis://AKIA:${text}@eu-west-1`,
  'kinesis without a region': (text) => `kinesis://AKIA:${text.replaceAll('@', '')}`,
  'kinesis with an endpoint': (text) => `kinesis://AKIA:x@eu-west-1?endpoint=http://u:${text}@h`,
  'event hubs': (text) => `eventhubs://Root:${text}@ns.servicebus.windows.net`,
  'event hubs and storage': (text) =>
    `eventhubs://Root:k@ns.servicebus.windows.net?checkpoints=AccountName=a;AccountKey=${text}&container=c`,
  'pub/sub, which has no user': (text) => `pubsub://alice:${text}@project`,
  'no provider': (text) => `amqp://alice:${text}@host`,
  'no scheme': (text) => `alice:${text}@host`,
};

const ways: Readonly<Record<string, Way>> = {
  ...Object.fromEntries(
    Object.entries(urls).flatMap(([name, url]) =>
      places.flatMap((place): [string, Way][] => [
        [`${name}, as it is, from ${place}`, (text) => load(place, { url: url(text) })],
        [`${name}, encoded, from ${place}`, (text) => load(place, { url: url(encodeURIComponent(text)) })],
        [
          `${name}, half encoded, from ${place}`,
          (text) => load(place, { url: url(`${encodeURIComponent(text).slice(0, -1)}%`) }),
        ],
      ]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(urls).map(([name, url]): [string, Way] => [
      `${name}, as an adapter`,
      (text) => make({ url: url(encodeURIComponent(text)) }),
    ]),
  ),
  'a file that is not JSON': (text) => {
    writeFileSync(file, `{"url":"kafka://alice:${text}@host" "kafka":{}}`);
    return loadConfig({ file, environment: {} });
  },
  'a file that begins with it': (text) => {
    writeFileSync(file, text);
    return loadConfig({ file, environment: {} });
  },
  'brokers with user and password': (text) => createKafka({ brokers: [`alice:${text}@host:9092`] }),
  'a list of brokers, split at commas': (text) =>
    createKafka({ brokers: `alice:${text}@host:9092,h2:9092`.split(',') }),
  'brokers by connect': (text) => make({ kafka: { brokers: [`alice:${text}@host:9092`] } }),
  'brokers that are text': (text) => load('code', { kafka: { brokers: `alice:${text}@host:9092` } }),
  'sasl of Kafka': (text) =>
    make({ kafka: { brokers: ['h:9092'], sasl: { mechanism: 'plain', username: 'a', password: text } } }),
  'sasl that is text': (text) => load('file', { kafka: { sasl: `alice:${text}` } }),
  'sasl with a wrong mechanism': (text) =>
    load('file', { kafka: { sasl: { mechanism: text, username: 'a', password: text } } }),
  'an entry of that name': (text) => load('file', { kafka: { [`kafka://a:${text}@h`]: 1 } }),
  'keys of TLS': (text) => make({ kafka: { brokers: ['h:9092'], ssl: { key: text, passphrase: text } } }),
  'keys of AWS': (text) =>
    make({
      kinesis: { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: text, sessionToken: text } },
    }),
  'an endpoint of AWS': (text) => createKinesis({ region: 'eu-west-1', endpoint: `http://a:${text}@h` }),
  'a region of AWS': (text) => createKinesis({ region: `AKIA:${text}` }),
  'a key file of Google': (text) =>
    make({
      pubsub: { projectId: 'abc', emulatorHost: false, credentials: { client_email: 'a@b.c', private_key: text } },
    }),
  'an emulator of Google': (text) => createPubSub({ projectId: 'abc', emulatorHost: `a:${text}@h:1` }),
  'an endpoint of Google': (text) =>
    createPubSub({ projectId: 'abc', emulatorHost: false, apiEndpoint: `https://a:${text}@h` }),
  'a connection string': (text) =>
    createEventHubs({ connectionString: `Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=${text}` }),
  'a broken connection string': (text) => createEventHubs({ connectionString: `SharedAccessKey=${text}` }),
  'a namespace': (text) => createEventHubs({ fullyQualifiedNamespace: `Root:${text}@ns` }),
  'an endpoint of Azure': (text) =>
    createEventHubs({
      connectionString: 'Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=a2V5',
      customEndpointAddress: `sb://a:${text}@h`,
    }),
  'a storage account': (text) =>
    openAdapter(
      createEventHubs({
        connectionString: 'Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=a2V5',
        checkpoints: { connectionString: `AccountName=a;AccountKey=${text}`, container: 'c' },
      }),
    ).createSource({ topic: 'abc', group: 'g', from: 'earliest', clientId: 'c' } as never),
  'a duration': (text) => createKafka({ brokers: ['h:9092'], requestTimeout: `u:${text}@h` as never }),
};

/** Everything that a program may print of a value or an error. */
function printed(value: unknown): readonly string[] {
  const deep = {
    depth: 20,
    showHidden: true,
    getters: true,
    maxStringLength: Infinity,
    maxArrayLength: 1_000,
  } as const;
  const texts = [inspect(value), inspect(value, deep), String(value)];
  try {
    texts.push(JSON.stringify(value) ?? '');
  } catch {
    // What refers to itself is not JSON.
  }
  for (let error = value; error instanceof Error; error = error.cause)
    texts.push(error.message, error.stack ?? '', inspect(Object.getOwnPropertyDescriptors(error)));
  return texts;
}

async function outcomeOf(way: Way, text: string): Promise<unknown> {
  try {
    return await way(text);
  } catch (error) {
    return error;
  }
}

describe('a secret', { timeout: 120_000 }, () => {
  const numRuns = 30;

  it.each(Object.entries(ways))('is nowhere to be read: %s', async (_, way) => {
    await fc.assert(
      fc.asyncProperty(secret, async ({ text, parts }) => {
        const outcome = await outcomeOf(way, text);
        if (outcome instanceof Error && !(StreamError.is(outcome) && outcome.code === 'invalid-config')) throw outcome;
        const found = printed(outcome).flatMap((shown) => parts.filter((part) => shown.includes(part)));
        expect(found).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('is not in what redact leaves', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...Object.values(urls)), ({ text, parts }, url) => {
        const isWhole = url(text).lastIndexOf('@') > url(text).indexOf(marks[2]);
        const config = {
          // Without a host nobody can tell what stands behind the @ from one.
          url: isWhole ? url(text) : url(encodeURIComponent(text)),
          kafka: { sasl: { mechanism: 'plain', username: text, password: text }, ssl: { key: text, passphrase: text } },
          kinesis: { credentials: { accessKeyId: text, secretAccessKey: text } },
          pubsub: { credentials: { client_email: 'a', private_key: text } },
          'event-hubs': {
            connectionString: text,
            checkpoints: { connectionString: text, url: `https://a/c?sv=1&sig=${encodeURIComponent(text)}` },
          },
          list: [url(encodeURIComponent(text)), `Endpoint=sb://h;SharedAccessKeyName=n;SharedAccessKey=${text}`],
        };
        const text1 = JSON.stringify(redact(config));
        expect(parts.filter((part) => text1.includes(part))).toEqual([]);
      }),
      { numRuns: numRuns * 10 },
    );
  });
});

it('a key with a semicolon in it ends what is shown of a connection string', () => {
  expect(redact('Endpoint=sb://h;SharedAccessKey=Zq7x;Kw3yssl=true')).toBe('Endpoint=***;SharedAccessKey=***');
});

describe('a password that an address cannot hold as it is', () => {
  it.each([
    'kafka://user:pa/ss@h',
    'kafka://user:pa?ss@h',
    'kafka://user:pa#ss@h',
    'kafka://user:pa@ss@h',
    'kafka://user:pa%ss@h',
    'kinesis://AKIA:ab/cd@eu-west-1',
    'eventhubs://Root:ab/cd=@ns.servicebus.windows.net',
  ])('is refused with the cure: %s', async (url) => {
    const provider = (['kafka', 'kinesis', 'event-hubs'] as const).find((name) =>
      url.startsWith(name.replace('-', '')),
    );
    await expect(createAdapter({ provider: provider ?? 'memory', url })).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/[Pp]ercent-encode the password/) as string,
    });
  });

  it('is taken percent-encoded, and whole where it has a colon', () => {
    expect(kafkaConfig.parse('kafka://user:p%2Fa%3F%23%25%40:s@h')).toMatchObject({ sasl: { password: 'p/a?#%@:s' } });
  });
});
