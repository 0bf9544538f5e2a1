import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Membership, NodeId, Wire } from '../src/client/wire.ts';
import { WireError } from '../src/client/wire-error.ts';
import { assign, encodeClaim, protocolName } from '../src/group/assignor.ts';
import { kafkaOf, newTopic, wireOf } from './support/cluster.ts';

const group = 'g';
const partitions = [0, 1, 2, 3];
const rebalanceInProgress = 27;
const isLoading = new Set([14, 15, 16]);

let cluster: KafkaCluster;
let wire: Wire;
beforeAll(async () => {
  cluster = await startKafka({ mode: 'native' });
  wire = wireOf(cluster);
});
afterAll(async () => {
  await wire.close();
  await cluster.stop();
});

/** A coordinator of a broker that has just started is loading at first. */
async function onceLoaded<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof WireError) || !isLoading.has(thrown.code)) throw thrown;
    }
  }
}

/** Another member, which takes what is its share and is slow to say where it begins. */
class SlowMember {
  readonly #topic: string;
  #node: NodeId = -1;
  #identity: Membership = { group, memberId: '', generation: -1 };
  owned: readonly number[] = [];

  constructor(topic: string) {
    this.#topic = topic;
  }

  async join(): Promise<void> {
    this.#node = await onceLoaded(() => wire.coordinator(group));
    const claim = { owned: { [this.#topic]: this.owned }, generation: this.#identity.generation, isLeaving: false };
    const request = {
      group,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocol: protocolName,
      subscription: { topics: [this.#topic], userData: encodeClaim(claim) },
    };
    let joined = await onceLoaded(() => wire.joinGroup(this.#node, { ...request, memberId: this.#identity.memberId }));
    const { memberId } = joined;
    if (joined.generation === undefined) joined = await wire.joinGroup(this.#node, { ...request, memberId });
    this.#identity = { group, memberId, generation: joined.generation ?? -1 };
    // It came first, so it leads.
    const shares = assign(joined.members, new Map([[this.#topic, partitions]]));
    const share = await wire.syncGroup(this.#node, this.#identity, shares);
    this.owned = share.get(this.#topic) ?? [];
  }

  /** Until somebody else joins. */
  async untilCalled(): Promise<void> {
    for (;;) {
      try {
        await wire.heartbeat(this.#node, this.#identity);
      } catch (thrown) {
        if (thrown instanceof WireError && thrown.code === rebalanceInProgress) return;
        throw thrown;
      }
    }
  }

  async store(): Promise<void> {
    const starts = new Map(this.owned.map((partition) => [partition, 0n]));
    await wire.offsetCommit(this.#node, this.#identity, this.#topic, starts);
  }

  async leave(): Promise<void> {
    await wire.leaveGroup(this.#node, this.#identity);
  }
}

it('a member is ready once the group knows where it begins in the partitions of others, too', async () => {
  const adapter = kafkaOf(cluster);
  const topic = await newTopic(adapter.admin, { partitions: partitions.length });
  const other = new SlowMember(topic);
  await other.join();
  expect(other.owned).toEqual(partitions);
  // It has not begun with these, so it can let go of them at once.
  other.owned = [0, 1];

  const end = new AbortController();
  const assigned: string[] = [];
  let isReady = false;
  let tell: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (tell = resolve));
  const running = adapter.createSource({ topic, group, from: 'latest', clientId: 'c' }).run(
    {
      assigned: ({ partition }) => void assigned.push(partition),
      revoking: async () => undefined,
      lost: () => undefined,
      ready: () => {
        isReady = true;
        tell();
      },
    },
    end.signal,
  );
  await other.untilCalled();
  await other.join();
  expect(other.owned).toEqual([0, 1]);
  await expect.poll(() => assigned.toSorted()).toEqual(['2', '3']);
  // Whoever is ready with its own share says so before anybody answers it again.
  await wire.coordinator(group);
  expect(isReady).toBe(false);

  await other.store();
  await ready;
  end.abort();
  await running;
  await other.leave();
  await adapter.close();
});
