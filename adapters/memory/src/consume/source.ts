import {
  linkedSignal,
  type WatermarkAssignment,
  type Mark,
  type EventPage,
  type Source,
  type SourceListener,
  type StreamError,
  type Subscription,
  type Start,
} from '@isostream/core/adapter';
import type { MemoryBroker, MemoryTopic } from '../service/broker.ts';
import { holdProcess } from '../service/hold.ts';
import { Reach } from '../service/reach.ts';
import type { Grant, GroupMember, MemoryGroup } from '../service/group.ts';

/** Two members may have one client id. */
let members = 0;

/** One member of a group: what a client library would be on a real broker. */
export class MemorySource implements Source, GroupMember {
  readonly id: string;
  readonly clientId: string;
  readonly from: Start;
  readonly #broker: MemoryBroker;
  readonly #subscription: Subscription;
  readonly #assignments = new Map<Grant, MemoryAssignment>();
  #group: MemoryGroup | undefined;
  #listener: SourceListener | undefined;
  readonly #reach: Reach;
  #isLeaving = false;
  #wake: ((reason?: StreamError) => void) | undefined;

  constructor(broker: MemoryBroker, subscription: Subscription) {
    this.#broker = broker;
    this.#subscription = subscription;
    this.id = `${subscription.clientId}/${++members}`;
    this.clientId = subscription.clientId;
    this.from = subscription.from;
    this.#reach = new Reach(broker, subscription.topic, subscription.group);
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#broker.checkReach();
    const topic = this.#broker.topic(this.#subscription.topic);
    const group = topic.group(this.#subscription.group);
    this.#group = group;
    this.#listener = listener;
    const leave = (): void => {
      this.#isLeaving = true;
      group.leave(this);
      this.#checkLeft();
    };
    const over = new Promise<void>((resolve, reject) => {
      this.#wake = (reason) => (reason === undefined ? resolve() : reject(reason));
    });
    signal.addEventListener('abort', leave, { once: true });
    group.join(this);
    const release = holdProcess();
    try {
      await over;
    } finally {
      release();
      signal.removeEventListener('abort', leave);
    }
  }

  assign(grant: Grant): void {
    const assignment = new MemoryAssignment(this.#broker, this.#subscription, grant, this.#reach);
    this.#assignments.set(grant, assignment);
    this.#listener?.assigned(assignment);
  }

  ready(): void {
    this.#listener?.ready?.();
  }

  revoke(grant: Grant): void {
    void this.#revoke(grant);
  }

  lose(grant: Grant, reason: StreamError): void {
    const assignment = this.#assignments.get(grant);
    if (assignment === undefined) return;
    this.#assignments.delete(grant);
    assignment.stop();
    this.#listener?.lost(assignment, reason);
    this.#checkLeft();
  }

  dismiss(reason: StreamError): void {
    this.#wake?.(reason);
  }

  /** Cuts the member off: what it asks waits, and so does what it is asked for. That its session ran out it knows by its own clock. */
  stall(): () => void {
    if (this.#reach.isCut) return () => undefined;
    const end = this.#reach.cut();
    this.#group?.unreachable(this);
    return () => {
      if (this.#group?.reachable(this) === false && !this.#isLeaving) this.#group.join(this);
      end();
    };
  }

  async #revoke(grant: Grant): Promise<void> {
    await this.#reach.back;
    const assignment = this.#assignments.get(grant);
    if (assignment === undefined) return;
    await this.#listener?.revoking(assignment);
    await this.#reach.back;
    if (!this.#assignments.delete(grant)) return;
    assignment.stop();
    this.#group?.release(grant);
    this.#checkLeft();
  }

  #checkLeft(): void {
    if (this.#isLeaving && this.#assignments.size === 0) this.#wake?.();
  }
}

class MemoryAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #topic: MemoryTopic;
  readonly #group: string;
  readonly #grant: Grant;
  readonly #reach: Reach;
  readonly #gone = new AbortController();
  #next: number;

  constructor(broker: MemoryBroker, subscription: Subscription, grant: Grant, reach: Reach) {
    this.#topic = broker.topic(subscription.topic);
    this.#group = subscription.group;
    this.#grant = grant;
    this.#reach = reach;
    this.partition = grant.log.name;
    this.fencingToken = String(grant.token);
    this.#next = this.#topic.group(this.#group).position(this.partition) ?? 0;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    await this.#reach.pass('read', signal);
    const log = this.#topic.log(this.partition);
    if (this.#next >= log.start && this.#next >= log.end) {
      const { signal: either, unlink } = linkedSignal([signal, this.#gone.signal]);
      await log.changed(either);
      unlink();
      await this.#reach.back;
    }
    if (signal.aborted || this.#gone.signal.aborted) return;
    this.#next = log.read(this.#next, page);
  }

  async commit(upTo: Mark): Promise<void> {
    await this.#reach.pass('commit', this.#gone.signal);
    this.#topic.group(this.#group).commit(this.#grant, Number(upTo.position) + 1);
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#gone.abort();
  }
}
