import { pause, backoffDelay, StreamError, untilAborted, Warnings } from '@isostream/core/adapter';
import { kafkaError, toStreamError } from '../errors.ts';
import type { Assignment, JoinResult, Membership, NodeId, Wire } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';
import { foreignGroup } from './foreign-group.ts';
import { type Member, type MembershipEvents, withTimeout } from './member.ts';
import { assign, type Claim, countsOf, encodeClaim, protocolName } from './assignor.ts';

export interface MembershipOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** For requests that may wait (join, sync): nothing else goes over what this makes. */
  readonly createWire: () => Wire;
  readonly wire: Wire;
  /** How many partitions the topic has now; `undefined` where nobody says so. */
  readonly countPartitions: () => Promise<number | undefined>;
}

/** Between two joins that fail: a coordinator that comes back is found again within a second. */
const joinBackoff = { initial: 100, max: 1_000, jitter: 'none' } as const;
/** How long the connection for joins is kept behind one. */
const joinWireMs = 3_000;
const rebalanceInProgress = 27;
const illegalGeneration = 22;
/** The coordinator is loading, absent or elsewhere: found again, nothing is lost yet. */
const coordinatorErrors = new Set([14, 15, 16]);
const sessionErrors = new Set([25, 82]);

/**
 * One member of a consumer group: joins, heartbeats, joins again when the group changes, and knows when its session is
 * over. One loop owns it; heartbeats go on while a join waits, on other connections, so that silence means trouble.
 */
export class GroupMember implements Member {
  readonly #options: MembershipOptions;
  readonly #events: MembershipEvents;
  readonly #stop = new AbortController();
  readonly #warnings = new Warnings('kafka');
  #memberId = '';
  #generation = -1;
  #coordinator: NodeId | undefined;
  #isLeaving = false;
  #rejoin = true;
  #isJoining = false;
  /** Joins that failed one after the other because of trouble. */
  #failures = 0;
  /** When the last request was sent that the coordinator answered well. */
  #aliveAt = performance.now();
  #wake: (() => void) | undefined;
  /** The first join, which gives this member its name. */
  #naming: Promise<JoinResult> | undefined;
  /** Only around a join: a group that is at rest needs none. */
  #joinWire: Wire | undefined;
  #joinedAt = 0;
  /** How many partitions the topic has, as this member last told the group. */
  #count: number | undefined;

