import type { Adapter } from '@isostream/core';
import { type Adapter as OpenAdapter, StreamError, untilAborted } from '@isostream/core/adapter';
import { KafkaAdmin } from './admin.ts';
import { kafkaCapabilities } from './capabilities.ts';
import { Cluster } from './client/cluster.ts';
import type { Address } from './client/socket.ts';
import { openRange } from './consume/range.ts';
import { SharedWires } from './consume/shared-wires.ts';
import { KafkaSource } from './consume/source.ts';
import { toStreamError } from './errors.ts';
import { createNative, type KafkaNative } from './client/native.ts';
import { type KafkaOptions, resolveOptions } from './options.ts';
import { KafkaSink } from './produce/sink.ts';
import { KafkajsWire } from './client/kafkajs-wire.ts';
import type { NodeId, Wire } from './client/wire.ts';

export interface KafkaAdapter extends Adapter {
  /** For what of Kafka isostream does not cover. */
  readonly native: KafkaNative;
}

/** Apache Kafka, and whatever speaks its protocol. Throws `invalid-config`; connects with the first call that needs it. */
export function createKafka(options: KafkaOptions): KafkaAdapter {
  const settings = resolveOptions(options);
  const addresses = new Map<NodeId, Address>();
  const createWire = (): Wire => new KafkajsWire(settings.connect, addresses);
  const wire = createWire();
  const shared = new SharedWires(createWire, settings);
  const adapter: KafkaAdapter & OpenAdapter = {
    name: 'kafka',
    capabilities: kafkaCapabilities,
    native: createNative(wire),
    admin: new KafkaAdmin(wire, settings),
    createSink: (topic) => new KafkaSink(new Cluster(wire), topic, settings),
    createSource: (subscription) => new KafkaSource(shared, subscription, settings),
    openRange: (range, signal) => openRange(shared, range, settings, signal),
    async connect(signal) {
      try {
        await untilAborted(wire.metadata([]), signal);
      } catch (thrown) {
        if (StreamError.is(thrown)) throw thrown;
        throw toStreamError(thrown, `no broker of ${settings.connect.seeds.join(', ')} can be used`);
      }
    },
    close: () => wire.close(),
  };
  return adapter;
}
