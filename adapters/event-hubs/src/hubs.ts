import { abortedBy, StreamError, untilAborted } from '@isostream/core/adapter';
import { EventHubProducerClient, type EventHubProperties, type PartitionProperties } from '@azure/event-hubs';
import { managed, toStreamError } from './errors.ts';
import type { EventHubsSettings } from './options.ts';

/** Microsoft's client, one for each hub: its connection sends, and answers what a hub and its partitions are. */
export class Hubs {
  readonly #settings: EventHubsSettings;
  readonly #clients = new Map<string, EventHubProducerClient>();
  #isClosed = false;

  constructor(settings: EventHubsSettings) {
    this.#settings = settings;
  }

  client(hub: string): EventHubProducerClient {
    if (this.#isClosed) throw new StreamError('closed', 'the adapter was closed', { where: 'event-hubs' });
    let client = this.#clients.get(hub);
    if (client === undefined) {
      client = this.#create(hub);
      this.#clients.set(hub, client);
    }
    return client;
  }

  /** Throws `unknown-topic`, `unauthenticated`, `unavailable` and the like. */
  hub(hub: string, signal?: AbortSignal): Promise<EventHubProperties> {
    return this.#ask(hub, signal, async (abortSignal) => this.client(hub).getEventHubProperties({ abortSignal }));
  }

  async partitions(hub: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.hub(hub, signal)).partitionIds;
  }

  partition(hub: string, partition: string, signal?: AbortSignal): Promise<PartitionProperties> {
    return this.#ask(hub, signal, async (abortSignal) =>
      this.client(hub).getPartitionProperties(partition, { abortSignal }),
    );
  }

  /** Text that the control plane keeps with the hub; `undefined` where nothing reaches it. */
  async userMetadata(hub: string, signal?: AbortSignal): Promise<string | undefined> {
    return (await managed(`hub "${hub}"`, async () => this.#settings.management?.describeHub(hub, signal)))
      ?.userMetadata;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => this.discard(client)));
  }

  /** A client whose connection is gone may wait for an answer to its goodbye for ever. */
  async discard(client: EventHubProducerClient): Promise<void> {
    const closed = client.close().catch(() => undefined);
    await untilAborted(closed, AbortSignal.timeout(1_000)).catch(() => undefined);
  }

  /** One attempt, bounded: a peer that accepts a connection and keeps silent would else hold the caller for a minute. */
  async #ask<T>(hub: string, signal: AbortSignal | undefined, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { requestTimeoutMs } = this.#settings;
    const late = AbortSignal.timeout(requestTimeoutMs);
    const either = signal === undefined ? late : AbortSignal.any([signal, late]);
    try {
      return await untilAborted(call(either), either);
    } catch (thrown) {
      if (signal?.aborted === true) throw abortedBy(signal);
      if (late.aborted)
        throw new StreamError('timeout', `hub "${hub}" did not answer within ${requestTimeoutMs} ms`, {
          where: 'event-hubs',
          cause: thrown,
        });
      throw toStreamError(thrown, `hub "${hub}"`);
    }
  }

  #create(hub: string): EventHubProducerClient {
    const { identity, customEndpointAddress, webSocketOptions, requestTimeoutMs, onlyHub } = this.#settings;
    if (onlyHub !== undefined && onlyHub !== hub)
      throw new StreamError(
        'unauthorized',
        `the connection string is bound to hub "${onlyHub}", and "${hub}" is asked for. Give one of the namespace`,
        { where: 'event-hubs' },
      );
    const options = {
      // Core tries again, in the order that its events need; an attempt of the client's own would come out of it.
      retryOptions: { maxRetries: 0, timeoutInMs: requestTimeoutMs },
      ...(customEndpointAddress === undefined ? {} : { customEndpointAddress }),
      ...(webSocketOptions === undefined ? {} : { webSocketOptions }),
    };
    if ('connectionString' in identity) return new EventHubProducerClient(identity.connectionString, hub, options);
    return new EventHubProducerClient(identity.namespace, hub, identity.credential, options);
  }
}