  constructor(options: MembershipOptions, events: MembershipEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** The identity that commits carry. */
  get identity(): Membership {
    return { group: this.#options.group, memberId: this.#memberId, generation: this.#generation };
  }

  /**
   * False once the session must be over by this process's own clock. Whoever asks then loses everything, also if an answer of
   * the coordinator that was on its way says otherwise: what was given up is not taken back.
   */
  get isAlive(): boolean {
    if (performance.now() - this.#aliveAt < this.#options.sessionTimeoutMs) return true;
    if (this.#generation >= 0) this.#sessionOver(kafkaError(25, this.#what));
    return false;
  }

  /** Runs until {@link GroupMember.leave}. Rejects with errors that need operator action. */
  async run(): Promise<void> {
    const heartbeats = this.#heartbeats();
    try {
      while (!this.#stop.signal.aborted) {
        if (this.#rejoin) await this.#joinAgain();
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#stop.abort();
      await heartbeats;
    }
  }

  /** Something was released: the others can have it. */
  claimChanged(): void {
    this.#rejoin = true;
    this.#wakeUp();
  }

  /** Takes nothing more from now on, and stays until {@link GroupMember.leave}: whoever joins meanwhile is told so. */
  beginLeaving(): void {
    this.#isLeaving = true;
  }

  /** Tells the group goodbye, so that nobody waits for this member's session. Never throws. */
  async leave(): Promise<void> {
    this.#stop.abort();
    this.#wakeUp();
    try {
      await withTimeout(this.#sayGoodbye(), 3_000);
    } catch (error) {
      this.#warnings.tell(`could not leave group "${this.#options.group}"; its session will expire`, error);
    } finally {
      await this.#joinWire?.close();
    }
  }

  async coordinator(): Promise<NodeId> {
    return this.#findCoordinator();
  }

  /** The next request asks anew who the coordinator is. */
  forgetCoordinator(): void {
    this.#coordinator = undefined;
  }

  /** The coordinator waits also for a member that has only got its name. */
  async #sayGoodbye(): Promise<void> {
    await this.#naming?.catch(() => undefined);
    if (this.#memberId === '') return;
    await this.#options.wire.leaveGroup(await this.#findCoordinator(), this.identity);
  }

  async #joinAgain(): Promise<void> {
    this.#isJoining = true;
    this.#rejoin = false;
    try {
      // Who leaves between its join and the answer to it gets none, so nobody waits for that.
      await untilAborted(this.#join(), this.#stop.signal);
    } catch (thrown) {
      if (!this.#stop.signal.aborted) await this.#joinFailed(thrown);
    } finally {
      this.#isJoining = false;
      this.#joinedAt = performance.now();
    }
  }

  #waitingWire(): Wire {
    return (this.#joinWire ??= this.#options.createWire());
  }

  /** One join often follows another: the connection stays for a while. */
  #closeIdle(): void {
    if (this.#isJoining || performance.now() - this.#joinedAt < joinWireMs) return;
    void this.#joinWire?.close();
    this.#joinWire = undefined;
  }

  async #join(): Promise<void> {
    const { group, topic } = this.#options;
    const node = await this.#findCoordinator();
    this.#count = (await this.#countPartitions()) ?? this.#count;
    if (this.#stop.signal.aborted) return;
    if (this.#memberId === '') this.#naming = this.#requestJoin(node);
    let joined = await (this.#naming ?? this.#requestJoin(node)).finally(() => (this.#naming = undefined));
    if (this.#stop.signal.aborted) return;
    if (joined.generation === undefined) joined = await this.#requestJoin(node);
    const { memberId, generation = -1 } = joined;
    const assignments = joined.isLeader ? await this.#lead(joined.members) : new Map<string, Assignment>();
    const syncedAt = performance.now();
    const assignment = await this.#waitingWire().syncGroup(node, { group, memberId, generation }, assignments);
    if (this.#stop.signal.aborted) return;
    this.#failures = 0;
    this.#generation = generation;
    this.#alive(syncedAt);
    this.#events.assigned(assignment.get(topic) ?? [], generation);
  }

  async #requestJoin(node: NodeId): Promise<JoinResult> {
    const { group, topic, sessionTimeoutMs } = this.#options;
    const claim: Claim = {
      owned: { [topic]: this.#events.claim() },
      generation: this.#generation,
      isLeaving: this.#isLeaving,
      ...(this.#count === undefined ? {} : { counts: { [topic]: this.#count } }),
    };
    const sentAt = performance.now();
    const joined = await this.#waitingWire().joinGroup(node, {
      group,
      memberId: this.#memberId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: Math.max(sessionTimeoutMs, 10_000),
      protocol: protocolName,
      subscription: { topics: [topic], userData: encodeClaim(claim) },
    });
    this.#alive(sentAt);
    this.#memberId = joined.memberId;
    return joined;
  }

  /** Shares what the members see. Only where a topic's readers are too old to tell, the leader looks itself. */
  async #lead(members: JoinResult['members']): Promise<Map<string, Assignment>> {
    const counts = countsOf(members);
    const untold = new Set(
      members.flatMap(({ subscription }) => subscription.topics).filter((name) => !counts.has(name)),
    );
    if (untold.size > 0) {
      const { topics } = await this.#options.wire.metadata([...untold]);
      for (const { name, partitions } of topics) counts.set(name, partitions.length);
    }
    const partitions = new Map(
      [...counts].map(([name, count]) => [name, Array.from({ length: count }, (_, id) => id)]),
    );
    return assign(members, partitions);
  }

  async #joinFailed(thrown: unknown): Promise<void> {
    this.#rejoin = true;
    const code = thrown instanceof WireError ? thrown.code : 0;
    if (sessionErrors.has(code)) {
      this.#sessionOver(toStreamError(thrown, this.#what));
      return;
    }
    const isTrouble = code !== rebalanceInProgress && code !== illegalGeneration;
    if (isTrouble) {
      const error = toStreamError(thrown, this.#what);
      const isPassing = error.retryable || error.code === 'tls';
      if (!isPassing) throw (await this.#foreign()) ?? error;
      this.forgetCoordinator();
      if (!coordinatorErrors.has(code))
        this.#warnings.tell(`group "${this.#options.group}" cannot be joined at the moment`, error);
    }
    this.#failures = isTrouble ? this.#failures + 1 : 1;
    const waitMs = backoffDelay(joinBackoff, this.#failures, Math.random);
    await pause(waitMs, this.#stop.signal);
  }

  async #foreign(): Promise<StreamError | undefined> {
    const { wire, group } = this.#options;
    return this.#promptly(this.#findCoordinator().then((node) => foreignGroup(wire, node, group))).catch(
      () => undefined,
    );
  }

  /** Ends with {@link GroupMember.leave}; tells of trouble by the state that the loop looks at. */
  async #heartbeats(): Promise<void> {
    const intervalMs = Math.max(100, Math.min(this.#options.sessionTimeoutMs / 10, 1_000));
    for (let beat = 1; !this.#stop.signal.aborted; beat++) {
      await pause(intervalMs, this.#stop.signal);
      if (this.#stop.signal.aborted || this.#generation < 0) continue;
      this.#closeIdle();
      if (this.isAlive)
        await Promise.all([this.#heartbeat(), beat % 5 === 0 ? this.#lookForNewPartitions() : undefined]);
    }
  }

  async #heartbeat(): Promise<void> {
    const sentAt = performance.now();
    const { identity } = this;
    try {
      await this.#promptly(this.#findCoordinator().then((node) => this.#options.wire.heartbeat(node, identity)));
      this.#alive(sentAt);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      const code = thrown instanceof WireError ? thrown.code : 0;
      // A join that is under way may have moved the group on already.
      if (code === illegalGeneration && (this.#isJoining || identity.generation !== this.#generation)) return;
      if (code === rebalanceInProgress) {
        this.#alive(sentAt);
        if (!this.#isJoining) this.claimChanged();
      } else if (sessionErrors.has(code) || code === illegalGeneration)
        this.#sessionOver(toStreamError(thrown, this.#what));
      else this.forgetCoordinator();
    }
  }

  /** Every member looks at its own topic: the one that leads may read another, or be from before the topic grew. */
  async #lookForNewPartitions(): Promise<void> {
    if (this.#isJoining) return;
    const count = await this.#countPartitions();
    if (count !== undefined && count !== this.#count && !this.#isJoining) this.claimChanged();
  }

  /** `undefined` where nobody says so now. */
  async #countPartitions(): Promise<number | undefined> {
    return this.#promptly(this.#options.countPartitions()).catch(() => undefined);
  }

  #sessionOver(reason: StreamError): void {
    this.#memberId = '';
    this.#generation = -1;
    this.#aliveAt = performance.now();
    this.#events.lost(
      reason.code === 'lease-lost'
        ? reason
        : new StreamError('lease-lost', reason.message, { where: 'kafka', cause: reason }),
    );
    this.claimChanged();
  }

  async #findCoordinator(): Promise<NodeId> {
    if (this.#coordinator === undefined) {
      const { group, wire } = this.#options;
      this.#coordinator = await wire.coordinator(group);
    }
    return this.#coordinator;
  }

  /** A broker that does not answer must not cost the session, nor hold up the end. */
  #promptly<T>(work: Promise<T>): Promise<T> {
    return withTimeout(untilAborted(work, this.#stop.signal), this.#options.sessionTimeoutMs / 3);
  }

  #alive(at: number): void {
    this.#aliveAt = Math.max(this.#aliveAt, at);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  get #what(): string {
    return `group "${this.#options.group}"`;
  }
}
