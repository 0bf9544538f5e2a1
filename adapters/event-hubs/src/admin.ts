import {
  type Admin,
  type GroupMember,
  type PartitionLag,
  type Position,
  sleep,
  StreamError,
  systemClock,
  type TopicDescription,
  type TopicGroup,
  type TopicSettings,
  type WrongPosition,
  withDeadline,
} from '@isostream/core/adapter';
import { membersOf, type Placement, placeGroup } from '@isostream/coordination';
import { randomUUID } from 'node:crypto';
import { managed, managementError } from './errors.ts';
import { declaredLimit, withDeclaredLimit } from './event-limit.ts';
import {
  endOf,
  firstEvent,
  isNumber,
  type LookOptions,
  numberBehind,
  numberOf,
  placeAtTime,
  placeBefore,
  startOf,
} from './consume/look.ts';
import { after, beginning, fromNumber, fromPosition, type Place, toPosition } from './position.ts';
import type { Hubs } from './hubs.ts';
import type { LeaseStores } from './leases/lease-stores.ts';
import type { EventHubsManagement, HubSettings } from './client/management.ts';
import type { EventHubsSettings } from './settings.ts';
import { Wire } from './client/wire.ts';

const defaultPartitions = 8;

export class EventHubsAdmin implements Admin {
  readonly #settings: EventHubsSettings;
  readonly #hubs: Hubs;
  readonly #stores: LeaseStores;

  constructor(settings: EventHubsSettings, hubs: Hubs, stores: LeaseStores) {
    this.#settings = settings;
    this.#hubs = hubs;
    this.#stores = stores;
  }

  async listTopics(signal?: AbortSignal): Promise<readonly string[]> {
    const management = this.#management('list the hubs', 'az eventhubs eventhub list');
    return managed('list hubs', () => management.listHubs(signal));
  }

