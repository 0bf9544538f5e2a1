import type { Adapter } from '@isostream/core';
import { type Adapter as OpenAdapter, StreamError, withDeadline } from '@isostream/core/adapter';
import type { EventHubProducerClient } from '@azure/event-hubs';
import { EventHubsAdmin } from './admin.ts';
import { eventHubsCapabilities } from './capabilities.ts';
import { openRange } from './consume/range.ts';
import { EventHubsSource } from './consume/source.ts';
import { Hubs } from './hubs.ts';
import { LeaseStores } from './leases/lease-stores.ts';
import type { EventHubsOptions } from './options.ts';
import { resolveOptions } from './settings.ts';
import { EventHubsSink } from './produce/sink.ts';
import { Wire } from './client/wire.ts';

export interface EventHubsAdapter extends Adapter {
  /** Microsoft's own client of a hub, for what isostream does not cover. The adapter closes it. */
  readonly native: (hub: string) => EventHubProducerClient;
}

/** Azure Event Hubs over AMQP. Throws `invalid-config`; connects with the first call that needs it. */
export function createEventHubs(options: EventHubsOptions): EventHubsAdapter {
  const settings = resolveOptions(options);
  const wire = new Wire(settings);
  const hubs = new Hubs(settings, wire);
  const stores = new LeaseStores(settings);
  const adapter: EventHubsAdapter & OpenAdapter = {
    name: 'event-hubs',
    capabilities: eventHubsCapabilities(settings.management !== undefined),
    native: (hub) => hubs.client(hub),
    admin: new EventHubsAdmin(settings, hubs, stores),
    createSink: (topic) => new EventHubsSink(hubs, wire, topic),
    createSource(subscription) {
      stores.consumerGroup(subscription.group);
      return new EventHubsSource(subscription, settings, hubs, stores);
    },
    openRange: (range, signal) => openRange(range, settings, hubs, signal),
    async connect(signal) {
      const late = (): StreamError =>
        new StreamError('unavailable', 'the namespace does not answer', { where: 'event-hubs' });
      await withDeadline({ ms: settings.requestTimeoutMs, late, signals: [signal] }, (either) => wire.prove(either));
    },
    async close() {
      await Promise.all([hubs.close(), wire.close()]);
      stores.close();
    },
  };
  return adapter;
}
