import { backoffDelay, pause, StreamError, untilAborted, Warnings } from '@isostream/core/adapter';
import { randomUUID } from 'node:crypto';
import { kafkaError, toStreamError } from '../errors.ts';
import type { ConsumerHeartbeat, Membership, NodeId, Wire } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';
import { type ConsumerIdentity, ConsumerState, coordinatorErrors } from './consumer-state.ts';
import { refuseClassicMembers } from './foreign-group.ts';
import { type Member, type MembershipEvents, withTimeout } from './member.ts';

export interface ConsumerMemberOptions {
  readonly group: string;
  readonly topic: string;
  /** The topic that positions are of: another one of its name has another id. */
  readonly topicId: string;
  readonly sessionTimeoutMs: number;
  readonly wire: Wire;
  /** Looks at the topic, and tells the source what became of it. */
  readonly countPartitions: () => Promise<number | undefined>;
}

const backoff = { initial: 100, max: 1_000, jitter: 'none' } as const;
const unknownMember = 25;
const unsupportedVersion = 35;
const fencedEpoch = 110;
/** How often a goodbye follows a coordinator that moves. */
const mostGoodbyes = 20;
/** A drain takes as long as its handlers: the member's session is what bounds it, not the rebalance. */
const rebalanceTimeoutMs = 24 * 3_600_000;
/** Between two looks at the topic. */
const lookMs = 5_000;

/**
 * One member of a group of the newer protocol (KIP-848): the coordinator assigns, and tells in its answers to heartbeats. One
 * loop owns it; no request of it waits at the broker.
 */
export class ConsumerMember implements Member {
  readonly #options: ConsumerMemberOptions;
  readonly #events: MembershipEvents;
  readonly #state: ConsumerState;
  readonly #stop = new AbortController();
  readonly #warnings = new Warnings('kafka');
  #coordinator: NodeId | undefined;
  /** By this process's clock; the group's own one where that is shorter and can be read. */
  #sessionMs: number;
  #intervalMs: number;
  #failures = 0;
  #wake = new AbortController();
  /** It was told what it holds at first, which may be nothing. */
  #isTold = false;
  /** Something was sent that may have made it a member. */
  #hasAsked = false;
  #lookedAt = performance.now();

  constructor(options: ConsumerMemberOptions, events: MembershipEvents) {
    this.#options = options;
    this.#events = events;
    this.#state = new ConsumerState(randomUUID, options.topicId, performance.now());
    this.#sessionMs = options.sessionTimeoutMs;
    this.#intervalMs = intervalOf(options.sessionTimeoutMs);
  }

