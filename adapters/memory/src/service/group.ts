import {
  balance,
  type CancelTimer,
  type Clock,
  type PartitionLag,
  type Start,
  StreamError,
} from '@isostream/core/adapter';
import type { PartitionLog } from './partition-log.ts';

/** A partition in the hands of one member. */
export interface Grant {
  readonly log: PartitionLog;
  readonly member: GroupMember;
  /** Grows with every assignment of this partition. */
  readonly token: number;
}

/** What members of every kind of group have. */
export interface Member {
  /** Unique in the process. */
  readonly id: string;
  readonly clientId: string;
  /** Cuts it off from the broker, until the returned function is called. */
  stall(): () => void;
  /** The group is over permanently. */
  dismiss(reason: StreamError): void;
}

/** What a topic does with its groups, of every kind. */
export interface Group {
  readonly isEmpty: boolean;
  /** Also those that are leaving. */
  readonly everyMember: readonly Member[];
  /** The partitions that it holds. */
  heldBy(member: Member): readonly string[];
  rebalance(): void;
  /** Hands every partition over once. Returns how many. */
  disturb(): number;
  /** Somebody loses what it has. `false` if nobody has anything. */
  takeAway(partition: string): boolean;
  disband(reason: StreamError): void;
  lag(logs: readonly PartitionLog[], now: number): PartitionLag[];
}

/** The group's view of a member. */
export interface GroupMember extends Member {
  readonly from: Start;
  assign(grant: Grant): void;
  /** It has what it should have. */
  ready(): void;
  /** Drain it, then call {@link MemoryGroup.release}. Asked once an assignment. */
  revoke(grant: Grant): void;
  lose(grant: Grant, reason: StreamError): void;
}

interface Options {
  readonly topic: string;
  readonly name: string;
  readonly logs: () => readonly PartitionLog[];
  readonly clock: Clock;
  readonly sessionTimeoutMs: number;
}

/**
 * A consumer group as brokers run it: cooperative hand-over, sessions that expire, commits fenced by ownership.
 * A partition passes to its next owner only after the present one released it, left, or lost its session.
 */
