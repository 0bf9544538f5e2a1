import {
  type Clock,
  type SourceListener,
  type WatermarkAssignment,
  type Assignment,
  sleep,
  StreamError,
} from '@isostream/core/adapter';
import type { HeldLease } from '../../src/held-lease.ts';
import type { Entry } from './history.ts';

interface Work {
  readonly held: HeldLease;
  isDraining: boolean;
  isGone: boolean;
  done: Promise<void>;
}

/** Core in the small: handles the events of each assignment one after the other, commits some, drains when asked. */
export class Reader implements SourceListener {
  readonly #member: string;
  readonly #clock: Clock;
  readonly #history: Entry[];
  readonly #leases = new Map<Assignment, HeldLease>();
  readonly #work = new Map<Assignment, Work>();
  readonly #workMs: number;
  readonly #ends: ReadonlyMap<string, number>;

  constructor(
    member: string,
    clock: Clock,
    history: Entry[],
    workMs = 100,
    ends: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#member = member;
    this.#clock = clock;
    this.#history = history;
    this.#workMs = workMs;
    this.#ends = ends;
  }

  get partitions(): string[] {
    return [...this.#work.keys()].map(({ partition }) => partition);
  }

  open(held: HeldLease): WatermarkAssignment {
    const assignment: WatermarkAssignment = {
      partition: held.partition,
      fencingToken: String(held.token),
      read: async () => undefined,
      commit: ({ position }) => held.commit(position),
    };
    this.#leases.set(assignment, held);
    return assignment;
  }

  assigned(assignment: Assignment): void {
    const held = this.#leases.get(assignment);
    if (held === undefined) throw new Error('an assignment that was not opened here');
    this.#note({ kind: 'assigned', ...this.#of(held), position: Number(held.position) });
    const work: Work = { held, isDraining: false, isGone: false, done: Promise.resolve() };
    this.#work.set(assignment, work);
    work.done = this.#read(work);
  }

  async revoking(assignment: Assignment): Promise<void> {
    const work = this.#work.get(assignment);
    if (work === undefined) return;
    work.isDraining = true;
    await work.done;
    this.#forget(assignment, work);
  }

  lost(assignment: Assignment): void {
    const work = this.#work.get(assignment);
    if (work === undefined) return;
    work.isGone = true;
    this.#forget(assignment, work);
  }

  #forget(assignment: Assignment, work: Work): void {
    if (this.#work.delete(assignment)) this.#note({ kind: 'gone', ...this.#of(work.held) });
  }

  async #read(work: Work): Promise<void> {
    const { held } = work;
    let next = Number(held.position);
    let committed = next;
    const end = this.#ends.get(held.partition) ?? Infinity;
    while (!work.isDraining && !work.isGone && next < end) {
      // Somebody who was paused asks whether the lease is still there before going on.
      if (!held.isHeld) return;
      this.#note({ kind: 'handled', ...this.#of(held), event: next });
      await sleep(this.#clock, this.#workMs);
      next += 1;
      if (next % 3 === 0 && (await this.#commit(held, next))) committed = next;
    }
    while (!work.isGone && committed < next) {
      if (await this.#commit(held, next)) committed = next;
      else await sleep(this.#clock, 20);
    }
    if (next === end && !work.isDraining && !work.isGone) held.finish([]);
  }

  async #commit(held: HeldLease, position: number): Promise<boolean> {
    try {
      await held.commit(String(position));
      this.#note({ kind: 'committed', ...this.#of(held), position });
      return true;
    } catch (thrown) {
      if (!StreamError.is(thrown)) throw thrown;
      return false;
    }
  }

  #of({ partition, token }: HeldLease): { member: string; partition: string; token: number } {
    return { member: this.#member, partition, token };
  }

  #note(entry: Entry): void {
    this.#history.push(entry);
  }
}
