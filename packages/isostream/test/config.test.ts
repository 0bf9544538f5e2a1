import { openAdapter } from '@isostream/core/adapter';
import { eventHubsConfig } from '@isostream/event-hubs/config';
import { kafkaConfig } from '@isostream/kafka/config';
import { kinesisConfig } from '@isostream/kinesis/config';
import { pubsubConfig } from '@isostream/pubsub/config';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamError } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { type Config, connect, createAdapter, findProvider, loadConfig, providerNames, redact } from '../src/index.ts';

function fileWith(content: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-config-')), 'isostream.json');
  writeFileSync(file, content);
  return file;
}

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (StreamError.is(error) && error.code === 'invalid-config') return error.message;
    throw error;
  }
  throw new Error('no error');
}

const signedIn = { sasl: { mechanism: 'plain', username: 'u', password: 'hunter2' } } as const;

describe('options that were renamed', () => {
  it.each([
    ['kinesis', 'lease'],
    ['event-hubs', 'lease'],
    ['pubsub', 'ackDeadline'],
  ] as const)('are refused by their new name, for %s %s', async (provider, former) => {
    const file = fileWith(JSON.stringify({ provider, [provider]: { [former]: '5s' } }));
    expect(await messageOf(() => loadConfig({ file, environment: {} }))).toContain(
      `${provider}: ${former} is now called sessionTimeout. Rename it`,
    );
  });
});

