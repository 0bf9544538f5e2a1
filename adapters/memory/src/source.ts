import {
  linkedSignal,
  type Lane,
  type Mark,
  type ReadResult,
  type Room,
  type Source,
  type SourceListener,
  StreamError,
  type Subscription,
  type Start,
} from '@isostream/core/adapter';
import type { MemoryBroker, MemoryTopic } from './broker.ts';
import { Reach } from './reach.ts';
import type { Assignment, GroupMember, MemoryGroup } from './group.ts';

/** Two members may have one client id. */
let members = 0;

/** One member of a group: what a client library would be on a real broker. */
export class MemorySource implements Source, GroupMember {
  readonly id: string;
  readonly clientId: string;
  readonly from: Start;
  readonly #broker: MemoryBroker;
  readonly #subscription: Subscription;
  readonly #lanes = new Map<Assignment, MemoryLane>();
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
    try {
      await over;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  assign(assignment: Assignment): void {
    const lane = new MemoryLane(this.#broker, this.#subscription, assignment, this.#reach);
    this.#lanes.set(assignment, lane);
    this.#listener?.assigned(lane);
  }

  ready(): void {
    this.#listener?.ready?.();
  }

  revoke(assignment: Assignment): void {
    void this.#revoke(assignment);
  }

  lose(assignment: Assignment, reason: StreamError): void {
    const lane = this.#lanes.get(assignment);
    if (lane === undefined) return;
    this.#lanes.delete(assignment);
    lane.stop();
    this.#listener?.lost(lane, reason);
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

  async #revoke(assignment: Assignment): Promise<void> {
    await this.#reach.back;
    const lane = this.#lanes.get(assignment);
    if (lane === undefined) return;
    await this.#listener?.revoking(lane);
    await this.#reach.back;
    if (!this.#lanes.delete(assignment)) return;
    lane.stop();
    this.#group?.release(assignment);
    this.#checkLeft();
  }

  #checkLeft(): void {
    if (this.#isLeaving && this.#lanes.size === 0) this.#wake?.();
  }
}

class MemoryLane implements Lane {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #topic: MemoryTopic;
  readonly #group: string;
  readonly #assignment: Assignment;
  readonly #reach: Reach;
  readonly #gone = new AbortController();
  #next: number;

  constructor(broker: MemoryBroker, subscription: Subscription, assignment: Assignment, reach: Reach) {
    this.#topic = broker.topic(subscription.topic);
    this.#group = subscription.group;
    this.#assignment = assignment;
    this.#reach = reach;
    this.partition = assignment.log.name;
    this.fencingToken = String(assignment.token);
    this.#next = this.#topic.group(this.#group).position(this.partition) ?? 0;
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    await this.#reach.pass('read', signal);
    const log = this.#topic.log(this.partition);
    if (this.#next >= log.start && this.#next >= log.end) {
      const { signal: either, unlink } = linkedSignal([signal, this.#gone.signal]);
      await log.changed(either);
      unlink();
      await this.#reach.back;
    }
    if (signal.aborted || this.#gone.signal.aborted) return [];
    const result = log.read(this.#next, room);
    if ('gap' in result) this.#next = Number(result.to);
    else {
      const last = result.at(-1);
      if (last !== undefined) this.#next = Number(last.position) + 1;
      // Compaction may leave nothing up to the end.
      else if (log.behind(this.#next).events === 0) this.#next = log.end;
    }
    return result;
  }

  async commit(upTo: Mark): Promise<void> {
    await this.#reach.pass('commit', this.#gone.signal);
    this.#topic.group(this.#group).commit(this.#assignment, Number(upTo.position) + 1);
  }

  async settle(): Promise<void> {
    throw new StreamError('internal', 'positions are committed, not single events', { where: 'memory' });
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#gone.abort();
  }
}
