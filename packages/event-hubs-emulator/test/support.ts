import {
  earliestEventPosition,
  EventHubConsumerClient,
  EventHubProducerClient,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { createEventHubsServer, type EventHubsServer, type EventHubsServerOptions } from '../src/index.ts';

export const retryOptions = { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 5_000 };

/** A server and the clients that a test makes of it, closed together. */
export class Bench implements AsyncDisposable {
  readonly server: EventHubsServer;
  readonly #closing: { close(): Promise<void> }[] = [];

  private constructor(server: EventHubsServer) {
    this.server = server;
  }

  static async start(options: EventHubsServerOptions = {}): Promise<Bench> {
    return new Bench(await createEventHubsServer({ hubs: { orders: { partitions: 4 } }, ...options }));
  }

  producer(hub = 'orders', options: object = {}): EventHubProducerClient {
    const client = new EventHubProducerClient(this.server.connectionString, hub, { retryOptions, ...options });
    this.#closing.push(client);
    return client;
  }

  consumer(group = '$Default', hub = 'orders', options: object = {}): EventHubConsumerClient {
    const client = new EventHubConsumerClient(group, this.server.connectionString, hub, { retryOptions, ...options });
    this.#closing.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closing.map((client) => client.close()));
    await this.server.close();
  }
}

/** What a subscription brought, and a way to wait for it. */
export class Received {
  readonly events: (ReceivedEventData & { readonly partition: string })[] = [];
  readonly errors: Error[] = [];
  readonly #waiting = new Set<() => void>();

  get bodies(): unknown[] {
    return this.events.map((event): unknown => event.body);
  }

  add(partition: string, events: readonly ReceivedEventData[]): void {
    for (const event of events) this.events.push({ ...event, partition });
    for (const wake of this.#waiting) wake();
  }

  fail(error: Error): void {
    this.errors.push(error);
    for (const wake of this.#waiting) wake();
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  count(events: number): Promise<void> {
    return this.until(() => this.events.length >= events);
  }
}

/** Reads one partition, or all, from the oldest event on unless told otherwise. */
export function read(consumer: EventHubConsumerClient, options: SubscribeOptions = {}, partition?: string): Received {
  const received = new Received();
  const handlers = {
    processEvents: async (events: ReceivedEventData[], { partitionId }: { partitionId: string }): Promise<void> =>
      received.add(partitionId, events),
    processError: async (error: Error): Promise<void> => received.fail(error),
  };
  const chosen = { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...options };
  if (partition === undefined) consumer.subscribe(handlers, chosen);
  else consumer.subscribe(partition, handlers, chosen);
  return received;
}
