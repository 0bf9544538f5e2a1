import { StreamError, type Streams, type Topic } from '@isostream/core';
import { prepareRow } from './prepare.ts';
import { Relay, type RelayOptions } from './relay/relay.ts';
import type { OutboxRow } from './row.ts';
import type { Backlog, OutboxStore, SetAsideRow } from './store.ts';

export interface OutboxOptions<Tx, Written> {
  /** `postgresOutbox(pool)` or `sqliteOutbox(database)`. */
  readonly store: OutboxStore<Tx, Written>;
  /** Topics that this process writes or relays; a relay leaves rows of others to other relays. */
  readonly topics: readonly Topic[];
}

/** Events that were checked and can be written. */
export interface PreparedEvents {
  readonly rows: readonly OutboxRow[];
}

/** Events that exist exactly if the transaction that wrote them commits. */
export interface Outbox<Tx, Written> {
  /** Creates the tables that are missing. */
  ensure(): Promise<void>;
  /**
   * Checks events and writes them in the transaction. Rejects with `schema-violation`, `invalid-event` or `invalid-key`, and
   * then nothing was written. Only where `write` returns a promise: with SQLite use `prepare` and `write`.
   */
  add<Input>(
    tx: Promise<void> extends Written ? Tx : never,
    topic: Topic<Input>,
    ...events: NoInfer<Input>[]
  ): Promise<void>;
  /** Checks events, with schemas that may take their time. Nothing is written yet. Rejects as `add`. */
  prepare<Input>(topic: Topic<Input>, ...events: NoInfer<Input>[]): Promise<PreparedEvents>;
  /** Writes prepared events in the transaction. */
  write(tx: Tx, prepared: PreparedEvents): Written;
  /** A relay that sends what was written by these streams; run as many as you like, in any processes. */
  relay(streams: Streams, options?: RelayOptions): Relay;
  /** How much waits, and how much was set aside. Counts: not for every second on a table of millions. */
  backlog(): Promise<Backlog>;
  /** The oldest events that no attempt could send; `limit` is 100 by default. */
  setAside(limit?: number): Promise<readonly SetAsideRow[]>;
  /** Puts events that were set aside back, behind all others of their keys; resolves with how many there were. */
  putBack(ids: readonly string[]): Promise<number>;
}

/** An outbox for these topics. Throws `unsupported` for a raw topic. */
export function createOutbox<Tx, Written>({ store, topics }: OutboxOptions<Tx, Written>): Outbox<Tx, Written> {
  for (const { name, events } of topics)
    if (events === undefined) {
      const message = `topic "${name}" is raw. Declare its event types, so that its events can be checked before they are written`;
      throw new StreamError('unsupported', message, { where: 'outbox' });
    }
  return new StoredOutbox(store, topics);
}

class StoredOutbox<Tx, Written> implements Outbox<Tx, Written> {
  readonly #store: OutboxStore<Tx, Written>;
  readonly #topics: ReadonlyMap<string, Topic>;

  constructor(store: OutboxStore<Tx, Written>, topics: readonly Topic[]) {
    this.#store = store;
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]));
  }

  ensure(): Promise<void> {
    return this.#store.ensure();
  }

  async add<Input>(tx: Tx, topic: Topic<Input>, ...events: NoInfer<Input>[]): Promise<void> {
    await this.#store.write(tx, (await this.prepare(topic, ...events)).rows);
  }

  async prepare<Input>({ name }: Topic<Input>, ...events: NoInfer<Input>[]): Promise<PreparedEvents> {
    const topic = this.#topics.get(name);
    if (topic === undefined) {
      const message = `topic "${name}" is not one of this outbox. Name it in topics: no relay of this process would send its events`;
      throw new StreamError('invalid-config', message, { where: 'outbox' });
    }
    const now = Date.now();
    return { rows: await Promise.all(events.map((event) => prepareRow(topic, event, now))) };
  }

  write(tx: Tx, { rows }: PreparedEvents): Written {
    return this.#store.write(tx, rows);
  }

  relay(streams: Streams, options: RelayOptions = {}): Relay {
    return new Relay(this.#store, this.#topics, streams, options);
  }

  backlog(): Promise<Backlog> {
    return this.#store.backlog();
  }

  setAside(limit = 100): Promise<readonly SetAsideRow[]> {
    return this.#store.setAside(limit);
  }

  putBack(ids: readonly string[]): Promise<number> {
    return this.#store.putBack(ids);
  }
}
