import {
  type CancelTimer,
  type Clock,
  keyId,
  type PartitionLag,
  type EventPage,
  type Start,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { type Group, type Member, startOf } from '../service/group.ts';
import type { PartitionLog } from '../service/partition-log.ts';

/** The subscription's view of a member. */
export interface Subscriber extends Member {
  /** What it holds is anybody's now. */
  lose(reason: StreamError): void;
}

/** Events of one key that are not settled, oldest first; an event without a key has one to itself. */
interface KeyQueue {
  readonly name: string;
  readonly events: StoredEvent[];
  holder: Subscriber | undefined;
  /** So many of the oldest are out at the holder. */
  out: number;
  /** Settled before an older one was: they come again with it. */
  readonly early: Set<StoredEvent>;
}

interface Options {
  readonly topic: string;
  readonly name: string;
  readonly log: PartitionLog;
  readonly from: Start;
  readonly clock: Clock;
  readonly sessionTimeoutMs: number;
}

/** Events of one pull at most. */
const pullEvents = 100;

/**
 * A group as services run it that settle events one by one: whoever pulls gets events of keys that nobody else holds.
 * While events of a key are out no other member gets any; what comes back comes in order.
 */
export class MemorySubscription implements Group {
  readonly #options: Options;
  readonly #keys = new Map<string, KeyQueue>();
  /** Keys that may be handed out, those first that waited longest. */
  readonly #ready = new Set<KeyQueue>();
  /** Those first that were served longest ago. */
  readonly #members = new Set<Subscriber>();
  readonly #unreachable = new Map<Subscriber, CancelTimer>();
  /** Pulls that found nothing. */
  readonly #waiting = new Map<Subscriber, () => void>();
  #isWatching = false;
  /** Nobody calls the watch off. */
  readonly #never = new AbortController().signal;
  /** Where the log goes on that is not in {@link MemorySubscription.#keys}. */
  #next: number;
  /** Where the log began when it was looked at last. */
  #start = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#next = startOf(options.log, options.from);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  join(member: Subscriber): void {
    this.#members.add(member);
  }

  /** What the member holds comes again at once, in order. */
  leave(member: Subscriber): void {
    this.#members.delete(member);
    this.#takeBack(member);
  }

  pull(member: Subscriber, page: EventPage): void {
    this.#fill();
    if (this.#take(member, page) > 0 && this.#members.delete(member)) this.#members.add(member);
    this.offer();
  }

  #take(member: Subscriber, page: EventPage): number {
    let count = 0;
    for (const queue of this.#ready) {
      for (let next = queue.events[0]; next !== undefined && count < pullEvents; next = queue.events[queue.out]) {
        if (!page.add(next)) return count;
        count++;
        queue.out++;
        queue.holder = member;
        this.#ready.delete(queue);
      }
      if (count >= pullEvents) break;
    }
    return count;
  }

  /** Throws `lease-lost`, without effect, for what the member does not hold. */
  settle(member: Subscriber, events: readonly StoredEvent[]): void {
    const queues = events.map((event) => this.#keys.get(nameOf(event)));
    if (!queues.every((queue) => queue?.holder === member)) throw this.#lost('belongs to another member now');
    for (const [index, event] of events.entries()) {
      const queue = queues[index];
      if (queue !== undefined) this.#settle(queue, event);
    }
  }

  /** Events that the member pulled and did not settle, each with all later ones of its key: they come again at once, in order. */
  handBack(member: Subscriber, events: readonly StoredEvent[]): void {
    for (const event of events) {
      const queue = this.#keys.get(nameOf(event));
      const index = queue?.events.indexOf(event) ?? -1;
      if (queue?.holder !== member || index < 0 || index >= queue.out) continue;
      queue.out = index;
      if (index === 0) this.#free(queue);
    }
  }

  /** Resolves when it is the member's turn to pull, or when the signal is aborted; who does not pull then offers it to others. */
  turn(member: Subscriber, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = (): void => {
        signal.removeEventListener('abort', stop);
        this.#waiting.delete(member);
        resolve();
      };
      this.#waiting.set(member, stop);
      signal.addEventListener('abort', stop, { once: true });
      this.offer();
    });
  }

  /** One member at a time is told that there is something to pull: who was served longest ago. */
  offer(): void {
    this.#fill();
    if (this.#waiting.size === 0) return;
    if (this.#ready.size === 0) return this.#watch();
    const next = [...this.#members].find((member) => this.#waiting.has(member));
    if (next !== undefined) this.#waiting.get(next)?.();
  }

  /** The member's requests stop: after the session everything it holds is anybody's. */
  unreachable(member: Subscriber): void {
    const { clock, sessionTimeoutMs } = this.#options;
    this.#unreachable.set(
      member,
      clock.timer(sessionTimeoutMs, () => this.#dispossess(member, 'was not heard of for a session')),
    );
  }

  /** `false` if the session is over. */
  reachable(member: Subscriber): boolean {
    this.#unreachable.get(member)?.();
    this.#unreachable.delete(member);
    return this.#members.has(member);
  }

  get everyMember(): readonly Subscriber[] {
    return [...this.#members];
  }

  /** Whoever reads takes part in the whole. */
  heldBy(): readonly string[] {
    return [this.#options.log.name];
  }

  /** No partition is anybody's, so none is handed over. */
  disturb(): number {
    return 0;
  }

  takeAway(): boolean {
    const holders = new Set([...this.#keys.values()].flatMap(({ holder }) => holder ?? []));
    for (const member of holders) this.#dispossess(member, 'was taken away');
    return holders.size > 0;
  }

  disband(reason: StreamError): void {
    for (const member of [...this.#members]) {
      member.dismiss(reason);
      this.#dispossess(member, 'is over, the topic was deleted');
    }
  }

  rebalance(): void {}

  lag(_logs: readonly PartitionLog[], now: number): PartitionLag[] {
    this.#fill();
    let events = 0;
    let oldest = Infinity;
    for (const queue of this.#keys.values()) {
      events += queue.events.length - queue.early.size;
      oldest = Math.min(oldest, queue.events[0]?.timestamp ?? Infinity);
    }
    const ms = oldest === Infinity ? 0 : Math.max(0, now - oldest);
    return [{ partition: this.#options.log.name, events, ms, committed: undefined, end: undefined }];
  }

  /** Takes up what was stored, and drops what retention removed: nobody is told, where there are no positions. */
  #fill(): void {
    const { log } = this.#options;
    if (this.#start < log.start) {
      for (const queue of this.#keys.values()) if (queue.out === 0) this.#expire(queue);
      this.#start = log.start;
      this.#next = Math.max(this.#next, log.start);
    }
    if (this.#next >= log.end) return;
    for (const event of log.since(this.#next)) {
      const name = nameOf(event);
      let queue = this.#keys.get(name);
      if (queue === undefined) {
        queue = { name, events: [], holder: undefined, out: 0, early: new Set() };
        this.#keys.set(name, queue);
        this.#ready.add(queue);
      }
      queue.events.push(event);
    }
    this.#next = log.end;
  }

  #settle(queue: KeyQueue, event: StoredEvent): void {
    queue.early.add(event);
    for (let first = queue.events[0]; first !== undefined && queue.early.delete(first); first = queue.events[0]) {
      queue.events.shift();
      queue.out--;
    }
    if (queue.out === 0) this.#free(queue);
  }

  #free(queue: KeyQueue): void {
    queue.holder = undefined;
    queue.out = 0;
    queue.early.clear();
    this.#expire(queue);
    if (queue.events.length === 0) return;
    this.#ready.add(queue);
    this.offer();
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#options.log.changed(this.#never).then(() => {
      this.#isWatching = false;
      this.offer();
    });
  }

  /** Leaves out what retention removed. */
  #expire(queue: KeyQueue): void {
    const { start } = this.#options.log;
    while (Number(queue.events[0]?.position ?? Infinity) < start) queue.events.shift();
    if (queue.events.length > 0) return;
    this.#keys.delete(queue.name);
    this.#ready.delete(queue);
  }

  #takeBack(member: Subscriber): void {
    for (const queue of this.#keys.values()) if (queue.holder === member) this.#free(queue);
  }

  #dispossess(member: Subscriber, why: string): void {
    this.leave(member);
    member.lose(this.#lost(why));
  }

  #lost(why: string): StreamError {
    const { topic, name } = this.#options;
    const message = `what this member of group "${name}" held of topic "${topic}" ${why}. Whoever gets it repeats what was not settled`;
    return new StreamError('lease-lost', message, { where: 'memory' });
  }
}

function nameOf(event: StoredEvent): string {
  const key = keyId(event.key);
  return key === undefined ? `at ${event.position}` : `key ${key}`;
}