  async describeTopic(name: string, signal?: AbortSignal): Promise<TopicDescription | undefined> {
    try {
      const partitionNames = await this.#hubs.partitions(name, signal);
      const settings = await managed(`hub "${name}"`, async () => this.#settings.management?.describeHub(name, signal));
      const limit = declaredLimit(settings?.userMetadata);
      return {
        name,
        partitions: partitionNames.length,
        partitionNames,
        ...(settings === undefined ? {} : { retentionMs: settings.retentionMs }),
        ...(limit === undefined ? {} : { maxEventBytes: limit }),
      };
    } catch (error) {
      if (StreamError.is(error) && error.code === 'unknown-topic') return undefined;
      throw error;
    }
  }

  async createTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions = defaultPartitions, retentionMs, maxEventBytes } = settings;
    const management = this.#management(
      `create hub "${name}"`,
      `az eventhubs eventhub create --name ${name} --partition-count ${partitions}${hoursOf(retentionMs)}`,
    );
    const hub = {
      partitions,
      ...(retentionMs === undefined ? {} : { retentionMs }),
      ...(maxEventBytes === undefined ? {} : { userMetadata: withDeclaredLimit(undefined, maxEventBytes) }),
    };
    try {
      await management.createHub(name, hub, signal);
    } catch (thrown) {
      // Whoever was faster: the service's own word for it differs from client to client.
      if ((await this.describeTopic(name, signal).catch(() => undefined)) !== undefined)
        throw new StreamError('conflict', `hub "${name}" exists`, { where: 'event-hubs', cause: thrown });
      throw managementError(`hub "${name}"`, thrown);
    }
    await this.#waitUntil(name, (count) => count === partitions, signal);
    const { readerConsumerGroup: reader } = this.#settings;
    // Letters are read there as well; only the first of all consumer groups is there from the beginning.
    if (reader.toLowerCase() !== '$default')
      await managed(`hub "${name}"`, () => management.createConsumerGroup(name, reader, signal));
  }

  async alterTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions, retentionMs, maxEventBytes } = settings;
    const management = this.#management(
      `change hub "${name}"`,
      `az eventhubs eventhub update --name ${name}${partitions === undefined ? '' : ` --partition-count ${partitions}`}${hoursOf(retentionMs)}`,
    );
    await managed(`hub "${name}"`, async () => {
      const found = maxEventBytes === undefined ? undefined : await management.describeHub(name, signal);
      const changes: Partial<HubSettings> = {
        ...(partitions === undefined ? {} : { partitions }),
        ...(retentionMs === undefined ? {} : { retentionMs }),
        ...(maxEventBytes === undefined ? {} : { userMetadata: withDeclaredLimit(found?.userMetadata, maxEventBytes) }),
      };
      await management.updateHub(name, changes, signal);
    });
    if (partitions !== undefined) await this.#waitUntil(name, (count) => count === partitions, signal);
  }

  async deleteTopic(name: string, signal?: AbortSignal): Promise<void> {
    const management = this.#management(`delete hub "${name}"`, `az eventhubs eventhub delete --name ${name}`);
    // Throws where it does not exist.
    await this.#hubs.partitions(name, signal);
    await managed(`hub "${name}"`, () => management.deleteHub(name, signal));
    await this.#waitUntil(name, (count) => count === undefined, signal);
  }

  async listGroups(topic: string, signal?: AbortSignal): Promise<readonly string[]> {
    return this.#stores.groups(await this.#hubs.hub(topic, signal), signal);
  }

  /** Of the hubs that have leases: no hub has to be listed, which only the control plane could do. */
  async listAllGroups(signal?: AbortSignal): Promise<readonly TopicGroup[]> {
    const found: TopicGroup[] = [];
    for (const [name, leases] of await this.#stores.everyGroup(signal)) {
      const hub = await this.#hubs.hub(name, signal).catch((error: unknown) => {
        if (StreamError.is(error) && error.code === 'unknown-topic') return undefined;
        throw error;
      });
      if (hub === undefined) continue;
      const created = hub.createdOn.toISOString();
      const groups = leases.filter(({ hubCreated = created }) => hubCreated === created).map(({ group }) => group);
      for (const group of new Set(groups)) found.push({ topic: hub.name, group });
    }
    return found;
  }

  async listMembers(topic: string, group: string, signal?: AbortSignal): Promise<readonly GroupMember[]> {
    const ms = this.#settings.requestTimeoutMs * 3;
    return withOwnDeadline(
      { signal, ms, what: `the list of members of group "${group}" on hub "${topic}"` },
      async (either) => {
        const hub = await this.#hubs.hub(topic, either);
        return (await this.#stores.exists(either)) ? membersOf(await this.#stores.of(hub, group).list(either)) : [];
      },
    );
  }

  async lag(topic: string, group: string, signal?: AbortSignal): Promise<readonly PartitionLag[]> {
    const ms = this.#settings.requestTimeoutMs * 3;
    return withOwnDeadline({ signal, ms, what: `the lag of group "${group}" on hub "${topic}"` }, async (either) => {
      const hub = await this.#hubs.hub(topic, either);
      const leases = (await this.#stores.exists(either)) ? await this.#stores.of(hub, group).list(either) : [];
      const places = new Map(leases.map(({ partition, position }) => [partition, fromPosition(position)]));
      return this.#withWire((wire) =>
        Promise.all(
          hub.partitionIds.map((partition) =>
            this.#lagOf(places.get(partition), this.#lookOptions(wire, topic, partition, either)),
          ),
        ),
      );
    });
  }

  async wrongPositions(
    topic: string,
    positions: ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<readonly WrongPosition[]> {
    const known = new Set(await this.#hubs.partitions(topic, signal));
    const found = [...positions].map(async ([partition, position]): Promise<WrongPosition[]> => {
      if (!known.has(partition)) return [{ partition, problem: 'no-partition' }];
      if (!isNumber(position)) return [{ partition, problem: 'no-position' }];
      const { lastEnqueuedSequenceNumber: last } = await this.#hubs.partition(topic, partition, signal);
      return Number(position) > last + 1 ? [{ partition, problem: 'beyond-end' }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  async resetGroup(
    topic: string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<void> {
    const what = `the reset of group "${group}" on hub "${topic}"`;
    return withOwnDeadline({ signal, ms: this.#placingMs, what }, async (either) => {
      const hub = await this.#hubs.hub(topic, either);
      await this.#stores.prepare(either);
      const all = hub.partitionIds;
      const moved = to instanceof Date || typeof to === 'string' ? all : all.filter((one) => to.has(one));
      const placements = await this.#withWire((wire) =>
        Promise.all(
          moved.map(async (partition): Promise<Placement> => {
            const place = await this.#placeOf(to, this.#lookOptions(wire, topic, partition, either));
            return { partition, position: toPosition(place) };
          }),
        ),
      );
      await placeGroup({ store: this.#stores.of(hub, group), ...this.#who(topic, group) }, placements, either);
    });
  }

  async deleteGroup(topic: string, group: string, signal?: AbortSignal): Promise<void> {
    const what = `the deletion of group "${group}" on hub "${topic}"`;
    return withOwnDeadline({ signal, ms: this.#placingMs, what }, async (either) => {
      const store = this.#stores.of(await this.#hubs.hub(topic, either), group);
      if (!(await this.#stores.exists(either))) return;
      // Nothing moves, but it goes through only without members.
      await placeGroup({ store, ...this.#who(topic, group) }, [], either);
      for (const { partition, counter } of await store.list(either)) await store.delete(partition, counter, either);
      await managed(`hub "${topic}"`, async () =>
        this.#settings.management?.deleteConsumerGroup(topic, this.#stores.consumerGroup(group), either),
      );
    });
  }

  /** How long a call that moves a group may take: its requests, and the session of a member that did not say goodbye. */
  get #placingMs(): number {
    return this.#settings.requestTimeoutMs * 3 + this.#settings.sessionTimeoutMs * 2;
  }

  async #placeOf(
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    options: LookOptions,
  ): Promise<Place> {
    const now = await this.#hubs.partition(options.hub, options.partition, options.signal);
    if (to === 'earliest') return startOf(now);
    if (to === 'latest') return endOf(now);
    if (to instanceof Date) return placeAtTime(to, now, options);
    return placeBefore(numberOf(to.get(options.partition) ?? '0'), now, options);
  }

  async #lagOf(place: Place | undefined, options: LookOptions): Promise<PartitionLag> {
    const now = await this.#hubs.partition(options.hub, options.partition, options.signal);
    const end = now.lastEnqueuedSequenceNumber + 1;
    const start = now.isEmpty ? end : now.beginningSequenceNumber;
    const committed = await numberBehind(place, now, options);
    const next = Math.max(start, committed ?? 0);
    const events = Math.max(0, end - next);
    const filter = next <= start ? after(beginning) : fromNumber(next);
    const oldest = events === 0 ? undefined : await firstEvent(filter, options);
    return {
      partition: options.partition,
      events,
      ms: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.enqueuedMs),
      committed: committed === undefined ? undefined : String(committed),
      end: String(end),
    };
  }

  #who(topic: string, group: string): { member: string; where: string; what: string; sessionTimeout: number } {
    const what = `topic "${topic}", group "${group}"`;
    return {
      member: `admin/${randomUUID()}`,
      where: 'event-hubs',
      what,
      sessionTimeout: this.#settings.sessionTimeoutMs,
    };
  }

  #lookOptions(wire: Wire, hub: string, partition: string, signal: AbortSignal): LookOptions {
    return { wire, hub, partition, consumerGroup: this.#settings.readerConsumerGroup, signal };
  }

  async #withWire<T>(work: (wire: Wire) => Promise<T>): Promise<T> {
    const wire = new Wire(this.#settings);
    try {
      return await work(wire);
    } finally {
      await wire.close();
    }
  }

  /** The data plane knows it: who writes or reads next must not find another one. */
  async #waitUntil(
    name: string,
    isSo: (partitions: number | undefined) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = performance.now() + Math.max(30_000, this.#settings.requestTimeoutMs);
    for (;;) {
      const found = await this.#hubs.partitions(name, signal).catch((error: unknown) => {
        if (StreamError.is(error) && (error.code === 'unknown-topic' || error.retryable)) return undefined;
        throw error;
      });
      if (isSo(found?.length)) return;
      if (performance.now() > deadline)
        throw new StreamError('timeout', `hub "${name}": the change was accepted but is not visible yet`, {
          where: 'event-hubs',
        });
      await sleep(systemClock, 20, signal);
    }
  }

  #management(what: string, command: string): EventHubsManagement {
    const { management } = this.#settings;
    if (management !== undefined) return management;
    throw new StreamError(
      'unsupported',
      `cannot ${what}: hubs are managed on the control plane, which a data-plane client cannot reach. Run: ${command} --namespace-name … --resource-group …; or give the option management`,
      { where: 'event-hubs' },
    );
  }
}

function hoursOf(retentionMs: number | undefined): string {
  if (retentionMs === undefined) return '';
  return ` --cleanup-policy Delete --retention-time ${Math.ceil(retentionMs / 3_600_000)}`;
}

/** The signal of the caller alone bounds the work. Without one, `ms` does. */
async function withOwnDeadline<T>(
  { signal, ms, what }: { readonly signal: AbortSignal | undefined; readonly ms: number; readonly what: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal !== undefined) return work(signal);
  const late = (): StreamError =>
    new StreamError('timeout', `${what} did not end within ${ms} ms. Try it again, or give it a signal of your own`, {
      where: 'event-hubs',
    });
  return withDeadline({ ms, late }, work);
}
