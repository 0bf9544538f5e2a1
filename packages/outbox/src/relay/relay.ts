import { randomUUID } from 'node:crypto';
import { type HeldLease, LeaseCoordinator } from '@isostream/coordination';
import type { Duration, StreamError, Streams, Topic } from '@isostream/core';
import {
  type Assignment,
  linkedSignal,
  pause,
  retrying,
  settledWithin,
  systemClock,
  toMilliseconds,
  Warnings,
} from '@isostream/core/adapter';
import { shardNames } from '../row.ts';
import type { OutboxStore, Page, RefusedRow } from '../store.ts';
import { LowMark } from './low-mark.ts';
import { Sender } from './sender.ts';
import { Share } from './shares.ts';
import { WaitingKeys } from './waiting-keys.ts';

export interface RelayOptions {
  /** How often an outbox without new rows is read. Default 200 ms. */
  readonly pollInterval?: Duration;
  /** Rows that are read, sent and removed together. Default 1,000. */
  readonly pageSize?: number;
  /** How long a relay that is silent keeps its keys. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /** How long an event is tried before its key waits and other keys go on. Default 10 s. */
  readonly deliveryTimeout?: Duration;
}

/** What a relay has done since it runs. */
export interface RelayStatus {
  /** Shares of the outbox that it holds, of 16. */
  readonly shares: number;
  readonly sent: number;
  readonly setAside: number;
  /** Keys that wait for their next attempt. */
  readonly waitingKeys: number;
  readonly lastError?: StreamError;
}

/** Rows that commit unseen behind the mark come only from writers who do not take the lock of their key. */
const rereadMs = 60_000;

/** So long a share that has to go waits for the outbox, beside the events that are under way. */
const storeTimeMs = 10_000;

/** Sends what was written to an outbox: each key in its order, and no key by two relays at a time. */
export class Relay {
  readonly #store: OutboxStore<never, unknown>;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #options: RelayOptions;
  readonly #sender: Sender;
  readonly #shares = new Map<Assignment, Share>();
  readonly #mark = new LowMark();
  readonly #waiting = new WaitingKeys();
  readonly #warnings = new Warnings('outbox');
  #markReadAt = 0;
  readonly #drainMs: number;
  #page: Promise<unknown> = Promise.resolve();
  /** Rows that can be removed. */
  #done: { readonly sent: string[]; readonly refused: RefusedRow[] } = { sent: [], refused: [] };
  #sent = 0;
  #setAside = 0;
  #lastError: StreamError | undefined;

  constructor(
    store: OutboxStore<never, unknown>,
    topics: ReadonlyMap<string, Topic>,
    streams: Streams,
    options: RelayOptions,
  ) {
    this.#store = store;
    this.#topics = topics;
    this.#options = options;
    const { deliveryTimeout = '10s' } = options;
    this.#drainMs = toMilliseconds(deliveryTimeout, 'deliveryTimeout') + storeTimeMs;
    this.#sender = new Sender(streams, topics, deliveryTimeout);
  }

