import {
  type Clock,
  type Duration,
  type Assignment,
  type SourceListener,
  pause,
  sleep,
  StreamError,
  systemClock,
  toMilliseconds,
  untilAborted,
  Warnings,
} from '@isostream/core/adapter';
import { Discovery } from './discovery.ts';
import { type LeaseEvents, OwnLease, type Successor, type Terms } from './held-lease.ts';
import { freshLease, type Lease, takenBy } from './lease.ts';
import { LeaseMemory, type SetBack } from './lease-memory.ts';
import type { LeaseStore } from './lease-store.ts';
import { LeaseWatch, type SeenLease } from './lease-watch.ts';
import type { PartitionSource } from './partition-source.ts';
import { plan } from './plan.ts';
import { inParallel, StoreCalls } from './store-calls.ts';

/** How one member of one group takes part in reading one topic. */
export interface CoordinatorOptions {
  readonly store: LeaseStore;
  readonly partitions: PartitionSource;
  /** This member's name. Unique for each run, so that no two processes, and no two lives of one, hold a lease together. */
  readonly member: string;
  /** The adapter's name, in front of messages. */
  readonly where: string;
  /** Topic and group, for messages: `topic "orders", group "billing"`. */
  readonly what: string;
  /**
   * How long a silent member keeps its leases, from their last renewal; default 10 s. Shorter: the partitions of a crashed member move sooner, and
   * the store is asked more often. Within this time a member lists all leases three to four times (more often while it
   * waits for a partition, once if it has all of them), and writes each of its own at least three times.
   */
  readonly sessionTimeout?: Duration;
  /** How often the topic's partitions are listed; default 1 min. */
  readonly discovery?: Duration;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Parts of `sessionTimeout`: for whoever makes the leases of a new group, and until all who start with this member have shown themselves. */
const giveWayFor = 1 / 160;
const arrivalLasts = 1 / 60;

interface Holding {
  readonly held: OwnLease;
  readonly assignment: Assignment;
  /** Set once it is on its way out. */
  leaving: Promise<void> | undefined;
}

/**
 * One group member on one topic: holds its fair share of the leases, and tells core of the assignments that come and go. An
 * adapter's `Source.run` makes one and runs it.
 */
export class LeaseCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #listener: SourceListener;
  readonly #terms: Terms;
  readonly #warnings: Warnings;
  readonly #random: () => number;
  readonly #discoveryMs: number;
  readonly #discovery: Discovery;
  readonly #watch = new LeaseWatch();
  readonly #memory = new LeaseMemory();
  readonly #holdings = new Map<string, Holding>();
  readonly #leave = new AbortController();
  #nextDiscovery = -Infinity;
  #isWaiting = false;
  /** Nobody else can have a lease that runs out. Whoever asks for one is noticed at the next write of it. */
  #isAlone = false;
  /** It took one lease, and looks who else is there before it takes its share. */
  #isArriving = false;
  #failure: StreamError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: CoordinatorOptions, listener: SourceListener) {
    const { store, partitions, member, where, what, discovery = '1m', clock = systemClock } = options;
    const leaseMs = toMilliseconds(options.sessionTimeout ?? '10s', 'sessionTimeout');
    if (leaseMs < 100)
      throw new StreamError('invalid-config', `sessionTimeout is ${leaseMs} ms. Give at least 100`, { where });
    this.#options = options;
    this.#listener = listener;
    this.#terms = { store: new StoreCalls(store, clock, leaseMs / 3, where), clock, member, leaseMs, where, what };
    this.#warnings = new Warnings(where, clock);
    this.#random = options.random ?? Math.random;
    this.#discoveryMs = toMilliseconds(discovery, 'discovery');
    this.#discovery = new Discovery(partitions, this.#terms.store, where, (signal) =>
      pause(leaseMs * giveWayFor * (0.5 + this.#random()), signal, clock),
    );
  }