describe('loadConfig', () => {
  it('takes code before the environment and the environment before the file', async () => {
    const file = fileWith('{"url":"kafka://file:9092","kafka":{"compression":"gzip"}}');
    expect(await loadConfig({ file, environment: {} })).toMatchObject({
      provider: 'kafka',
      url: 'kafka://file:9092',
      kafka: { compression: 'gzip' },
    });
    const environment = { ISOSTREAM_URL: 'kafka://environment:9092' };
    expect(await loadConfig({ file, environment })).toMatchObject({
      url: 'kafka://environment:9092',
      kafka: { compression: 'gzip' },
    });
    const code = { provider: 'memory' } as const;
    const merged = await loadConfig({ file, environment, code });
    expect(merged.provider).toBe('memory');
    expect(merged.url).toBeUndefined();
  });

  it('knows which provider is named, by the same order, before its adapter is loaded', () => {
    const file = fileWith('{ "provider": "kafka", "kinesis": { "region": "eu-west-1" } }');
    const found = (environment: NodeJS.ProcessEnv, code: Config = {}): unknown =>
      findProvider({ file, environment, code });
    expect(found({})).toBe('kafka');
    expect(found({ ISOSTREAM_URL: 'eventhubs://shop' })).toBe('event-hubs');
    expect(found({ ISOSTREAM_URL: 'eventhubs://shop' }, { provider: 'memory' })).toBe('memory');
    expect(findProvider({ environment: {}, file: fileWith('{}') })).toBeUndefined();
    expect(() => found({ ISOSTREAM_URL: 'rabbit://shop' })).toThrow(
      /starts with "rabbit:", which is not a provider. An/,
    );
    expect(() => found({ ISOSTREAM_URL: 'kafkaa://shop' })).toThrow(/Did you mean kafka:\/\/\?/);
  });

  it('does not show the credentials of one address to another', async () => {
    const file = fileWith(
      '{"kafka":{"brokers":["file:9092"],"compression":"gzip","sasl":{"mechanism":"plain","username":"a","password":"secret"}}}',
    );
    const other = await loadConfig({ file, environment: { ISOSTREAM_URL: 'kafka://other:9092' } });
    expect(other.kafka).toEqual({ compression: 'gzip' });
    const secrets = fileWith('{"kafka":{"sasl":{"mechanism":"plain","username":"a","password":"secret"}}}');
    expect(
      (await loadConfig({ file: secrets, environment: { ISOSTREAM_URL: 'kafka://any:9092' } })).kafka?.sasl,
    ).toBeDefined();
  });

  it.each<[name: string, file: object, environment: NodeJS.ProcessEnv, code: Config]>([
    ['an address in the file', { url: 'kafka://u:hunter2@own' }, {}, { kafka: { brokers: ['other:9092'] } }],
    [
      'settings in the file',
      { kafka: { brokers: ['own:9092'], ...signedIn } },
      {},
      { kafka: { brokers: ['other:9092'] } },
    ],
    ['settings in the file', { kafka: { brokers: ['own:9092'], ...signedIn } }, {}, { url: 'kafka://other' }],
    ['the environment', {}, { ISOSTREAM_URL: 'kafka://u:hunter2@own' }, { kafka: { brokers: ['other:9092'] } }],
    ['the environment', {}, { ISOSTREAM_URL: 'kafka://u:hunter2@own' }, { url: 'kafka://other' }],
    ['the file', { kafka: signedIn }, { ISOSTREAM_URL: 'kafka://own' }, { url: 'kafka://other' }],
    ['the file', { url: 'kafka://u:hunter2@own' }, { ISOSTREAM_URL: 'kafka://other' }, {}],
    ['the file', { url: 'kinesis://AK:hunter2@eu-west-1' }, {}, { kinesis: { endpoint: 'http://other' } }],
    ['the file', { url: 'eventhubs://R:hunter2@own' }, {}, { 'event-hubs': { fullyQualifiedNamespace: 'other' } }],
    [
      'the file',
      { 'event-hubs': { connectionString: 'hunter2' } },
      {},
      { 'event-hubs': { customEndpointAddress: 'sb://other' } },
    ],
    [
      'the file',
      { pubsub: { projectId: 'own', credentials: { client_email: 'a', private_key: 'hunter2' } } },
      {},
      { pubsub: { apiEndpoint: 'other' } },
    ],
  ])('leaves credentials of %s with their address: %j %j, and %j', async (_, content, environment, code) => {
    const { provider, url, ...settings } = await loadConfig({
      file: fileWith(JSON.stringify(content)),
      environment,
      code:
        'url' in code || 'url' in content || 'ISOSTREAM_URL' in environment
          ? code
          : { provider: providerNames.find((name) => name in code), ...code },
    });
    expect(Object.values({ url, provider }).join()).not.toContain('hunter2');
    const sent = Object.values(settings).flatMap((own) => Object.values({ ...own }));
    expect(
      sent.map((entry) => (typeof entry === 'object' ? Object.values({ ...entry }).join() : String(entry))).join(),
    ).not.toContain('hunter2');
  });

  it('keeps credentials that code gives for whatever address is set, and TLS for another address', async () => {
    const environment = { ISOSTREAM_URL: 'kafka://own?ssl=true' };
    expect(await loadConfig({ environment, code: { kafka: signedIn } })).toMatchObject({
      url: environment.ISOSTREAM_URL,
      kafka: signedIn,
    });
    const file = fileWith('{"kafka":{"brokers":["own:1"],"ssl":{"ca":"ca","key":"hunter2"}}}');
    expect(
      (await loadConfig({ file, environment: {}, code: { provider: 'kafka', kafka: { brokers: ['other:1'] } } })).kafka,
    ).toEqual({
      brokers: ['other:1'],
      ssl: { ca: 'ca' },
    });
  });

  it('refuses two addresses from one place', async () => {
    const code = { url: 'kafka://u:hunter2@own', kafka: { brokers: ['other:9092'] } };
    expect(await messageOf(() => loadConfig({ environment: {}, code }))).toMatch(
      /connect\(\): url and kafka\.brokers name two/,
    );
  });

  it.each([
    [
      'an unknown entry',
      { code: { kafka: Object.assign({ brokers: ['host:9092'] }, { brokerz: [] }) } },
      /connect\(\).*kafka: unknown option brokerz\. Did you mean brokers\? Valid options: brokers, /,
    ],
    ['an unknown provider', { environment: { ISOSTREAM_PROVIDER: 'rabbit' } }, /environment.*provider/],
    [
      'an unknown scheme',
      { environment: { ISOSTREAM_URL: 'redis://host' } },
      /redis:.*begins with one of memory:, kafka:/,
    ],
    ['nothing at all', { environment: {} }, /ISOSTREAM_PROVIDER/],
    [
      'provider and url that disagree',
      { environment: {}, code: { provider: 'memory', url: 'kafka://host' } as const },
      /provider is memory, but url is an address of kafka/,
    ],
    ['a file that is not there', { environment: {}, file: 'missing.json' }, /missing\.json does not exist/],
  ])('refuses %s and says where it stands', async (_, sources, expected) => {
    expect(await messageOf(() => loadConfig({ environment: {}, ...sources }))).toMatch(expected);
  });

  it('says how settings of a provider become the choice of it', async () => {
    const code = { kafka: { brokers: ['localhost:9092'] } };
    expect(await messageOf(() => loadConfig({ code, environment: {} }))).toContain(
      "only settings of kafka. Give provider: 'kafka' beside them, or set ISOSTREAM_PROVIDER=kafka",
    );
  });

  it('refuses a file that is not JSON', async () => {
    expect(await messageOf(() => loadConfig({ environment: {}, file: fileWith('{') }))).toMatch(
      /is not valid JSON at line 1, column 2/,
    );
  });
});

describe('an address of Kafka', () => {
  it('holds brokers, credentials and TLS', () => {
    expect(kafkaConfig.parse('kafka://al%40ice:p%3Aw@a,b:9093?ssl=true&sasl=scram-sha-256')).toEqual({
      brokers: ['a:9092', 'b:9093'],
      ssl: true,
      sasl: { mechanism: 'scram-sha-256', username: 'al@ice', password: 'p:w' },
    });
  });

  it.each(['classic', 'consumer', 'auto'] as const)('names the group protocol: %s', (groupProtocol) => {
    expect(kafkaConfig.parse(`kafka://a?groupProtocol=${groupProtocol}`)).toEqual({
      brokers: ['a:9092'],
      groupProtocol,
    });
  });

  it.each([
    'kafka://',
    'kafka://alice:secret@host?ssl=maybe',
    'kafka://host?groupProtocol=secret',
    'kafka://host?sasl=plain',
    'kafka://alice:secret@host?sasl=gssapi',
    'kafka://host?timeout=5',
  ])('refuses %s without showing a secret', async (url) => {
    const message = await messageOf(() => kafkaConfig.parse(url));
    expect(message).toContain('Give kafka://');
    expect(message).not.toContain('secret');
  });
});