export class MemoryGroup implements Group {
  readonly #options: Options;
  readonly #positions = new Map<string, number>();
  readonly #owners = new Map<string, Grant>();
  readonly #revoking = new Set<Grant>();
  readonly #members = new Map<string, GroupMember>();
  readonly #unreachable = new Map<GroupMember, CancelTimer>();
  #tokens = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#owners.size === 0;
  }

  /** Where the group goes on in a partition; `undefined` before it ever started there. */
  position(partition: string): number | undefined {
    return this.#positions.get(partition);
  }

  setPosition(partition: string, position: number): void {
    this.#positions.set(partition, position);
  }

  join(member: GroupMember): void {
    this.#members.set(member.id, member);
    this.rebalance();
  }

  /** The member gets nothing more; what it has is asked back. */
  leave(member: GroupMember): void {
    if (this.#members.get(member.id) === member) this.#members.delete(member.id);
    this.rebalance();
  }

  owns(grant: Grant): boolean {
    return this.#owners.get(grant.log.name) === grant;
  }

  /** Throws `lease-lost`, without effect, unless the grant is the present one. */
  commit(grant: Grant, position: number): void {
    if (!this.owns(grant)) throw this.#leaseLost(grant, 'belongs to another member now');
    this.#positions.set(grant.log.name, position);
  }

  release(grant: Grant): void {
    this.#revoking.delete(grant);
    if (this.owns(grant)) this.#owners.delete(grant.log.name);
    this.rebalance();
  }

  /** Hands out what is free, and asks back what somebody else should have. */
  rebalance(): void {
    const logs = new Map(this.#options.logs().map((log) => [log.name, log]));
    const targets = this.#targets([...logs.keys()]);
    for (const [partition, member] of targets) {
      const log = logs.get(partition);
      const owner = this.#owners.get(partition);
      if (owner === undefined && log !== undefined) this.#give(log, member);
      else if (owner !== undefined && owner.member !== member) this.#askBack(owner);
    }
    for (const owner of this.#owners.values())
      if (this.#members.get(owner.member.id) !== owner.member) this.#askBack(owner);
    this.#tellWhoIsReady(targets);
  }

  #tellWhoIsReady(targets: ReadonlyMap<string, GroupMember>): void {
    const waiting = new Set<GroupMember>();
    for (const [partition, member] of targets) if (this.#owners.get(partition)?.member !== member) waiting.add(member);
    for (const member of this.#members.values()) if (!waiting.has(member)) member.ready();
  }

  /** Asks every partition back once; afterwards they are handed out again. */
  disturb(): number {
    for (const owner of this.#owners.values()) this.#askBack(owner);
    return this.#revoking.size;
  }

  /** Takes a partition away at once, as a service does that believes its owner dead. */
  takeAway(partition: string): boolean {
    const owner = this.#owners.get(partition);
    if (owner === undefined) return false;
    this.#dispossess(owner, 'was taken away');
    this.rebalance();
    return true;
  }

  /** The member's heartbeats stop: after the session it loses everything. */
  unreachable(member: GroupMember): void {
    const { clock, sessionTimeoutMs } = this.#options;
    this.#unreachable.set(
      member,
      clock.timer(sessionTimeoutMs, () => {
        if (this.#members.get(member.id) === member) this.#members.delete(member.id);
        for (const owner of this.#owners.values())
          if (owner.member === member) this.#dispossess(owner, 'its session expired');
        this.rebalance();
      }),
    );
  }

  /** The member answers again; `false` if its session is over and it has to join anew. */
  reachable(member: GroupMember): boolean {
    this.#unreachable.get(member)?.();
    this.#unreachable.delete(member);
    return this.#members.get(member.id) === member;
  }

  /** The topic is gone: everybody loses everything and is told why. */
  disband(reason: StreamError): void {
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const owner of this.#owners.values()) this.#dispossess(owner, 'the topic was deleted');
    for (const member of members) member.dismiss(reason);
  }

  get everyMember(): readonly GroupMember[] {
    return [...new Set([...this.#members.values(), ...[...this.#owners.values()].map((owner) => owner.member)])];
  }

  heldBy(member: Member): readonly string[] {
    return [...this.#owners].filter(([, owner]) => owner.member === member).map(([partition]) => partition);
  }

  lag(logs: readonly PartitionLog[], now: number): PartitionLag[] {
    return lagOf(logs, now, (partition) => this.position(partition));
  }

  #targets(partitions: readonly string[]): Map<string, GroupMember> {
    const held = new Map<string, string[]>([...this.#members.keys()].map((id) => [id, []]));
    for (const [partition, { member }] of this.#owners) held.get(member.id)?.push(partition);
    const targets = new Map<string, GroupMember>();
    for (const [id, share] of balance(partitions, held)) {
      const member = this.#members.get(id);
      for (const partition of share) if (member !== undefined) targets.set(partition, member);
    }
    return targets;
  }

  #give(log: PartitionLog, member: GroupMember): void {
    if (!this.#positions.has(log.name)) this.#positions.set(log.name, startOf(log, member.from));
    const grant = { log, member, token: ++this.#tokens };
    this.#owners.set(log.name, grant);
    member.assign(grant);
  }

  #askBack(owner: Grant): void {
    if (this.#revoking.has(owner)) return;
    this.#revoking.add(owner);
    owner.member.revoke(owner);
  }

  #dispossess(owner: Grant, why: string): void {
    this.#revoking.delete(owner);
    this.#owners.delete(owner.log.name);
    owner.member.lose(owner, this.#leaseLost(owner, why));
  }

  #leaseLost(grant: Grant, why: string): StreamError {
    const { topic, name } = this.#options;
    const message = `partition ${grant.log.name} of topic "${topic}", group "${name}": ${why}. The new owner repeats what was not committed`;
    return new StreamError('lease-lost', message, { where: 'memory' });
  }
}

/** How far behind the end these positions are; the start of the log where there is none. */
export function lagOf(
  logs: readonly PartitionLog[],
  now: number,
  positionOf: (partition: string) => number | undefined,
): PartitionLag[] {
  return logs.map((log) => {
    const position = positionOf(log.name);
    const { events, oldest } = log.behind(position ?? log.start);
    return {
      partition: log.name,
      events,
      ms: oldest === undefined ? 0 : Math.max(0, now - oldest),
      committed: position === undefined ? undefined : String(position),
      end: String(log.end),
    };
  });
}

/** Where reading starts that has no position. */
export function startOf(log: PartitionLog, start: Start): number {
  if (start === 'earliest') return log.start;
  return start === 'latest' ? log.end : log.positionAt(start.getTime());
}