  get status(): RelayStatus {
    return {
      shares: this.#shares.size,
      sent: this.#sent,
      setAside: this.#setAside,
      waitingKeys: this.#waiting.size,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /**
   * Relays until the signal is aborted; then finishes what it has begun and gives its shares to the other relays at once. What
   * cannot be reached is tried again. Rejects with errors that need operator action. Once.
   */
  async run({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const failed = new AbortController();
    const { signal: either, unlink } = linkedSignal([signal, failed.signal]);
    const coordinating = this.#coordinator().run(either);
    // Without its shares it has nothing to do.
    coordinating.catch(() => failed.abort());
    try {
      await this.#loop(either);
    } finally {
      failed.abort();
      unlink();
      try {
        await coordinating;
      } finally {
        await this.#sender.close();
      }
    }
  }

  #coordinator(): LeaseCoordinator {
    const listener = {
      assigned: (assignment: Assignment) => {
        if (assignment instanceof Share) this.#shares.set(assignment, assignment);
        // Nobody has looked for rows of this share below the mark.
        this.#mark.reset();
      },
      revoking: async (assignment: Assignment) => {
        const share = this.#shares.get(assignment);
        if (share !== undefined) share.isLeaving = true;
        // What is under way is sent and removed before another relay may have the keys.
        await settledWithin(this.#page, this.#drainMs);
        this.#shares.delete(assignment);
      },
      lost: (assignment: Assignment) => void this.#shares.delete(assignment),
    };
    const partitions = {
      list: async () => shardNames.map((partition) => ({ partition })),
      start: async () => ({ position: '0' }),
      open: (held: HeldLease) => new Share(held),
    };
    const { sessionTimeout = '10s' } = this.#options;
    const member = `relay-${randomUUID()}`;
    return new LeaseCoordinator(
      { store: this.#store.leases, partitions, member, where: 'outbox', what: 'the outbox', sessionTimeout },
      listener,
    );
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const pollMs = toMilliseconds(this.#options.pollInterval ?? '200ms', 'pollInterval');
    const retry = { what: 'the outbox', where: 'outbox', warnings: this.#warnings, signal };
    while (!signal.aborted) {
      const hasMore = await retrying(() => {
        const page = this.#relayPage();
        this.#page = page;
        return page;
      }, retry);
      if (hasMore !== true) await pause(pollMs, signal);
    }
  }

  /** Reads a page, sends it and removes it. True if there may be more at once. */
  async #relayPage(): Promise<boolean> {
    // Sent already, though the outbox could not be told: never again.
    await this.#removeDone();
    const shares = new Map(
      [...this.#shares.values()].filter(({ isOpen }) => isOpen).map((share) => [share.shard, share]),
    );
    if (shares.size === 0) return false;
    const now = systemClock.monotonic();
    if (now - this.#markReadAt > rereadMs) {
      this.#mark.reset();
      this.#markReadAt = now;
    }
    const without = this.#waiting.at(now);
    const limit = this.#options.pageSize ?? 1_000;
    const request = {
      shards: [...shares.keys()],
      topics: [...this.#topics.keys()],
      without,
      after: this.#mark.mark,
      limit,
    };
    const { beginning } = this.#mark;
    const page = await this.#store.read(request);
    const left = await this.#send(page, shares);
    await this.#removeDone();
    if (left === 0 && without.length === 0) this.#mark.passed(page, beginning, page.rows.length === limit);
    return left === 0 && page.rows.length === limit;
  }

  /** Resolves with how many rows have to stay in the outbox. */
  async #send({ rows }: Page, shares: ReadonlyMap<number, Share>): Promise<number> {
    if (rows.length === 0) return 0;
    const { sent, refused, waiting } = await this.#sender.send(rows, shares);
    const sentWithoutKey = new Set<string>();
    for (const { seq, topic, key } of sent) {
      this.#done.sent.push(seq);
      if (key === null) sentWithoutKey.add(topic);
      this.#waiting.sent(topic, key);
    }
    for (const { row, error } of refused) {
      this.#lastError = error;
      this.#done.refused.push({ seq: row.seq, code: error.code, message: error.message });
      this.#warnings.tell('an event of the outbox cannot be sent; it is set aside', error);
    }
    const now = systemClock.monotonic();
    const keys = new Set<string>();
    for (const { row, error } of waiting) {
      if (error.code === 'closed') throw error;
      const name = `${row.topic}/${row.key ?? ''}`;
      // Without a key there is no order: they wait only where none of them goes through.
      if (keys.has(name) || (row.key === null && sentWithoutKey.has(row.topic))) continue;
      keys.add(name);
      this.#lastError = error;
      this.#warnings.tell('events of the outbox cannot be sent for now; their keys wait', error);
      this.#waiting.failed(row.topic, row.key, now, Math.random);
    }
    return waiting.length;
  }

  async #removeDone(): Promise<void> {
    const { sent, refused } = this.#done;
    if (sent.length + refused.length === 0) return;
    await this.#store.remove(sent, refused);
    this.#sent += sent.length;
    this.#setAside += refused.length;
    this.#done = { sent: [], refused: [] };
  }
}
