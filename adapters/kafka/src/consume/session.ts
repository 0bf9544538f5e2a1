import { sleep, type SourceListener, StreamError, type Subscription, systemClock } from '@isostream/core/adapter';
import { type Cluster, createdAgain, isAnother, type SeenTopic } from '../client/cluster.ts';
import { kafkaError, toStreamError } from '../errors.ts';
import { ConsumerMember } from '../group/consumer-member.ts';
import type { Member, MembershipEvents } from '../group/member.ts';
import { GroupMember } from '../group/membership.ts';
import type { GroupProtocol } from '../group/protocol.ts';
import type { Wire } from '../client/wire.ts';
import { Commits } from './commits.ts';
import { PartitionCursor } from './partition-cursor.ts';
import type { Fetcher } from './fetcher.ts';
import { KafkaAssignment } from './assignment.ts';
import { startOffsets } from './positions.ts';

export interface SessionParts {
  readonly subscription: Subscription;
  readonly listener: SourceListener;
  readonly cluster: Cluster;
  readonly fetcher: Fetcher;
  /** They wait for other brokers, and heartbeats may not. */
  readonly commits: Wire;
  /** A join that waits has a connection of its own. */
  readonly createWire: () => Wire;
  readonly sessionTimeoutMs: number;
  readonly protocol: GroupProtocol;
}

/** What this member holds of one partition. */
interface Holding {
  readonly partition: number;
  readonly generation: number;
  state: 'starting' | 'held' | 'draining';
  /** Absent while the group's position is being read. */
  open: { readonly cursor: PartitionCursor; readonly assignment: KafkaAssignment } | undefined;
}

