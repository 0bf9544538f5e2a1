import { balance, StreamError } from '@isostream/core/adapter';
import { below, type Holding } from '@isostream/conformance/checks';
import type { Process } from './process.ts';
import type { Turmoil } from './turmoil.ts';

/** One assignment of one partition. */
export interface Lease {
  readonly number: number;
  readonly partition: string;
  readonly member: GroupMember;
  /** The group's word: whether commits under it count. */
  isHeld: boolean;
  isAskedBack: boolean;
}

/** The group's view of a member. */
export interface GroupMember {
  readonly process: Process;
  assign(lease: Lease): void;
  /** Drain it, then release it. */
  revoke(lease: Lease): void;
  /** Somebody else may have it by now. `afterMs`: until then the member does not hear of it. */
  lose(lease: Lease, reason: StreamError, afterMs: number): void;
}

interface GroupOptions {
  readonly turmoil: Turmoil;
  readonly topic: string;
  readonly name: string;
  readonly partitions: readonly string[];
  readonly sessionMs: number;
}

/** A group as services run it: cooperative hand-over, sessions that expire, commits fenced by ownership. */
export class SimulatedGroup {
  readonly #options: GroupOptions;
  readonly #members = new Set<GroupMember>();
  readonly #owners = new Map<string, Lease>();
  readonly #targets = new Map<string, GroupMember>();
  readonly #positions = new Map<string, number>();
  /** Events that were settled one by one, by place. */
  readonly #settled = new Set<string>();
  #leases = 0;
  /** A suffix may have been repeated or may repeat: somebody went without handing back. */
  wasAbrupt = false;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Of the next event to handle. */
  position(partition: string): number {
    return this.#positions.get(partition) ?? 0;
  }

  ownerOf(partition: string): Process | undefined {
    return this.#owners.get(partition)?.member.process;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#owners.size === 0;
  }

  ownership(lease: Lease): Holding {
    const { topic, name } = this.#options;
    return {
      topic,
      group: name,
      member: lease.member.process.name,
      partition: lease.partition,
      assignment: lease.number,
    };
  }

  join(member: GroupMember): void {
    this.#members.add(member);
    this.#balance();
  }

  /** The member gets nothing more; what it has is asked back. */
  leave(member: GroupMember): void {
    this.#members.delete(member);
    this.#balance();
  }

  /** Throws `lease-lost`, without effect, unless the lease is the present one. */
  commit(lease: Lease, position: string): void {
    if (!lease.isHeld) throw this.leaseLost(lease, 'belongs to another member now');
    this.#positions.set(lease.partition, Number(position) + 1);
    this.#options.turmoil.recorder.record({ kind: 'commit', position, ...this.ownership(lease) });
  }

  /** Single events; throws as {@link SimulatedGroup.commit}. */
  settle(lease: Lease, positions: readonly string[]): void {
    if (!lease.isHeld) throw this.leaseLost(lease, 'belongs to another member now');
    for (const position of positions) {
      this.passOver(lease.partition, Number(position));
      this.#options.turmoil.recorder.record({ kind: 'commit', position, ...this.ownership(lease) });
    }
  }

  isSettled(partition: string, position: number): boolean {
    return position < this.position(partition) || this.#settled.has(`${partition}/${position}`);
  }

  /** Nobody needs this event any more; the position is behind all of which that can be said. */
  passOver(partition: string, settled: number): void {
    this.#settled.add(`${partition}/${settled}`);
    let position = this.position(partition);
    while (this.#settled.has(`${partition}/${position}`)) position++;
    this.#positions.set(partition, position);
  }

  /** The next event to handle is this one, whatever was before it. */
  moveTo(partition: string, position: number): void {
    this.#positions.set(partition, position);
  }

  release(lease: Lease): void {
    if (!lease.isHeld) return;
    this.#end(lease);
    this.#handOut();
  }

  /** Every partition gets a new owner, drawn by lot. */
  shuffle(): number {
    const members = [...this.#members];
    const { turmoil, partitions } = this.#options;
    let moves = 0;
    for (const partition of partitions) {
      const target = members[below(turmoil.random, members.length)];
      if (target === undefined) continue;
      this.#targets.set(partition, target);
      const owner = this.#owners.get(partition);
      if (owner !== undefined && owner.member !== target) moves++;
    }
    this.#handOut();
    return moves;
  }

  /** Takes a partition from its owner, who hears of it later or at once. */
  takeAway(partition: string, toldAfterMs: number): boolean {
    const owner = this.#owners.get(partition);
    if (owner === undefined || !owner.member.process.alive) return false;
    this.#dispossess(owner, toldAfterMs);
    const { random } = this.#options.turmoil;
    const others = [...this.#members].filter((member) => member !== owner.member);
    const next = others[below(random, others.length)];
    if (next !== undefined) this.#targets.set(partition, next);
    this.#handOut();
    return true;
  }

  /** The member's process died: its leases are over in truth, and after the session for the group as well. */
  crashed(member: GroupMember): void {
    const { turmoil, sessionMs } = this.#options;
    this.wasAbrupt = true;
    for (const owner of this.#owners.values())
      if (owner.member === member) turmoil.recorder.record({ kind: 'lost', ...this.ownership(owner) });
    turmoil.clock.timer(sessionMs, () => {
      this.#members.delete(member);
      for (const owner of [...this.#owners.values()]) if (owner.member === member) this.#end(owner);
      this.#balance();
    });
  }

  leaseLost(lease: Lease, why: string): StreamError {
    return new StreamError('lease-lost', `partition ${lease.partition}: ${why}`, { where: 'simulation' });
  }

  #end(lease: Lease): void {
    lease.isHeld = false;
    this.#owners.delete(lease.partition);
  }

  #dispossess(lease: Lease, toldAfterMs: number): void {
    this.wasAbrupt = true;
    this.#end(lease);
    lease.member.lose(lease, this.leaseLost(lease, 'was taken away'), toldAfterMs);
  }

  #balance(): void {
    const byName = new Map([...this.#members].map((member) => [member.process.name, member]));
    const held = new Map<string, string[]>([...byName.keys()].map((name) => [name, []]));
    for (const [partition, { member }] of this.#owners) held.get(member.process.name)?.push(partition);
    this.#targets.clear();
    for (const [name, share] of balance(this.#options.partitions, held)) {
      const member = byName.get(name);
      for (const partition of share) if (member !== undefined) this.#targets.set(partition, member);
    }
    this.#handOut();
  }

  #handOut(): void {
    for (const partition of this.#options.partitions) {
      const target = this.#targets.get(partition);
      const owner = this.#owners.get(partition);
      if (owner !== undefined) {
        if (owner.member === target || owner.isAskedBack) continue;
        owner.isAskedBack = true;
        owner.member.revoke(owner);
      } else if (target !== undefined && this.#members.has(target)) {
        const lease: Lease = { number: ++this.#leases, partition, member: target, isHeld: true, isAskedBack: false };
        this.#owners.set(partition, lease);
        target.assign(lease);
      }
    }
  }
}
