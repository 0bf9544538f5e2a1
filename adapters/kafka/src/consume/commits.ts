import { sleep, type StreamError, systemClock } from '@isostream/core/adapter';
import { kafkaError, toStreamError } from '../errors.ts';
import type { Member } from '../group/member.ts';
import type { PartitionOffset, Wire } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';

interface Waiting {
  readonly offset: bigint;
  readonly isOwned: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/** The group moved on or its coordinator did: the same commit again, if the partition is still ours. */
const passing = new Set([14, 15, 16, 22, 27, 7, 113]);
const pauseMs = 50;

/** Commits positions under the member's generation; those of one turn of the event loop share a request. */
export class Commits {
  readonly #wire: Wire;
  readonly #topic: string;
  readonly #member: Member;
  #waiting = new Map<number, Waiting>();
  #isSending = false;

  constructor(wire: Wire, topic: string, member: Member) {
    this.#wire = wire;
    this.#topic = topic;
    this.#member = member;
  }

  /** Resolves when the position is stored. Rejects with `lease-lost` once `isOwned` says no. One call at a time a partition. */
  commit(partition: number, offset: bigint, isOwned: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(partition, { offset, isOwned, resolve, reject });
      if (!this.#isSending) {
        this.#isSending = true;
        setImmediate(() => void this.#send());
      }
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      await this.#sendBatch(batch);
    }
    this.#isSending = false;
  }

  async #sendBatch(batch: Map<number, Waiting>): Promise<void> {
    let results: readonly PartitionOffset[];
    try {
      const node = await this.#member.coordinator();
      // From here to the request nothing waits: what is owned now is committed under the identity that owns it.
      this.#rejectLost(batch);
      if (batch.size === 0) return;
      const offsets = new Map([...batch].map(([partition, { offset }]) => [partition, offset]));
      results = await this.#wire.offsetCommit(node, this.#member.identity, this.#topic, offsets);
    } catch (thrown) {
      const error = toStreamError(thrown, `commit to topic "${this.#topic}"`);
      this.#member.forgetCoordinator();
      // A coordinator that is away for a moment loses nothing: the session decides how long that may last.
      if (error.retryable || (thrown instanceof WireError && passing.has(thrown.code))) await this.#again(batch);
      else for (const waiting of batch.values()) waiting.reject(error);
      return;
    }
    const again = new Map<number, Waiting>();
    for (const [partition, waiting] of batch) {
      const error = results.find((result) => result.partition === partition)?.error ?? -1;
      if (error === 0) waiting.resolve();
      else if (passing.has(error)) {
        if (error !== 22 && error !== 27 && error !== 113) this.#member.forgetCoordinator();
        again.set(partition, waiting);
      } else waiting.reject(kafkaError(error, `commit to partition ${partition} of topic "${this.#topic}"`));
    }
    if (again.size > 0) await this.#again(again);
  }

  #rejectLost(batch: Map<number, Waiting>): void {
    for (const [partition, waiting] of batch) {
      if (waiting.isOwned()) continue;
      batch.delete(partition);
      waiting.reject(kafkaError(25, `partition ${partition} of topic "${this.#topic}"`));
    }
  }

  async #again(batch: ReadonlyMap<number, Waiting>): Promise<void> {
    await sleep(systemClock, pauseMs);
    // Whoever lost a partition is not kept waiting for a coordinator that does not answer.
    for (const [partition, waiting] of batch)
      if (!waiting.isOwned()) waiting.reject(kafkaError(25, `partition ${partition} of topic "${this.#topic}"`));
    for (const [partition, waiting] of batch)
      if (waiting.isOwned() && !this.#waiting.has(partition)) this.#waiting.set(partition, waiting);
  }
}