  get identity(): Membership {
    const { memberId, epoch } = this.#state.identity;
    return { group: this.#options.group, memberId, generation: epoch, protocol: 'consumer' };
  }

  get isAlive(): boolean {
    if (this.#state.silentFor(performance.now()) < this.#sessionMs) return true;
    if (this.#state.isMember) {
      // The group may still count on it.
      const was = this.#sessionOver(kafkaError(unknownMember, this.#what));
      void this.#promptly(this.#sayGoodbye(was)).catch(() => undefined);
    }
    return false;
  }

  async run(): Promise<void> {
    await this.#readSession();
    while (!this.#stop.signal.aborted) {
      const waitMs = await this.#beat();
      // Silence is noticed also where nobody asks.
      if (this.isAlive) this.#look();
      await pause(waitMs, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }

  claimChanged(): void {
    this.#wake.abort();
  }

  /** Whoever leaves takes nothing more: the source sees to that. */
  beginLeaving(): void {}

  async leave(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    if (!this.#hasAsked) return;
    try {
      await withTimeout(this.#sayGoodbye(this.#state.identity), 3_000);
    } catch (error) {
      this.#warnings.tell(`could not leave group "${this.#options.group}"; its session will expire`, error);
    }
  }

  async coordinator(): Promise<NodeId> {
    this.#coordinator ??= await this.#options.wire.coordinator(this.#options.group);
    return this.#coordinator;
  }

  forgetCoordinator(): void {
    this.#coordinator = undefined;
  }

  /** One heartbeat, and how long the next one may wait. Rejects with errors that need operator action. */
  async #beat(): Promise<number> {
    try {
      await this.#promptly(this.#heartbeat());
      this.#failures = 0;
      return this.#isTold ? this.#intervalMs : backoff.initial;
    } catch (thrown) {
      if (this.#stop.signal.aborted) return 0;
      const error = toStreamError(thrown, this.#what);
      if (!error.retryable && error.code !== 'tls') throw error;
      this.forgetCoordinator();
      if (!this.#state.isMember && !isOfCoordinator(thrown))
        this.#warnings.tell(`group "${this.#options.group}" cannot be joined at the moment`, error);
      return backoffDelay(backoff, ++this.#failures, Math.random);
    }
  }

  async #heartbeat(): Promise<void> {
    const { wire, group } = this.#options;
    const node = await this.coordinator();
    if (!this.#state.isMember) await refuseClassicMembers(wire, node, group);
    if (this.#stop.signal.aborted) return;
    const by = this.#state.identity;
    const sentAt = performance.now();
    this.#hasAsked = true;
    const answer = await wire.consumerHeartbeat(node, this.#request(by, this.#events.claim()));
    if (this.#stop.signal.aborted) return;
    const verdict = this.#state.answered(by, sentAt, answer);
    switch (verdict.kind) {
      case 'member':
        this.#intervalMs = Math.min(intervalOf(this.#sessionMs), Math.max(answer.intervalMs, 100));
        if (verdict.hasOthers) this.#lookedAt = -Infinity;
        if (verdict.partitions === undefined || !(await this.#isShared(node, verdict.partitions))) return;
        if (by.memberId === this.#state.identity.memberId) this.#assigned(verdict.partitions);
        return;
      case 'lost': {
        const was = this.#sessionOver(kafkaError(answer.errorCode, this.#what));
        // The group still counts on whom it fences: nobody would have its partitions until the brokers' session is over.
        if (answer.errorCode === fencedEpoch) await this.#sayGoodbye(was).catch(() => undefined);
        return;
      }
      case 'elsewhere':
        throw codeError(answer.errorCode, answer.errorMessage);
      case 'refused':
        throw this.#refusal(answer.errorCode, answer.errorMessage);
      case 'outdated':
        break;
    }
  }

  #request({ memberId, epoch }: ConsumerIdentity, owned: readonly number[]): ConsumerHeartbeat {
    const { group, topic, topicId } = this.#options;
    return { group, memberId, epoch, topic, topicId, owned, rebalanceTimeoutMs };
  }

  /** A coordinator that has not shared the topic yet gives nothing to anybody: a member that is ready by that would miss its start. */
  async #isShared(node: NodeId, partitions: readonly number[]): Promise<boolean> {
    if (partitions.length > 0 || this.#isTold) return true;
    const { wire, group, topic } = this.#options;
    const described = await wire.describeConsumerGroup(node, group).catch(() => undefined);
    if (described === undefined) return true;
    return described.members.some(({ assignment }) => (assignment.get(topic) ?? []).length > 0);
  }

  #assigned(partitions: readonly number[]): void {
    const held = new Set(this.#events.claim());
    const isSame = held.size === partitions.length && partitions.every((partition) => held.has(partition));
    if (isSame && this.#isTold) return;
    this.#isTold = true;
    this.#events.assigned(partitions, this.#state.identity.epoch);
  }

  #sessionOver(reason: StreamError): ConsumerIdentity {
    const was = this.#state.lose(performance.now());
    this.#isTold = false;
    this.#events.lost(reason);
    // Whoever was none before tries again in its time.
    if (was.epoch > 0) this.claimChanged();
    return was;
  }

  async #sayGoodbye({ memberId }: ConsumerIdentity): Promise<void> {
    const request = this.#request({ memberId, epoch: -1 }, []);
    for (let tries = 1; ; tries++) {
      const { errorCode, errorMessage } = await this.#options.wire.consumerHeartbeat(await this.coordinator(), request);
      if (!coordinatorErrors.has(errorCode)) return;
      this.forgetCoordinator();
      if (tries === mostGoodbyes) throw codeError(errorCode, errorMessage);
      await pause(100, undefined);
    }
  }

  /** The brokers' word counts: a member must have given up before its partitions are somebody else's. */
  async #readSession(): Promise<void> {
    const { wire, group, sessionTimeoutMs } = this.#options;
    const ofGroup = await this.#promptly(wire.groupSessionMs(group)).catch(() => undefined);
    this.#sessionMs = Math.min(sessionTimeoutMs, ofGroup ?? sessionTimeoutMs);
  }

  #look(): void {
    if (performance.now() - this.#lookedAt < lookMs) return;
    this.#lookedAt = performance.now();
    void this.#promptly(this.#options.countPartitions()).catch(() => undefined);
  }

  #refusal(code: number, message: string): Error {
    if (code !== unsupportedVersion) return codeError(code, message);
    return new StreamError(
      'unsupported',
      `${this.#what}: the brokers do not know the newer group protocol, or it is switched off there. It needs Kafka 4.0 or newer. Set groupProtocol to 'classic' or 'auto'`,
      { where: 'kafka' },
    );
  }

  /** A broker that does not answer must not cost the session, nor hold up the end. */
  #promptly<T>(work: Promise<T>): Promise<T> {
    return withTimeout(untilAborted(work, this.#stop.signal), this.#sessionMs / 3);
  }

  get #what(): string {
    return `group "${this.#options.group}"`;
  }
}

/** Often enough that a change is noticed within a second: the coordinator cannot call. */
function intervalOf(sessionMs: number): number {
  return Math.max(100, Math.min(sessionMs / 10, 1_000));
}

function codeError(code: number, message: string): WireError {
  return new WireError('protocol', message === '' ? 'heartbeat' : message, { code, sent: 'maybe' });
}

function isOfCoordinator(thrown: unknown): boolean {
  return thrown instanceof WireError && coordinatorErrors.has(thrown.code);
}
