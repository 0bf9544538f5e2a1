import { createStreams, type Streams } from '@isostream/core';
import {
  createEventHubsServer,
  type EventHubsServer,
  type EventHubsServerOptions,
} from '@isostream/event-hubs-emulator';
import type { ContainerClient } from '@azure/storage-blob';
import { createEventHubs, type EventHubsAdapter } from './open.ts';
import type { EventHubsOptions } from '../../src/options.ts';
import { createResourceManager } from '../../src/client/resource-manager.ts';
import { startStorage, type Storage } from './storage.ts';

/** An Event Hubs namespace of our own and its Blob Storage. */
export class TestNamespace implements AsyncDisposable {
  readonly server: EventHubsServer;
  readonly container: ContainerClient;
  readonly #storage: Storage;
  readonly #adapters: EventHubsAdapter[] = [];

  private constructor(server: EventHubsServer, storage: Storage, container: ContainerClient) {
    this.server = server;
    this.container = container;
    this.#storage = storage;
  }

  static async start(options: EventHubsServerOptions = {}): Promise<TestNamespace> {
    const storage = await startStorage();
    return new TestNamespace(await createEventHubsServer(options), storage, await storage.container());
  }

  adapter(change: Partial<EventHubsOptions> = {}): EventHubsAdapter {
    const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const place = { subscriptionId: 's', resourceGroup: 'g', namespace: 'n' };
    const adapter = createEventHubs({
      connectionString: this.server.connectionString,
      checkpoints: { container: this.container },
      management: createResourceManager({ ...place, credential, endpoint: this.server.controlUrl }),
      sessionTimeout: '6s',
      requestTimeout: '5s',
      ...change,
    });
    this.#adapters.push(adapter);
    return adapter;
  }

  streams(change: Partial<EventHubsOptions> = {}): Promise<Streams> {
    return createStreams({ adapter: this.adapter(change), topics: [] });
  }

  /** Another one than the adapters have. */
  newContainer(): Promise<ContainerClient> {
    return this.#storage.container();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#adapters.map((adapter) => adapter.close()));
    await this.server.stop();
    await this.#storage[Symbol.asyncDispose]();
  }
}

/** Resolves once it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
