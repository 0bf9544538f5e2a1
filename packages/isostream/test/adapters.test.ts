import type { EventHubsAdapter } from '@isostream/event-hubs';
import type { KafkaAdapter } from '@isostream/kafka';
import type { KinesisAdapter } from '@isostream/kinesis';
import type { MemoryAdapter } from '@isostream/memory';
import type { PubSubAdapter } from '@isostream/pubsub';
import { expectTypeOf, it } from 'vitest';
import type { Adapter } from '../src/index.ts';

it('adapters show applications what is native to them, and no sink, source or admin', () => {
  expectTypeOf<keyof Adapter>().toEqualTypeOf<'name' | 'capabilities'>();
  expectTypeOf<keyof KafkaAdapter>().toEqualTypeOf<keyof Adapter | 'native'>();
  expectTypeOf<keyof KinesisAdapter>().toEqualTypeOf<keyof Adapter | 'native'>();
  expectTypeOf<keyof PubSubAdapter>().toEqualTypeOf<keyof Adapter | 'native'>();
  expectTypeOf<keyof EventHubsAdapter>().toEqualTypeOf<keyof Adapter | 'native'>();
  expectTypeOf<keyof MemoryAdapter>().toEqualTypeOf<keyof Adapter | 'broker' | 'control'>();
  expectTypeOf<keyof KafkaAdapter['native']>().toEqualTypeOf<
    'brokers' | 'topicConfigs' | 'setTopicConfigs' | 'describeGroup'
  >();
});