/** The partitions of one member, from assignment to release. Owns that state; the membership only says what may be held. */
export class Session implements MembershipEvents {
  readonly #parts: SessionParts;
  readonly #member: Member;
  readonly #commits: Commits;
  /** The topic as it was at the start. */
  readonly #first: SeenTopic | undefined;
  readonly #holdings = new Map<number, Holding>();
  #failure: StreamError | undefined;
  #isLeaving = false;
  /** It was told its partitions since it joined. */
  #isAssigned = false;
  #ready: 'no' | 'asked' | 'told' = 'no';
  #released: (() => void) | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { topic } = parts.subscription;
    const { cluster } = parts;
    this.#first = cluster.known(topic);
    parts.fetcher.onAnother = (reason) => this.#createdAgain(reason);
    this.#member = this.#createMember();
    this.#commits = new Commits(parts.commits, topic, this.#member);
  }

  #createMember(): Member {
    const { subscription, cluster, createWire, sessionTimeoutMs, protocol } = this.#parts;
    const { topic, group } = subscription;
    const countPartitions = (): Promise<number | undefined> => this.#countPartitions();
    const common = { group, topic, sessionTimeoutMs, wire: cluster.wire, countPartitions };
    if (protocol === 'classic') return new GroupMember({ ...common, createWire }, this);
    const topicId = this.#first?.topicId;
    if (topicId === undefined) throw kafkaError(35, `group "${group}"`);
    return new ConsumerMember({ ...common, topicId }, this);
  }

  /** Until the signal is aborted or an error needs operator action; then drains, releases and leaves in either case. */
  async run(signal: AbortSignal): Promise<void> {
    const leave = (): void => this.#leave();
    signal.addEventListener('abort', leave, { once: true });
    const released = new Promise<void>((resolve) => (this.#released = resolve));
    const membership = this.#member
      .run()
      .catch((thrown: unknown) => this.#fail(toStreamError(thrown, `group "${this.#parts.subscription.group}"`)));
    if (signal.aborted) this.#leave();
    await released;
    signal.removeEventListener('abort', leave);
    await this.#member.leave();
    await membership;
    if (this.#failure !== undefined) throw this.#failure;
  }

  claim(): readonly number[] {
    return [...this.#holdings.keys()];
  }

  assigned(partitions: readonly number[], generation: number): void {
    for (const holding of this.#holdings.values())
      if (!partitions.includes(holding.partition)) void this.#release(holding);
    if (this.#isLeaving) return;
    this.#isAssigned = true;
    const starting: Holding[] = [];
    for (const partition of partitions) {
      if (this.#holdings.has(partition)) continue;
      const holding: Holding = { partition, generation, state: 'starting', open: undefined };
      this.#holdings.set(partition, holding);
      starting.push(holding);
    }
    void this.#start(starting).then(() => this.#checkReady());
  }

  /** Tells that it is ready once it has what the group gave it, and the group knows where it begins in every partition. */
  async #checkReady(): Promise<void> {
    if (this.#ready !== 'no') return;
    this.#ready = 'asked';
    while (this.#hasStarted && !(await this.#isStored().catch(() => false))) await sleep(systemClock, 100);
    this.#ready = this.#hasStarted ? 'told' : 'no';
    if (this.#hasStarted) this.#parts.listener.ready?.();
  }

  get #hasStarted(): boolean {
    const isStarting = [...this.#holdings.values()].some(({ state }) => state === 'starting');
    return this.#isAssigned && !isStarting && !this.#isLeaving;
  }

  /** Also in partitions that others have, or had: what is sent from now on is behind where they begin. */
  async #isStored(): Promise<boolean> {
    const { cluster, subscription } = this.#parts;
    const all = (cluster.known(subscription.topic)?.partitions ?? []).map((_, partition) => partition);
    const node = await this.#member.coordinator();
    const stored = await cluster.wire.offsetFetch(node, subscription.group, subscription.topic, all);
    return stored.length === all.length && stored.every(({ error, offset }) => error === 0 && offset >= 0n);
  }

  lost(reason: StreamError): void {
    this.#isAssigned = false;
    for (const holding of Array.from(this.#holdings.values())) {
      this.#forget(holding);
      if (holding.open !== undefined) this.#parts.listener.lost(holding.open.assignment, reason);
    }
    this.#checkReleased();
  }

  /** Members that hold nothing look as well: they would wait for a topic that is gone. */
  async #countPartitions(): Promise<number | undefined> {
    const { cluster, subscription } = this.#parts;
    try {
      const topic = await cluster.refresh(subscription.topic);
      if (!isAnother(this.#first, topic)) return topic.partitions.length;
      this.#createdAgain(createdAgain(subscription.topic));
    } catch (thrown) {
      if (StreamError.is(thrown) && thrown.code === 'unknown-topic') this.#fail(thrown);
    }
    return undefined;
  }

  /** Nothing is committed any more: what was read in the old topic says nothing of this one. */
  #createdAgain(reason: StreamError): void {
    this.lost(reason);
    this.#fail(reason);
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#member.beginLeaving();
    for (const holding of this.#holdings.values()) void this.#release(holding);
    this.#checkReleased();
  }

  #fail(error: StreamError): void {
    this.#failure ??= error;
    this.#leave();
  }

  /** Reads where the group stands, and begins there. Connection errors are retried until the service recovers. */
  async #start(holdings: readonly Holding[]): Promise<void> {
    for (let waiting = holdings; waiting.length > 0; waiting = waiting.filter((holding) => this.#isStarting(holding))) {
      try {
        const positions = await this.#positions(waiting.map(({ partition }) => partition));
        for (const holding of waiting) {
          const position = positions.get(holding.partition);
          if (position !== undefined && this.#isStarting(holding)) this.#open(holding, position);
        }
      } catch (thrown) {
        const error = toStreamError(thrown, `group "${this.#parts.subscription.group}"`);
        if (!error.retryable) {
          this.#fail(error);
          return;
        }
        this.#member.forgetCoordinator();
        await sleep(systemClock, 100);
        await this.#parts.cluster.refresh(this.#parts.subscription.topic).catch(() => undefined);
      }
    }
  }

  /** The group's positions; what it never had is resolved now and stored at once, so that a crash does not move the start. */
  async #positions(partitions: readonly number[]): Promise<Map<number, bigint>> {
    const { cluster, subscription } = this.#parts;
    const { group, topic, from } = subscription;
    const committed = await cluster.wire.offsetFetch(await this.#member.coordinator(), group, topic, partitions);
    const positions = new Map<number, bigint>();
    for (const { partition, error, offset } of committed) {
      if (error !== 0) throw kafkaError(error, `group "${group}", partition ${partition}`);
      if (offset >= 0n) positions.set(partition, offset);
    }
    const unknown = partitions.filter((partition) => !positions.has(partition));
    if (unknown.length === 0) return positions;
    const starts = await startOffsets(cluster, topic, unknown, from);
    const stored = [...starts].map(async ([partition, offset]) => {
      await this.#commits.commit(partition, offset, () => this.#holdings.has(partition));
      positions.set(partition, offset);
    });
    const failed = (await Promise.allSettled(stored)).find((result) => result.status === 'rejected');
    const reason: unknown = failed?.reason;
    // A partition that was taken away meanwhile starts with its next owner; anything else is tried again.
    if (failed !== undefined && !(StreamError.is(reason) && reason.code === 'lease-lost')) throw reason;
    return positions;
  }

  #open(holding: Holding, position: bigint): void {
    const { fetcher, listener } = this.#parts;
    const cursor = new PartitionCursor(holding.partition, position);
    const isOwned = (): boolean => this.#holdings.get(holding.partition) === holding;
    const assignment = new KafkaAssignment({
      cursor,
      fetcher,
      fencingToken: String(holding.generation),
      // In this order: a session that is over is another one from then on.
      isHeld: () => this.#member.isAlive && isOwned(),
      commit: (next) => this.#commits.commit(holding.partition, next, isOwned),
    });
    holding.open = { cursor, assignment };
    holding.state = 'held';
    fetcher.add(cursor);
    listener.assigned(assignment);
  }

  async #release(holding: Holding): Promise<void> {
    if (holding.state === 'draining') return;
    holding.state = 'draining';
    if (holding.open !== undefined) await this.#parts.listener.revoking(holding.open.assignment);
    if (this.#holdings.get(holding.partition) !== holding) return;
    this.#forget(holding);
    if (!this.#isLeaving) this.#member.claimChanged();
    this.#checkReleased();
  }

  #forget(holding: Holding): void {
    this.#holdings.delete(holding.partition);
    if (holding.open !== undefined) this.#parts.fetcher.remove(holding.open.cursor);
  }

  #isStarting(holding: Holding): boolean {
    return holding.state === 'starting' && this.#holdings.get(holding.partition) === holding;
  }

  #checkReleased(): void {
    if (this.#isLeaving && this.#holdings.size === 0) this.#released?.();
  }
}
