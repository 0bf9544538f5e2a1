import { abortable, bounded, StreamError } from '@isostream/core/adapter';
import type { LeaseStore } from '@isostream/coordination';
import type { HubProperties } from '../answers.ts';
import { isTokenCredential, type TokenCredential } from '@azure/core-auth';
import { ContainerClient } from '@azure/storage-blob';
import { fromStorage, statusOf } from '../errors.ts';
import { fromPosition } from '../position.ts';
import type { EventHubsSettings } from '../settings.ts';
import { hostOf } from '../client/wire.ts';
import { BlobLeaseStore } from './blob-lease-store.ts';
import { StorageConnections } from './connections.ts';
import { inTime } from './in-time.ts';
import { fromMetadata, type StoredLease } from './lease-text.ts';

/** Whose lease a blob is. */
interface LeaseOf {
  readonly group: string;
  /** When the hub was created that it is of; `undefined` where whoever wrote it does not say. */
  readonly hubCreated: string | undefined;
}

/** The leases of all groups of one namespace, filed where Microsoft's clients look for checkpoints. */
export class LeaseStores {
  readonly #settings: EventHubsSettings;
  readonly #connections = new StorageConnections();
  readonly #unanswered = (): void => this.#connections.endIdle();
  #container: ContainerClient | undefined;

  constructor(settings: EventHubsSettings) {
    this.#settings = settings;
  }

  /** Throws `invalid-config` for a name that the service does not take, and where nothing says where to keep positions. */
  consumerGroup(group: string): string {
    void this.#client;
    const name = this.#settings.consumerGroup(group);
    if (!/^(?:\$default|[A-Za-z0-9][A-Za-z0-9._-]{0,49})$/i.test(name))
      throw new StreamError(
        'invalid-config',
        `group "${group}" cannot be the consumer group ${JSON.stringify(name)}. Event Hubs takes 1 to 50 letters, digits, dots, dashes and underscores; name another one with the option consumerGroup`,
        { where: 'event-hubs' },
      );
    return name;
  }

  of({ name, createdOn }: Pick<HubProperties, 'name' | 'createdOn'>, group: string): LeaseStore {
    const prefix = `${this.#prefix(name)}${this.consumerGroup(group).toLowerCase()}/checkpoint/`;
    const owner = { group, hubCreated: createdOn.toISOString() };
    return new BlobLeaseStore({
      container: this.#client,
      prefix,
      timeoutMs: this.#settings.requestTimeoutMs,
      unanswered: this.#unanswered,
      isPosition: (position) => fromPosition(position) !== undefined,
      ...owner,
    });
  }

  /** The container is there. */
  async prepare(signal: AbortSignal): Promise<void> {
    try {
      await this.#inTime(signal, (within) => this.#client.createIfNotExists(abortable(within)));
    } catch (thrown) {
      // Whoever may use it and not make it learns from the first request whether it is there.
      if (statusOf(thrown) !== 403) throw fromStorage(thrown, `container "${this.#client.containerName}"`);
    }
  }