  /**
   * Takes part until the signal is aborted; then drains and releases everything, so that others go on at once. Rejects with
   * errors that need operator action, after the same. Retries transient errors. Once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const leave = (): void => this.#leaveNow();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    while (!this.#isLeaving) {
      await this.#round();
      await this.#pause();
      for (let more = 4; more > 0 && this.#mayRest; more--) await this.#pause();
    }
    signal.removeEventListener('abort', leave);
    await Promise.all([...this.#holdings.values()].map((holding) => this.#handOver(holding)));
    if (this.#isWaiting) await this.#withdraw();
    if (this.#failure !== undefined) throw this.#failure;
  }

  get #isLeaving(): boolean {
    return this.#leave.signal.aborted;
  }

  /** Nothing is to be looked for, and nothing happened to its leases meanwhile. */
  get #mayRest(): boolean {
    return this.#isAlone && !this.#isLeaving && this.#terms.clock.monotonic() < this.#nextDiscovery;
  }

  async #round(): Promise<void> {
    try {
      let { seen, setBack } = await this.#look();
      if (setBack.length > 0 || this.#terms.clock.monotonic() >= this.#nextDiscovery) {
        await this.#repair(seen, setBack);
        ({ seen, setBack } = await this.#look());
      }
      // What has no lease counts as read: nothing is taken until those that vanished are there again.
      if (setBack.length > 0) return;
      await this.#act(seen);
      // Discovery stored where each partition begins, also of those that are somebody else's.
      if (!this.#isWaiting && !this.#isArriving && !this.#isLeaving) this.#listener.ready?.();
    } catch (thrown) {
      this.#isAlone = false;
      if (!this.#isLeaving) this.#troubled(StreamError.from(thrown, this.#terms.where));
    }
  }

  /** Makes leases right where others than members changed them, and gives leases to partitions that have none. */
  async #repair(seen: readonly SeenLease[], setBack: readonly SetBack[]): Promise<void> {
    await inParallel(8, setBack, (one) => this.#restore(one));
    const vanished = setBack.filter(({ is }) => is === undefined);
    if (vanished.length === 0 && this.#terms.clock.monotonic() < this.#nextDiscovery) return;
    await this.#discover(seen.map(({ lease }) => lease));
    // Members forget the leases of partitions that are gone; of others, nobody may.
    for (const { was } of vanished) if (this.#memory.leases.has(was.partition)) this.#tellRestored(was.partition);
  }

  async #discover(leases: readonly Lease[]): Promise<void> {
    const { signal } = this.#leave;
    // Whoever leaves does not wait for a list of partitions.
    const partitions = await untilAborted(this.#discovery.run(leases, this.#memory.leases, signal), signal);
    this.#memory.keepOnly(new Set(partitions.map(({ partition }) => partition)));
    this.#nextDiscovery = this.#terms.clock.monotonic() + this.#discoveryMs * (0.75 + 0.5 * this.#random());
  }

  async #look(): Promise<{ seen: readonly SeenLease[]; setBack: readonly SetBack[] }> {
    const { clock, store } = this.#terms;
    const askedAt = clock.monotonic();
    this.#watch.ask(askedAt);
    const leases = await store.list();
    const seen = this.#watch.look(leases, askedAt, clock.monotonic());
    return { seen, setBack: this.#memory.look(leases) };
  }

  /** The owner knows best where it is. Of others the newest lease that was seen; one that is missing waits for discovery. */
  async #restore({ was, is }: SetBack): Promise<void> {
    const holding = this.#holdings.get(was.partition);
    if (holding !== undefined) await holding.held.renew();
    else if (is !== undefined) {
      this.#tellRestored(was.partition, is);
      await this.#terms.store.replace({ ...was, counter: was.counter + 1 }, is.counter);
    }
  }

  #tellRestored(partition: string, found?: Lease): void {
    const { what } = this.#terms;
    const how = found === undefined ? 'was deleted' : 'was replaced by an older copy';
    const message = `the lease of partition ${partition} of ${what} ${how}, not by a member. It is written anew, the group loses nothing. To move a group use admin.reset`;
    this.#warnings.tell(message);
  }

  async #act(seen: readonly SeenLease[]): Promise<void> {
    for (const { lease } of seen) this.#holdings.get(lease.partition)?.held.seen(lease);
    if (this.#isLeaving) return;
    const { member, leaseMs } = this.#terms;
    const { take, ask, isWaiting } = plan({ member, leaseMs, seen, held: new Set(this.#holdings.keys()) });
    this.#isWaiting = isWaiting;
    this.#isAlone = seen.every(({ lease }) => lease.isFinished || lease.owner === member);
    this.#isArriving = this.#holdings.size === 0 && take.length > 1;
    const now = this.#isArriving ? [...take.slice(placeOf(member) % take.length), ...take].slice(0, 1) : take;
    await inParallel(16, now, (lease) => this.#take(lease));
    await inParallel(16, ask, (lease) => this.#ask(lease));
  }

  async #take(lease: Lease): Promise<void> {
    const takenAt = this.#terms.clock.monotonic();
    const taken = takenBy(lease, this.#terms.member);
    // Whatever moved the group's position meanwhile also moved the counter: what was listed is where to go on.
    if (await this.#terms.store.replace(taken, lease.counter)) await this.#hold(taken, takenAt);
  }

  /** Its owner may be committing all the time, and each commit moves the counter: a few tries, then the next round. */
  async #ask(listed: Lease): Promise<void> {
    const { store, member } = this.#terms;
    let lease: Lease | undefined = listed;
    for (let tries = 0; tries < 5 && lease?.token === listed.token && lease.askedBy === undefined; tries++) {
      if (await this.#replace({ ...lease, askedBy: member }, lease.counter)) return;
      lease = await store.read(listed.partition);
    }
  }

  async #hold(taken: Lease, takenAt: number): Promise<void> {
    const { partition } = taken;
    const events: LeaseEvents = {
      asked: () => this.#with(held, (holding) => void this.#handOver(holding)),
      lost: (reason) =>
        this.#with(held, (holding) => {
          this.#holdings.delete(partition);
          this.#isAlone = false;
          this.#listener.lost(holding.assignment, reason);
        }),
      finished: (successors) =>
        this.#with(held, (holding) => {
          holding.leaving ??= this.#finish(holding, successors);
        }),
      restored: (found) => this.#tellRestored(partition, found),
      troubled: (error) => this.#troubled(error),
    };
    const held = new OwnLease(taken, takenAt, this.#terms, events);
    try {
      const assignment = this.#options.partitions.open(held);
      this.#holdings.set(partition, { held, assignment, leaving: undefined });
      this.#listener.assigned(assignment);
    } catch (thrown) {
      // Held by nobody's assignment it would renew itself for ever, and no other member could read it.
      await held.release();
      throw thrown;
    }
  }

  /** What an earlier lease of the same partition still says is not about the present one. */
  #with(held: OwnLease, then: (holding: Holding) => void): void {
    const holding = this.#holdings.get(held.partition);
    if (holding?.held === held) then(holding);
  }

  /** Drains, commits, releases: its next owner starts exactly there. */
  #handOver(holding: Holding): Promise<void> {
    holding.leaving ??= this.#drain(holding, () => holding.held.release());
    return holding.leaving;
  }

  async #finish(holding: Holding, successors: readonly Successor[]): Promise<void> {
    const { held } = holding;
    // Before the lease is closed: after a crash in between the next owner finds the end again and does the same.
    const isFollowed = await this.#follow(held, successors);
    await this.#drain(holding, () => (isFollowed ? held.close() : held.release()));
  }

  /** Leases for the partitions that follow; `false` if creating them needs operator action. */
  async #follow(held: OwnLease, successors: readonly Successor[]): Promise<boolean> {
    const { store, clock, leaseMs, where } = this.#terms;
    const missing = [...successors];
    for (let next = missing[0]; next !== undefined && held.isHeld; next = missing[0]) {
      try {
        await store.create(freshLease(next, next.position));
        missing.shift();
      } catch (thrown) {
        const error = StreamError.from(thrown, where);
        this.#troubled(error);
        if (!error.retryable) return false;
        await sleep(clock, leaseMs / 20);
      }
    }
    return true;
  }

  async #drain(holding: Holding, end: () => Promise<void>): Promise<void> {
    await this.#listener.revoking(holding.assignment);
    await end();
    this.#with(holding.held, () => this.#holdings.delete(holding.held.partition));
    this.#isAlone = false;
    this.#wake?.();
  }

  /** Whoever leaves takes back what it asked for, so that nothing is kept for it. Once is enough: it would run out anyway. */
  async #withdraw(): Promise<void> {
    const { store, member, where } = this.#terms;
    try {
      const asked = (await store.list()).filter(({ askedBy }) => askedBy === member);
      await inParallel(16, asked, (lease) => this.#replace({ ...lease, askedBy: undefined }, lease.counter));
    } catch (thrown) {
      this.#troubled(StreamError.from(thrown, where));
    }
  }

  #replace(lease: Lease, counter: number): Promise<boolean> {
    return this.#terms.store.replace({ ...lease, counter: counter + 1 }, counter);
  }

  /**
   * Until it is worth looking again: soon if a partition is on its way, in the moment in which an owner that was not heard
   * of since counts as dead, and else never in step with the others.
   */
  async #pause(): Promise<void> {
    if (this.#isLeaving) return;
    const { clock, leaseMs, member } = this.#terms;
    const part = this.#isArriving ? arrivalLasts : this.#isWaiting ? 1 / 12 : 1 / 3;
    const usual = leaseMs * part * (0.7 + 0.25 * this.#random());
    const ms = Math.min(usual, this.#watch.untilExpiry(member, leaseMs, clock.monotonic()));
    await new Promise<void>((resolve) => {
      const cancel = clock.timer(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #troubled(error: StreamError): void {
    const { what } = this.#terms;
    const message = `the leases of ${what} cannot be reached. Partitions keep their owners until their leases expire`;
    if (error.retryable) this.#warnings.tell(message, error);
    else if (error.code !== 'lease-lost') {
      this.#failure ??= error;
      this.#leaveNow();
    }
  }

  #leaveNow(): void {
    this.#leave.abort();
    for (const holding of this.#holdings.values()) void this.#handOver(holding);
    this.#wake?.();
  }
}

/** A number that follows from a name: members that start together begin at different leases. */
function placeOf(name: string): number {
  let place = 0;
  for (const character of name) place = (Math.imul(place, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return place;
}
