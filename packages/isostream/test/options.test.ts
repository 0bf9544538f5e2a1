import { configProblems } from '@isostream/core/adapter';
import { type EventHubsOptions, eventHubsOptions } from '@isostream/event-hubs';
import { type KafkaOptions, kafkaOptions } from '@isostream/kafka';
import { type KinesisOptions, kinesisOptions } from '@isostream/kinesis';
import { memoryOptions } from '@isostream/memory';
import { type PubSubOptions, pubsubOptions } from '@isostream/pubsub';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { entriesOf } from '../src/declarations.ts';
import type { ProviderConfigs } from '../src/providers/configs.ts';
import { declarationOf } from '../src/providers/providers.ts';
import { redact } from '../src/index.ts';

const options = {
  memory: memoryOptions,
  kafka: kafkaOptions,
  kinesis: kinesisOptions,
  pubsub: pubsubOptions,
  'event-hubs': eventHubsOptions,
} as const;
const names = ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'] as const;
/** What only code can give to the memory provider: a configuration has neither. */
const ofCode: ReadonlySet<string> = new Set(['broker', 'clock', 'headers', 'settlement']);

describe('a configuration', () => {
  it.each(names)('takes every option of %s, and no other', async (name) => {
    const { options: taken } = await declarationOf(name);
    const left = Object.keys(options[name]).filter((each) => !Object.hasOwn(taken, each));
    expect(left.filter((each) => name !== 'memory' || !ofCode.has(each))).toEqual([]);
    expect(Object.keys(taken).filter((each) => !Object.hasOwn(options[name], each))).toEqual([]);
  });

  it('has the options of each adapter in its types as well', () => {
    expectTypeOf<keyof Config<'kafka'>>().toEqualTypeOf<keyof KafkaOptions>();
    expectTypeOf<keyof Config<'kinesis'>>().toEqualTypeOf<keyof KinesisOptions>();
    expectTypeOf<keyof Config<'pubsub'>>().toEqualTypeOf<keyof PubSubOptions>();
    expectTypeOf<keyof Config<'event-hubs'>>().toEqualTypeOf<keyof EventHubsOptions>();
    expectTypeOf<keyof Config<'memory'>>().toEqualTypeOf<'partitions' | 'sessionTimeout'>();
  });

  it.each(names)('says what each option of %s has to be, and shows none that is wrong', async (name) => {
    const declaration = await declarationOf(name);
    for (const each of Object.keys(declaration.options)) {
      for (const wrong of [Symbol('hunter2'), null, [Symbol('hunter2')]]) {
        const problems = configProblems(name, { [each]: wrong }, declaration);
        expect([each, ...problems]).toHaveLength(2);
        expect(problems[0]).toMatch(new RegExp(`^${name}\\.${each}[ :.]`));
        expect(problems[0]).not.toContain('hunter');
      }
    }
  });

  it.each(names)('shows no secret option of %s', (name) => {
    const secrets = Object.entries(options[name]).filter(([, { isSecret }]) => isSecret === true);
    for (const [each] of secrets)
      expect(JSON.stringify(redact({ [each]: { key: 'hunter2' } }))).not.toContain('hunter2');
  });

  it.each([
    ['memory', [], []],
    ['kafka', ['brokers'], ['ssl.key', 'ssl.cert', 'ssl.pfx', 'ssl.passphrase', 'sasl']],
    ['kinesis', ['region', 'endpoint', 'dynamoEndpoint'], ['credentials']],
    ['pubsub', ['projectId', 'emulatorHost', 'apiEndpoint'], ['credentials', 'authClient']],
    [
      'event-hubs',
      ['connectionString', 'fullyQualifiedNamespace', 'customEndpointAddress'],
      ['connectionString', 'credential', 'checkpoints', 'management', 'webSocketOptions'],
    ],
  ] as const)('knows where %s is, and what is for that address only', async (name, address, credentials) => {
    expect(entriesOf(await declarationOf(name))).toEqual({ address, credentials });
  });
});

type Config<Name extends keyof ProviderConfigs> = NonNullable<ProviderConfigs[Name]>;
