import type { Adapter } from '@isostream/core';
import { type Adapter as OpenAdapter, StreamError, untilAborted } from '@isostream/core/adapter';
import { PubSubAdmin } from './admin.ts';
import { pubsubCapabilities } from './capabilities.ts';
import type { PubSubClients } from './client/clients.ts';
import { Connection } from './client/connection.ts';
import { openRange } from './consume/range.ts';
import { toStreamError } from './errors.ts';
import { type PubSubOptions, resolveOptions } from './options.ts';
import { PubSubSink } from './produce/sink.ts';
import { PubSubSource } from './consume/source.ts';

export interface PubSubAdapter extends Adapter {
  /** Google's own clients, connected as this adapter is, for what isostream does not cover. */
  readonly native: () => Promise<PubSubClients>;
}

/** Google Cloud Pub/Sub, or its emulator. Throws `invalid-config`; connects with the first call that needs it. */
export function createPubSub(options: PubSubOptions = {}): PubSubAdapter {
  const settings = resolveOptions(options);
  const connection = new Connection(settings);
  const { emulator } = settings;
  const address = emulator === undefined ? 'the service' : `the emulator at ${emulator.host}:${emulator.port}`;
  const adapter: PubSubAdapter & OpenAdapter = {
    name: 'pubsub',
    capabilities: pubsubCapabilities,
    native: () => connection.clients(),
    admin: new PubSubAdmin(connection),
    createSink: (topic) => new PubSubSink(connection, topic),
    createSource: (subscription) => new PubSubSource(connection, subscription),
    openRange: (range) => openRange(connection, range),
    async connect(signal) {
      try {
        await untilAborted(connection.ping(), signal);
      } catch (thrown) {
        if (StreamError.is(thrown)) throw thrown;
        throw toStreamError(thrown, `${address} cannot be used`);
      }
    },
    close: () => connection.close(),
  };
  return adapter;
}
