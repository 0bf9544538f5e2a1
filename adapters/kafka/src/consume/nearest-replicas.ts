import type { NodeId } from '../client/wire.ts';

/** Leaders are asked anew after so long, as Kafka's own consumer does: replicas move. */
const knownMs = 300_000;
/** How long a replica that failed is not asked for: by then the brokers have noticed that it is gone. */
const avoidMs = 30_000;
/** The same where it answered, and refused: a leader that names it all the time is not asked all the time. */
const pauseMs = 1_000;

/**
 * From which replica a partition is fetched, where brokers name one near this client (KIP-392): for each partition the one that its
 * leader named, until that fails or is asked anew. Pure.
 */
export class NearestReplicas {
  readonly #rack: string;
  readonly #nearest = new Map<string, { readonly node: NodeId; readonly until: number }>();
  #avoidUntil = -Infinity;

  /** An empty rack: leaders are read from. */
  constructor(rack: string) {
    this.#rack = rack;
  }

  /** What the next fetch says of where this client is. Nothing for a while after a replica failed: else its leader would name it again. */
  rack(now: number): string {
    return now < this.#avoidUntil ? '' : this.#rack;
  }

  /** Who is asked for a partition that this node leads. */
  nodeFor(topic: string, partition: number, leader: NodeId, now: number): NodeId {
    if (this.#nearest.size === 0 || leader < 0) return leader;
    const name = nameOf(topic, partition);
    const nearest = this.#nearest.get(name);
    if (nearest === undefined) return leader;
    if (now < nearest.until) return nearest.node;
    this.#nearest.delete(name);
    // It would be named again also where it learns of nothing any more: what it lacks is read from its leader first.
    this.#avoidUntil = Math.max(this.#avoidUntil, now + pauseMs);
    return leader;
  }

  /** The leader named a replica. */
  learned(topic: string, partition: number, node: NodeId, now: number): void {
    this.#nearest.set(nameOf(topic, partition), { node, until: now + knownMs });
  }

  /** This replica, or leader, refused: if it is the replica, the leader is asked next. */
  refused(topic: string, partition: number, node: NodeId, now: number): void {
    const name = nameOf(topic, partition);
    if (this.#nearest.get(name)?.node !== node) return;
    this.#nearest.delete(name);
    this.#avoidUntil = Math.max(this.#avoidUntil, now + pauseMs);
  }

  /** It could not be reached: leaders are asked again. */
  failed(node: NodeId, now: number): void {
    for (const [name, nearest] of this.#nearest) {
      if (nearest.node !== node) continue;
      this.#nearest.delete(name);
      this.#avoidUntil = now + avoidMs;
    }
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
