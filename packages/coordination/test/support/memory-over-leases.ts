import {
  type Adapter,
  type Clock,
  EventBacklog,
  type WatermarkAssignment,
  type Mark,
  type RangeCursor,
  CollectedPage,
  type EventPage,
  type Source,
  sleep,
  systemClock,
  type Subscription,
} from '@isostream/core/adapter';
import { LeaseCoordinator } from '../../src/lease-coordinator.ts';
import type { HeldLease } from '../../src/held-lease.ts';
import type { LeaseStore } from '../../src/lease-store.ts';

/** The memory provider's topics, read by groups that are coordinated by leases: what an adapter over leases looks like. */
export function overLeases(memory: Adapter, store: LeaseStore, leaseMs: number, clock: Clock = systemClock): Adapter {
  let members = 0;
  const createSource = (subscription: Subscription): Source => ({
    async run(listener, signal) {
      const { topic, group, clientId } = subscription;
      const description = await memory.admin.describeTopic(topic);
      const coordinator = new LeaseCoordinator(
        {
          store,
          partitions: {
            list: async () => (description?.partitionNames ?? []).map((partition) => ({ partition })),
            start: async () => ({ position: '0' }),
            open: (held) => new LeasedAssignment(memory, topic, held, clock),
          },
          member: `${clientId}/${++members}`,
          where: 'memory',
          what: `topic "${topic}", group "${group}"`,
          sessionTimeout: leaseMs,
          clock,
        },
        listener,
      );
      await coordinator.run(signal);
    },
  });
  return { ...memory, createSource };
}

class LeasedAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #memory: Adapter;
  readonly #topic: string;
  readonly #held: HeldLease;
  readonly #clock: Clock;
  #next: number;
  #range: Promise<RangeCursor> | undefined;
  readonly #backlog = new EventBacklog();

  constructor(memory: Adapter, topic: string, held: HeldLease, clock: Clock) {
    this.#clock = clock;
    this.#memory = memory;
    this.#topic = topic;
    this.#held = held;
    this.partition = held.partition;
    this.fencingToken = String(held.token);
    this.#next = Number(held.position);
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#backlog.isEmpty) await this.#fetch(signal);
    this.#backlog.handTo(page);
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    this.#range ??= this.#open(signal);
    const fetched = new CollectedPage();
    await (await this.#range).read(fetched, signal);
    for (const gap of fetched.gaps) this.#backlog.gap(gap);
    this.#backlog.add(fetched.events);
    this.#next += fetched.events.length;
    if (!fetched.isEnd) return;
    this.#range = undefined;
    await sleep(this.#clock, 5, signal);
  }

  async commit({ position }: Mark): Promise<void> {
    await this.#held.commit(String(Number(position) + 1));
  }

  async #open(signal: AbortSignal): Promise<RangeCursor> {
    const from = new Map([[this.partition, String(this.#next)]]);
    const { cursors } = await this.#memory.openRange({ topic: this.#topic, from, to: 'now' }, signal);
    const [cursor] = cursors;
    if (cursor === undefined) throw new Error('no such partition');
    return cursor;
  }
}
