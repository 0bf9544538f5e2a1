import { createVirtualClock, type VirtualClock } from '@isostream/memory';
import { LeaseCoordinator } from '../../src/lease-coordinator.ts';
import type { CoordinatedPartition } from '../../src/lease.ts';
import type { LeaseStore } from '../../src/lease-store.ts';
import { createMemoryLeaseStore } from '../../src/memory-lease-store.ts';
import { Gate } from './gate.ts';
import type { Entry } from './history.ts';
import { recorded, throughNetwork, type Weather } from './network.ts';
import { Reader } from './reader.ts';

export const leaseMs = 1_000;

interface Member {
  readonly gate: Gate;
  readonly reader: Reader;
  readonly stop: AbortController;
  isRunning: boolean;
}

interface Setting {
  readonly seed: number;
  readonly partitions: readonly (string | CoordinatedPartition)[];
  readonly store?: LeaseStore;
  /** How long a silent member keeps its leases, as large against the times of the network as it is in use. */
  readonly sessionTimeout?: number;
  /** Where partitions end that do. */
  readonly ends?: ReadonlyMap<string, number>;
}

/** Members of one group on machines of their own, a store behind a network, and a time that the test moves. */
export class SimulatedGroup {
  readonly clock: VirtualClock = createVirtualClock();
  readonly weather: Weather = { isDown: false, trouble: 0 };
  readonly history: Entry[] = [];
  readonly failures: unknown[] = [];
  /** May be changed while the group runs. */
  partitions: readonly CoordinatedPartition[];
  readonly store: LeaseStore;
  readonly random: () => number;
  readonly #ends: ReadonlyMap<string, number> | undefined;
  readonly #sessionTimeout: number;
  readonly #members = new Map<string, Member>();

  constructor({ seed, partitions, store = createMemoryLeaseStore(), ends, sessionTimeout = leaseMs }: Setting) {
    this.#sessionTimeout = sessionTimeout;
    this.partitions = partitions.map((one) => (typeof one === 'string' ? { partition: one } : one));
    this.store = recorded(store, this.history);
    this.random = pseudoRandom(seed);
    this.#ends = ends;
  }

  /** What each member that runs reads now. */
  get shares(): Map<string, string[]> {
    const running = [...this.#members].filter(([, { isRunning, gate }]) => isRunning && gate.isOpen);
    return new Map(running.map(([name, { reader }]) => [name, reader.partitions]));
  }

  get names(): string[] {
    return this.partitions.map(({ partition }) => partition);
  }

  join(name: string): void {
    const { random, weather } = this;
    // A clock that counts from another day, as a machine's does that was started then.
    const gate = new Gate(this.clock, Math.floor(random() * 1e9));
    const { clock } = gate;
    const reader = new Reader(name, clock, this.history, 100, this.#ends);
    const stop = new AbortController();
    const coordinator = new LeaseCoordinator(
      {
        store: throughNetwork(this.store, { clock: this.clock, gate, weather, random }),
        partitions: {
          list: async () => this.partitions,
          start: async () => ({ position: '0' }),
          open: (held) => reader.open(held),
        },
        member: name,
        where: 'test',
        what: 'group "simulated"',
        sessionTimeout: this.#sessionTimeout,
        discovery: 2 * this.#sessionTimeout,
        clock,
        random,
      },
      reader,
    );
    const member: Member = { gate, reader, stop, isRunning: true };
    this.#members.set(name, member);
    void coordinator
      .run(stop.signal)
      .catch((error: unknown) => this.failures.push(error))
      .finally(() => (member.isRunning = false));
  }

  /** Gracefully: the member finishes what it began, and lets go. */
  leave(name: string): void {
    this.#members.get(name)?.stop.abort();
  }

  pause(name: string): void {
    this.#members.get(name)?.gate.pause();
  }

  resume(name: string): void {
    this.#members.get(name)?.gate.resume();
  }

  isRunning(name: string): boolean {
    return this.#members.get(name)?.isRunning === true;
  }

  /** Moves time until the condition holds; throws if it does not within the given time. */
  async until(condition: () => boolean, ms: number): Promise<void> {
    for (let passed = 0; !condition(); passed += 20) {
      if (passed > ms) throw new Error(`not within ${ms} ms. Shares: ${JSON.stringify([...this.shares])}`);
      await this.clock.advance(20);
    }
  }

  /** Everybody leaves. */
  async end(): Promise<void> {
    for (const name of this.#members.keys()) {
      this.resume(name);
      this.leave(name);
    }
    await this.until(() => [...this.#members.values()].every(({ isRunning }) => !isRunning), 10 * leaseMs);
  }
}

/** The same numbers for the same seed: mulberry32. */
function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