describe('an address of Kinesis', () => {
  it('holds the region, and an emulator’s addresses and keys', () => {
    expect(kinesisConfig.parse('kinesis://eu-west-1')).toEqual({ region: 'eu-west-1' });
    const endpoint = encodeURIComponent('http://localhost:4567');
    expect(kinesisConfig.parse(`kinesis://id:s%2Fecret@us-east-1?endpoint=${endpoint}`)).toEqual({
      region: 'us-east-1',
      endpoint: 'http://localhost:4567',
      credentials: { accessKeyId: 'id', secretAccessKey: 's/ecret' },
    });
  });

  it('refuses what it does not know', async () => {
    const message = await messageOf(() => kinesisConfig.parse('kinesis://id:secret@eu-west-1?table=x'));
    expect(message).toMatch(/unknown parameter table.*Give kinesis:\/\//);
    expect(message).not.toContain('secret');
  });
});

describe('an address of Pub/Sub', () => {
  it('holds the project, and an emulator’s address', () => {
    expect(pubsubConfig.parse('pubsub://shop')).toEqual({ projectId: 'shop' });
    expect(pubsubConfig.parse('pubsub://shop?emulatorHost=localhost:8085')).toEqual({
      projectId: 'shop',
      emulatorHost: 'localhost:8085',
    });
  });
});

describe('an address of Event Hubs', () => {
  it('holds the namespace and where positions are kept', () => {
    const container = 'https://account.blob.core.windows.net/positions';
    expect(eventHubsConfig.parse(`eventhubs://shop.servicebus.windows.net?checkpoints=${container}`)).toEqual({
      fullyQualifiedNamespace: 'shop.servicebus.windows.net',
      checkpoints: { url: container },
    });
  });

  it('holds keys, and what an emulator needs', () => {
    const query = new URLSearchParams({
      checkpoints: 'AccountName=a;AccountKey=k',
      container: 'positions',
      subscriptionId: 's',
      resourceGroup: 'g',
      management: 'http://localhost:1',
      emulator: 'true',
    });
    expect(eventHubsConfig.parse(`eventhubs://name:k%2By@localhost:5672?${query.toString()}`)).toEqual({
      connectionString:
        'Endpoint=sb://localhost:5672;SharedAccessKeyName=name;SharedAccessKey=k+y;UseDevelopmentEmulator=true',
      checkpoints: { connectionString: 'AccountName=a;AccountKey=k', container: 'positions' },
      management: { subscriptionId: 's', resourceGroup: 'g', endpoint: 'http://localhost:1' },
    });
  });

  it('names a subscription and a resource group together', async () => {
    expect(await messageOf(() => eventHubsConfig.parse('eventhubs://n?subscriptionId=s'))).toMatch(/resourceGroup/);
  });
});

describe('what is printed', () => {
  it('shows no password, token, key or user of an address', () => {
    const printed = JSON.stringify(
      redact({
        url: 'kafka://alice:secret@host',
        kafka: { ssl: { key: 'secret', ca: 'public' }, sasl: { password: 'secret', token: () => 'secret' } },
        list: ['kafka://bob:secret@b', 'Endpoint=sb://host;SharedAccessKeyName=n;SharedAccessKey=secret'],
        'event-hubs': { connectionString: 'secret', checkpoints: { connectionString: 'secret' } },
        kinesis: { credentials: { sessionToken: 'secret' } },
        escaped: 'eventhubs://host?checkpoints=AccountName%3Da%3BAccountKey%3Dsecret',
      }),
    );
    expect(printed).not.toContain('secret');
    expect(printed).not.toContain('alice');
    expect(printed).toContain('public');
  });
});

describe('connect', () => {
  it('shares an in-memory address within the process', async () => {
    const first = await connect({ topics: [], url: 'memory:shared' });
    await openAdapter(first.adapter).admin.createTopic('seen', { partitions: 1 });
    const second = await connect({ topics: [], url: 'memory:shared' });
    expect(await second.admin.topics()).toContain('seen');
    const other = await connect({ topics: [], url: 'memory:other' });
    expect(await other.admin.topics()).toEqual([]);
    await Promise.all([first.close(), second.close(), other.close()]);
  });

  it('says unavailable, and what to check, where nobody listens', async () => {
    const failed = connect({ topics: [], url: 'kafka://127.0.0.1:1' });
    await expect(failed).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await expect(failed).rejects.toThrow(/127\.0\.0\.1:1.*Check the address/);
  });

  it('says which broker address is missing', async () => {
    await expect(createAdapter({ provider: 'kafka' })).rejects.toThrow(/no broker is set.*kafka:\/\/localhost:9092/);
  });
});