  /** Whether anything can be stored there at all. */
  async exists(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#inTime(signal, (within) => this.#client.exists(abortable(within)));
    } catch (thrown) {
      throw fromStorage(thrown, `container "${this.#client.containerName}"`);
    }
  }

  /** The groups that have positions on a hub. */
  async groups(
    { name: hub, createdOn }: Pick<HubProperties, 'name' | 'createdOn'>,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const created = createdOn.toISOString();
    const found = new Set<string>();
    await this.#look(this.#prefix(hub), signal, (path, metadata) => {
      const lease = leaseAt(path, metadata);
      if (lease !== undefined && (lease.hubCreated ?? created) === created) found.add(lease.group);
    });
    return [...found].toSorted();
  }

  /** Leases of all groups of the namespace, by the names of their hubs in small letters. */
  async everyGroup(signal?: AbortSignal): Promise<ReadonlyMap<string, readonly LeaseOf[]>> {
    const found = new Map<string, LeaseOf[]>();
    await this.#look(`${hostOf(this.#settings)}/`.toLowerCase(), signal, ([hub = '', ...path], metadata) => {
      const lease = leaseAt(path, metadata);
      if (lease === undefined) return;
      const leases = found.get(hub) ?? [];
      found.set(hub, leases);
      leases.push(lease);
    });
    return found;
  }

  /** Every blob behind a prefix: its path from there, and what it says. */
  async #look(
    prefix: string,
    signal: AbortSignal | undefined,
    visit: (path: readonly string[], metadata: Readonly<Record<string, string>>) => void,
  ): Promise<void> {
    try {
      await this.#inTime(signal, async (within, goesOn) => {
        const options = { prefix, includeMetadata: true, ...abortable(within) };
        for await (const { name, metadata } of this.#client.listBlobsFlat(options)) {
          goesOn();
          visit(name.slice(prefix.length).split('/'), metadata ?? {});
        }
      });
    } catch (thrown) {
      if (statusOf(thrown) === 404) return;
      throw fromStorage(thrown, `container "${this.#client.containerName}"`);
    }
  }

  /** Lets go of connections. */
  close(): void {
    this.#connections.endIdle();
  }

  #inTime<T>(
    signal: AbortSignal | undefined,
    request: (signal: AbortSignal, goesOn: () => void) => Promise<T>,
  ): Promise<T> {
    return inTime({ timeoutMs: this.#settings.requestTimeoutMs, signal, unanswered: this.#unanswered }, request);
  }

  #prefix(hub: string): string {
    return `${hostOf(this.#settings)}/${hub}/`.toLowerCase();
  }

  get #client(): ContainerClient {
    this.#container ??= open(this.#settings, this.#connections);
    return this.#container;
  }
}

/** A lease that is somebody's; `undefined` for a blob that is none. */
function leaseAt(
  [consumerGroup = '', kind, partition = '']: readonly string[],
  metadata: Readonly<Record<string, string>>,
): LeaseOf | undefined {
  if (kind !== 'checkpoint') return undefined;
  const { group = consumerGroup, hubCreated } = readable(partition, metadata);
  return { group, hubCreated };
}

/** One that cannot be read is somebody's all the same, who learns of it from the group itself. */
function readable(
  partition: string,
  metadata: Readonly<Record<string, string>>,
): Pick<Partial<StoredLease>, 'group' | 'hubCreated'> {
  try {
    return fromMetadata(partition, metadata);
  } catch {
    return {};
  }
}

/**
 * The client waits for its credential without an end, whatever becomes of the request. It has half of a request's time: else
 * the request would be given up first, and storage blamed for it.
 */
function inTimeToo<Credential extends object>(credential: Credential, timeoutMs: number): Credential | TokenCredential {
  if (!isTokenCredential(credential)) return credential;
  return {
    getToken: (scopes, options) =>
      bounded('checkpoints.credential', () => credential.getToken(scopes, options), timeoutMs / 2),
  };
}

function open(
  { checkpoints: storage, requestTimeoutMs }: EventHubsSettings,
  connections: StorageConnections,
): ContainerClient {
  if (storage === undefined)
    throw new StreamError(
      'invalid-config',
      'groups keep their positions in Azure Blob Storage, and checkpoints is not given. Give a container: createEventHubs({ checkpoints })',
      { where: 'event-hubs' },
    );
  try {
    if ('url' in storage)
      return connections.own(new ContainerClient(storage.url, inTimeToo(storage.credential, requestTimeoutMs)));
    if ('connectionString' in storage)
      return connections.own(new ContainerClient(storage.connectionString, storage.container));
    return storage.container;
  } catch {
    // Without the cause, which may quote what it could not read.
    throw new StreamError(
      'invalid-config',
      'checkpoints cannot be read. Give the URL of a container and a credential, or the connection string of the storage account and the name of a container',
      { where: 'event-hubs' },
    );
  }
}
