import { type Adapter, openAdapter } from '@isostream/core/adapter';
import { createMemory, createMemoryBroker, type MemoryBroker } from '@isostream/memory';
import { createStreams, type Streams } from '@isostream/core';
import { createOutbox, type Outbox, type OutboxRow, type Relay, type RelayOptions } from '../../src/index.ts';
import type { Death } from './death.ts';
import type { TestStore } from './over-store.ts';
import { orders, type OrderInput } from './orders.ts';

/** A database of a test: business data and an outbox, empty at first. */
export interface TestDatabase {
  readonly store: TestStore;
  /** Writes a business row and these events in one transaction. */
  transact(rows: readonly OutboxRow[], end: 'commit' | 'rollback'): Promise<void>;
}

/** What makes a wrong version of one part. */
export interface Distortion {
  readonly name: string;
  readonly store?: (store: TestStore) => TestStore;
  readonly streams?: (streams: Streams) => Streams;
  readonly transact?: (database: TestDatabase) => TestDatabase['transact'];
}

/** Everything that one scenario works with. */
export class Stage {
  readonly broker: MemoryBroker = createMemoryBroker();
  readonly control: ReturnType<typeof createMemory>['control'];
  readonly #database: TestDatabase;
  readonly #distortion: Distortion;
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly outbox: Outbox<never, unknown>;

  constructor(database: TestDatabase, distortion: Distortion) {
    this.#database = database;
    this.#distortion = distortion;
    this.control = createMemory({ broker: this.broker }).control;
    this.outbox = createOutbox({ store: database.store, topics: [orders] });
  }

  async write(events: readonly OrderInput[], end: 'commit' | 'rollback' = 'commit'): Promise<void> {
    const { rows } = await this.outbox.prepare(orders, ...events);
    const transact = this.#distortion.transact?.(this.#database) ?? this.#database.transact.bind(this.#database);
    await transact(rows, end);
  }

  /** A relay that runs until the scenario ends, or until it is stopped. */
  async relay(
    options: RelayOptions = {},
    death?: Death,
    over: (store: TestStore) => TestStore = (same) => same,
  ): Promise<{ readonly relay: Relay; stop(): Promise<void> }> {
    const streams = await this.connect(death);
    const store = over(death?.of(this.#database.store) ?? this.#database.store);
    const { store: distortStore = (same) => same, streams: distortStreams = (same) => same } = this.#distortion;
    const outbox = createOutbox({ store: distortStore(store), topics: [orders] });
    const relay = outbox.relay(distortStreams(streams), { pollInterval: 5, sessionTimeout: 400, ...options });
    const end = new AbortController();
    const running = relay.run({ signal: end.signal });
    running.catch(() => undefined);
    const stop = async (): Promise<void> => {
      end.abort();
      // A dead one never answers.
      if (death === undefined) await running;
    };
    this.#ends.push(stop);
    return { relay, stop };
  }

  async connect(death?: Death): Promise<Streams> {
    const memory = inSmallRequests(openAdapter(createMemory({ broker: this.broker })));
    const streams = await createStreams({
      adapter: death?.ofAdapter(memory) ?? memory,
      topics: [orders],
      topology: 'ensure',
    });
    if (death === undefined) this.#ends.unshift(() => streams.close());
    return streams;
  }

  async close(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
  }
}

/** Events of one key travel in several requests, some of which may fail. */
function inSmallRequests(memory: Adapter): Adapter {
  return {
    ...memory,
    createSink: (topic) => {
      const sink = memory.createSink(topic);
      return Object.assign(sink, { limits: { ...sink.limits, eventsPerLane: 4 } });
    },
  };
}
