import { eventHubsOptions } from '@isostream/event-hubs';
import { kafkaOptions } from '@isostream/kafka';
import { kinesisOptions } from '@isostream/kinesis';
import { memoryOptions } from '@isostream/memory';
import { pubsubOptions } from '@isostream/pubsub';
import { describe, expect, it } from 'vitest';
import type { Provider } from '../src/providers/provider.ts';
import { providers } from '../src/providers/providers.ts';
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
  it.each(names)('takes every option of %s, and no other', (name) => {
    for (const each of Object.keys(options[name])) {
      const { error } = providers[name].settings.safeParse({ [each]: Symbol(each) });
      const isUnknown = error?.issues.some(({ code }) => code === 'unrecognized_keys') ?? false;
      expect({ [each]: isUnknown }).toEqual({ [each]: ofCode.has(each) && name === 'memory' });
    }
  });

  it.each(names)('shows no secret option of %s', (name) => {
    const secrets = Object.entries(options[name]).filter(([, { isSecret }]) => isSecret === true);
    for (const [each] of secrets)
      expect(JSON.stringify(redact({ [each]: { key: 'hunter2' } }))).not.toContain('hunter2');
  });

  it.each(names)('shows no secret option of %s to another address', (name) => {
    const secrets = Object.entries(options[name]).flatMap(([each, { isSecret }]) => (isSecret === true ? [each] : []));
    const { credentials }: Provider<object> = providers[name];
    const kept = credentials.map((each) => String(each).split('.')[0]);
    // A request handler carries requests, wherever they go.
    expect(secrets.filter((each) => !kept.includes(each) && each !== 'requestHandler')).toEqual([]);
  });
});
