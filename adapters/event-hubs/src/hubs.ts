import { settledWithin, StreamError, withDeadline } from '@isostream/core/adapter';
import { EventHubProducerClient } from '@azure/event-hubs';
import { hubIn, type HubProperties, partitionIn, type PartitionProperties } from './answers.ts';
import { managed } from './errors.ts';
import type { EventHubsSettings } from './settings.ts';
import type { Wire } from './client/wire.ts';

/** What hubs and partitions are, by the service's own word. */
export class Hubs {
  readonly #settings: EventHubsSettings;
  readonly #wire: Wire;
  readonly #clients = new Map<string, EventHubProducerClient>();

  constructor(settings: EventHubsSettings, wire: Wire) {
    this.#settings = settings;
    this.#wire = wire;
  }

  /** Microsoft's own client. */
  client(hub: string): EventHubProducerClient {
    let client = this.#clients.get(hub);
    if (client === undefined) {
      client = this.#create(hub);
      this.#clients.set(hub, client);
    }
    return client;
  }

  /** Throws `unknown-topic`, `unauthenticated`, `unavailable` and the like. */
  async hub(hub: string, signal?: AbortSignal): Promise<HubProperties> {
    return hubIn(hub, await this.#ask(hub, undefined, signal));
  }

  async partitions(hub: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.hub(hub, signal)).partitionIds;
  }

  async partition(hub: string, partition: string, signal?: AbortSignal): Promise<PartitionProperties> {
    return partitionIn(hub, partition, await this.#ask(hub, partition, signal));
  }

  /** Text that the control plane keeps with the hub; `undefined` where nothing reaches it. */
  async userMetadata(hub: string, signal?: AbortSignal): Promise<string | undefined> {
    return (await managed(`hub "${hub}"`, async () => this.#settings.management?.describeHub(hub, signal)))
      ?.userMetadata;
  }

  async close(): Promise<void> {
    const closing = [...this.#clients.values()].map(async (client) => {
      // A client whose connection is gone may wait for an answer to its goodbye for ever.
      await settledWithin(client.close(), 1_000);
    });
    this.#clients.clear();
    await Promise.all(closing);
  }

  /** One attempt, bounded. */
  async #ask(hub: string, partition: string | undefined, signal: AbortSignal | undefined): Promise<unknown> {
    const { requestTimeoutMs } = this.#settings;
    this.#checkBound(hub);
    const late = (): StreamError =>
      new StreamError('timeout', `hub "${hub}" did not answer within ${requestTimeoutMs} ms`, { where: 'event-hubs' });
    return withDeadline({ ms: requestTimeoutMs, late, signals: [signal] }, (either) =>
      this.#wire.ask(hub, partition, either),
    );
  }

  #checkBound(hub: string): void {
    const { onlyHub } = this.#settings;
    if (onlyHub === undefined || onlyHub === hub) return;
    throw new StreamError(
      'unauthorized',
      `the connection string is bound to hub "${onlyHub}", and "${hub}" is asked for. Give one of the namespace`,
      { where: 'event-hubs' },
    );
  }

  #create(hub: string): EventHubProducerClient {
    this.#checkBound(hub);
    const { identity, customEndpointAddress, webSocketOptions } = this.#settings;
    const options = {
      ...(customEndpointAddress === undefined ? {} : { customEndpointAddress }),
      ...(webSocketOptions === undefined ? {} : { webSocketOptions }),
    };
    if ('connectionString' in identity) return new EventHubProducerClient(identity.connectionString, hub, options);
    return new EventHubProducerClient(identity.namespace, hub, identity.credential, options);
  }
}
