import {
  linkedSignal,
  type IndividualAssignment,
  type EventPage,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
  type Subscription,
} from '@isostream/core/adapter';
import type { MemoryBroker } from '../service/broker.ts';
import { holdProcess } from '../service/hold.ts';
import { Reach } from '../service/reach.ts';
import type { MemorySubscription, Subscriber } from './subscription.ts';

/** Two members may have one client id. */
let members = 0;

/** One member of a group whose events are settled one by one: one assignment after the other, each until it is lost. */
export class IndividualSource implements Source, Subscriber {
  readonly id: string;
  readonly clientId: string;
  readonly #broker: MemoryBroker;
  readonly #options: Subscription;
  readonly #reach: Reach;
  #subscription: MemorySubscription | undefined;
  #listener: SourceListener | undefined;
  #assignment: MemberAssignment | undefined;
  #isLeaving = false;
  /** The group goes on. */
  #isOpen = true;
  #end: (reason?: StreamError) => void = () => undefined;

  constructor(broker: MemoryBroker, options: Subscription) {
    this.#broker = broker;
    this.#options = options;
    this.id = `${options.clientId}/${++members}`;
    this.clientId = options.clientId;
    this.#reach = new Reach(broker, options.topic, options.group);
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#broker.checkReach();
    const { topic, group, from } = this.#options;
    this.#subscription = this.#broker.topic(topic).subscription(group, from);
    this.#listener = listener;
    const over = new Promise<void>((resolve, reject) => {
      this.#end = (reason) => (reason === undefined ? resolve() : reject(reason));
    });
    const leave = (): void => void this.#leave();
    signal.addEventListener('abort', leave, { once: true });
    this.#join();
    const release = holdProcess();
    try {
      await over;
    } finally {
      release();
      signal.removeEventListener('abort', leave);
    }
  }

  lose(reason: StreamError): void {
    const assignment = this.#assignment;
    if (assignment === undefined) return;
    this.#assignment = undefined;
    assignment.stop();
    this.#listener?.lost(assignment, reason);
    if (this.#isLeaving) this.#end();
    else if (!this.#reach.isCut && this.#isOpen) this.#join();
  }

  dismiss(reason: StreamError): void {
    this.#isOpen = false;
    this.#end(reason);
  }

  stall(): () => void {
    if (this.#reach.isCut) return () => undefined;
    const end = this.#reach.cut();
    this.#subscription?.unreachable(this);
    return () => {
      const isMember = this.#subscription?.reachable(this) ?? false;
      end();
      if (!isMember && !this.#isLeaving) this.#join();
    };
  }

  #join(): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    const assignment = new MemberAssignment(subscription, this, this.#reach);
    this.#assignment = assignment;
    subscription.join(this);
    this.#listener?.assigned(assignment);
    this.#listener?.ready?.();
  }

  async #leave(): Promise<void> {
    this.#isLeaving = true;
    const assignment = this.#assignment;
    // What was lost has nothing to hand back.
    if (assignment === undefined) {
      this.#end();
      return;
    }
    await this.#reach.back;
    await this.#listener?.revoking(assignment);
    await this.#reach.back;
    if (this.#assignment !== assignment) return;
    assignment.stop();
    this.#assignment = undefined;
    this.#subscription?.leave(this);
    this.#end();
  }
}

class MemberAssignment implements IndividualAssignment {
  readonly partition = '0';
  readonly fencingToken = undefined;
  readonly #subscription: MemorySubscription;
  readonly #member: Subscriber;
  readonly #reach: Reach;
  readonly #gone = new AbortController();

  constructor(subscription: MemorySubscription, member: Subscriber, reach: Reach) {
    this.#subscription = subscription;
    this.#member = member;
    this.#reach = reach;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    await this.#reach.pass('read', signal);
    const { signal: over, unlink } = linkedSignal([signal, this.#gone.signal]);
    await this.#subscription.turn(this.#member, over);
    unlink();
    if (!over.aborted && !this.#reach.isCut) {
      this.#subscription.pull(this.#member, page);
      return;
    }
    this.#subscription.offer();
    await this.#reach.back;
  }

  async settle(events: readonly StoredEvent[]): Promise<void> {
    await this.#reach.pass('commit', this.#gone.signal);
    if (this.#gone.signal.aborted)
      throw new StreamError('lease-lost', 'what this member held is not its own any more', { where: 'memory' });
    this.#subscription.settle(this.#member, events);
  }

  release(events: readonly StoredEvent[]): void {
    if (!this.#reach.isCut && !this.#gone.signal.aborted) this.#subscription.handBack(this.#member, events);
  }

  /** Nothing is read or settled any more. */
  stop(): void {
    this.#gone.abort();
  }
}
