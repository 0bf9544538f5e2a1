import { retrying, type Source, type SourceListener, type Subscription, Warnings } from '@isostream/core/adapter';
import { LeaseCoordinator } from '@isostream/coordination';
import { randomUUID } from 'node:crypto';
import { managed } from '../errors.ts';
import type { HubProperties } from '../answers.ts';
import type { Hubs } from '../hubs.ts';
import type { LeaseStores } from '../leases/lease-stores.ts';
import type { EventHubsSettings } from '../settings.ts';
import { Wire } from '../client/wire.ts';
import { HubPartitions } from './partitions.ts';
import { Rivals } from './rivals.ts';

/** One member of a group on one hub: leases say which partitions it reads, the lease's token is its owner level there. */
export class EventHubsSource implements Source {
  readonly #subscription: Subscription;
  readonly #settings: EventHubsSettings;
  readonly #hubs: Hubs;
  readonly #stores: LeaseStores;

  constructor(subscription: Subscription, settings: EventHubsSettings, hubs: Hubs, stores: LeaseStores) {
    this.#subscription = subscription;
    this.#settings = settings;
    this.#hubs = hubs;
    this.#stores = stores;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const { topic: hub, group, from, clientId } = this.#subscription;
    const { sessionTimeoutMs, discoveryMs, prefetchEvents, prefetchBytes, readerConsumerGroup } = this.#settings;
    const consumerGroup = this.#stores.consumerGroup(group);
    const properties = await this.#prepared(hub, consumerGroup, signal);
    if (properties === undefined) return;
    const member = `${clientId}/${randomUUID()}`;
    const wire = new Wire(this.#settings);
    const partitions = new HubPartitions({
      hubs: this.#hubs,
      hub,
      from,
      wire,
      consumerGroup,
      lookGroup: readerConsumerGroup,
      rivals: new Rivals({
        what: `topic "${hub}", group "${group}" (consumer group "${consumerGroup}")`,
        leaseMs: sessionTimeoutMs,
      }),
      reader: member.slice(-64),
      prefetchEvents,
      prefetchBytes,
    });
    const coordinator = new LeaseCoordinator(
      {
        store: this.#stores.of(properties, group),
        partitions,
        member,
        where: 'event-hubs',
        what: `topic "${hub}", group "${group}"`,
        sessionTimeout: sessionTimeoutMs,
        discovery: discoveryMs,
      },
      listener,
    );
    try {
      await coordinator.run(signal);
    } finally {
      await wire.close();
    }
  }

  /** What the hub is, once container and consumer group are there; `undefined` once aborted. */
  async #prepared(hub: string, consumerGroup: string, signal: AbortSignal): Promise<HubProperties | undefined> {
    const prepare = async (): Promise<HubProperties> => {
      // First, so that a hub that is missing is what is told.
      const properties = await this.#hubs.hub(hub, signal);
      await this.#stores.prepare(signal);
      // Gaps are looked up in the reader's; only the first of all consumer groups is there from the beginning.
      const { readerConsumerGroup: reader } = this.#settings;
      for (const each of reader.toLowerCase() === '$default' ? [consumerGroup] : [consumerGroup, reader])
        await managed(`hub "${hub}"`, async () => this.#settings.management?.createConsumerGroup(hub, each, signal));
      return properties;
    };
    const what = `topic "${hub}", group "${this.#subscription.group}"`;
    const warnings = new Warnings('event-hubs');
    const properties = await retrying(prepare, { what, where: 'event-hubs', warnings, signal });
    return signal.aborted ? undefined : properties;
  }
}
