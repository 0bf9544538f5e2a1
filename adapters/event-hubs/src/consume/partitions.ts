import { type Start, StreamError } from '@isostream/core/adapter';
import type { Beginning, CoordinatedPartition, HeldLease, Origin, PartitionSource } from '@isostream/coordination';
import type { Hubs } from '../hubs.ts';
import { EventHubsAssignment, type FeedSettings } from './assignment.ts';
import { endOf, placeAtTime, startOf } from './look.ts';
import { toPosition } from '../position.ts';
import type { Rivals } from './rivals.ts';

export interface PartitionsOptions extends FeedSettings {
  readonly hubs: Hubs;
  readonly from: Start;
  /** Where events can be looked at without an owner level. */
  readonly lookGroup: string;
  readonly rivals: Rivals;
}

/** A hub's partitions, as leases share them out. */
export class HubPartitions implements PartitionSource {
  readonly #options: PartitionsOptions;

  constructor(options: PartitionsOptions) {
    this.#options = options;
  }

  async list(signal: AbortSignal): Promise<readonly CoordinatedPartition[]> {
    const { hubs, hub } = this.#options;
    const partitions = await hubs.partitions(hub, signal);
    return partitions.map((partition) => ({ partition }));
  }

  async start({ partition }: CoordinatedPartition, origin: Origin, signal: AbortSignal): Promise<Beginning> {
    const { hubs, hub, from, wire, lookGroup } = this.#options;
    const now = await hubs.partition(hub, partition, signal);
    // A partition that came later holds nothing that the group has seen.
    if (from === 'earliest' || origin.kind !== 'with-group') return { position: toPosition(startOf(now)) };
    if (from === 'latest') return { position: toPosition(endOf(now)) };
    const options = { wire, hub, consumerGroup: lookGroup, partition, signal };
    return { position: toPosition(await placeAtTime(from, now, options)) };
  }

  open(held: HeldLease): EventHubsAssignment {
    const { hubs, hub, rivals } = this.#options;
    if (!Number.isSafeInteger(held.token))
      throw new StreamError('internal', `lease token ${held.token} is not an owner level`, { where: 'event-hubs' });
    return new EventHubsAssignment(held, this.#options, rivals, (partition, signal) =>
      hubs.partition(hub, partition, signal),
    );
  }
}
