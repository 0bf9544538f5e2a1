import {
  sizeOf,
  type Gap,
  type Cursor,
  type IndividualAssignment,
  type WatermarkAssignment,
  type Mark,
  type EventPage,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { below } from '@isostream/conformance/checks';
import type { GroupMember, Lease, SimulatedGroup } from './group.ts';
import type { Process } from './process.ts';
import { asksMark, drainMark, gapMark, gracefulMark, handedMark, noRoomMark } from './marks.ts';
import type { SimulatedService } from './service.ts';
import { never } from './turmoil.ts';

/** How long a read waits for events before it comes back with none. */
const pollMs = 400;
/** A drain that was given more than this and takes it waits for what nobody will do. */
const patienceMs = 300_000;

export interface SourceOptions {
  readonly service: SimulatedService;
  readonly process: Process;
  readonly settlement: 'watermark' | 'individual';
  readonly eventsPerRead: number;
  /** Core goes on after a gap; else it stops there, and nothing is passed over. */
  readonly passesGaps: boolean;
  /** Members tell by their own clocks that a lease may have ended, before anybody tells them. */
  readonly tellsLapses: boolean;
  /** Milliseconds that a drain may take. */
  readonly drainTimeoutMs: number;
}

/** A group member's side of the simulated service; it keeps an eye on what core does with it. */
export class SimulatedSource implements Source, GroupMember {
  readonly process: Process;
  /** Leases given and not let go. */
  readonly assignments: Map<Lease, SimulatedAssignment> = new Map();
  /** The consumer does not drain in full: it is paused, was told to hurry, or failed. */
  isHasty: boolean = false;
  readonly #options: SourceOptions;
  #listener: SourceListener | undefined;
  #left: (() => void) | undefined;
  #isLeaving = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.process = options.process;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const { service } = this.#options;
    const { turmoil, group } = service;
    await turmoil.pass(this.process);
    if (signal.aborted) return;
    this.#listener = listener;
    const left = new Promise<void>((resolve) => (this.#left = resolve));
    signal.addEventListener(
      'abort',
      () => {
        if (!this.process.alive) return;
        this.#isLeaving = true;
        const reason: unknown = signal.reason;
        if (!StreamError.is(reason) || reason.code !== 'closed') this.isHasty = true;
        for (const assignment of this.assignments.values()) assignment.drains();
        group.leave(this);
        this.#checkLeft();
      },
      { once: true },
    );
    group.join(this);
    await left;
    await turmoil.pass(this.process);
  }

  assign(lease: Lease): void {
    const { settlement } = this.#options;
    const assignment =
      settlement === 'watermark'
        ? new SimulatedWatermark(this.#options, lease)
        : new SimulatedIndividual(this.#options, lease);
    this.assignments.set(lease, assignment);
    void this.#assign(assignment);
  }

  async #assign(assignment: SimulatedAssignment): Promise<void> {
    const { turmoil, group } = this.#options.service;
    await turmoil.pass(this.process);
    if (this.assignments.get(assignment.lease) !== assignment) return;
    assignment.begin();
    turmoil.recorder.record({ kind: 'assign', ...group.ownership(assignment.lease) });
    this.#listener?.assigned(assignment);
    if (this.#isLeaving) assignment.drains();
  }

  revoke(lease: Lease): void {
    void this.#revoke(lease);
  }

  async #revoke(lease: Lease): Promise<void> {
    const { service, drainTimeoutMs } = this.#options;
    const { turmoil, group } = service;
    await turmoil.pass(this.process);
    const assignment = this.assignments.get(lease);
    if (assignment === undefined) return;
    if (assignment.isAssigned) {
      assignment.drains();
      await this.#listener?.revoking(assignment);
      if (!this.process.alive) return;
      if (assignment.drainedMs > patienceMs)
        turmoil.recorder.breach(`the drain of assignment ${lease.number} took ${assignment.drainedMs} ms`);
      assignment.isOver = true;
      await turmoil.hops(below(turmoil.random, 3));
      if (!this.process.alive || !this.assignments.has(lease)) return;
      if (lease.isHeld) {
        const isGraceful = !assignment.isHasty && !this.isHasty && assignment.drainedMs < drainTimeoutMs;
        if (isGraceful) turmoil.recorder.mark(gracefulMark(lease.number));
        else group.wasAbrupt = true;
        turmoil.recorder.record({ kind: 'revoke', ...group.ownership(lease) });
      }
    }
    assignment.isOver = true;
    this.assignments.delete(lease);
    group.release(lease);
    this.#checkLeft();
  }

  lose(lease: Lease, reason: StreamError, afterMs: number): void {
    const assignment = this.assignments.get(lease);
    if (assignment === undefined) return;
    const { turmoil, group } = this.#options.service;
    if (!assignment.isAssigned) this.#drop(assignment);
    else {
      turmoil.recorder.record({ kind: 'lost', ...group.ownership(lease) });
      if (afterMs === 0) this.#tell(assignment, reason);
      else turmoil.clock.timer(afterMs, () => this.process.alive && this.#tell(assignment, reason));
    }
  }

  #tell(assignment: SimulatedAssignment, reason: StreamError): void {
    if (this.assignments.get(assignment.lease) !== assignment) return;
    this.#drop(assignment);
    this.#listener?.lost(assignment, reason);
  }

  #drop(assignment: SimulatedAssignment): void {
    assignment.isOver = true;
    this.assignments.delete(assignment.lease);
    this.#checkLeft();
  }

  #checkLeft(): void {
    if (this.#isLeaving && this.assignments.size === 0) this.#left?.();
  }
}

export type SimulatedAssignment = SimulatedWatermark | SimulatedIndividual;

/** One lease as core sees it. Says so when core asks what the contract does not allow. */
class SimulatedCursor implements Cursor {
  readonly partition: string;
  readonly fencingToken: string;
  readonly lease: Lease;
  isAssigned: boolean = false;
  /** Core was told that it is gone, or let go of it. */
  isOver: boolean = false;
  /** Its drain may end before everything is done. */
  isHasty: boolean = false;
  readonly #options: SourceOptions;
  #next = 0;
  readonly #calls = { read: 0, commit: 0 };
  #highestAsked = -1;
  /** Handed over and not settled one by one. */
  readonly #out = new Set<StoredEvent>();
  #drainsSince: number | undefined;

  constructor(options: SourceOptions, lease: Lease) {
    this.#options = options;
    this.lease = lease;
    this.partition = lease.partition;
    this.fencingToken = String(lease.number);
  }

  get isHeld(): boolean | undefined {
    return this.#options.tellsLapses ? this.lease.isHeld : undefined;
  }

  get isDraining(): boolean {
    return this.#drainsSince !== undefined;
  }

  get drainedMs(): number {
    return this.#options.process.monotonic() - (this.#drainsSince ?? 0);
  }

  begin(): void {
    this.isAssigned = true;
    this.#next = this.#options.service.group.position(this.partition);
  }

  drains(): void {
    if (this.isDraining || !this.isAssigned) return;
    this.#drainsSince = this.#options.process.monotonic();
    this.#options.service.turmoil.recorder.mark(drainMark(this.lease.number));
  }

  read(page: EventPage, signal: AbortSignal): Promise<void> {
    return this.#alone('read', () => this.#read(page, signal));
  }

  async #read(page: EventPage, signal: AbortSignal): Promise<void> {
    const { service, process, eventsPerRead, settlement } = this.#options;
    const { turmoil, group, topic } = service;
    const { recorder } = turmoil;
    if (process.alive) recorder.mark(asksMark(this.lease.number));
    const slow = turmoil.meets('read-slow');
    await turmoil.pass(process, slow === undefined ? turmoil.latency() : 50 + slow.ms);
    // Services notice a former owner at every commit, at a read only sometimes.
    if (!this.lease.isHeld && turmoil.random() < 0.5)
      throw group.leaseLost(this.lease, 'belongs to another member now');
    const log = service.log(topic, this.partition);
    if (this.#next >= log.end) await this.#wait((wake) => log.onAppend(wake), signal);
    if (signal.aborted) return;
    if (this.#next < log.start) {
      const gap = this.#skip(log.start);
      // Where there are no positions nobody is told.
      if (settlement === 'watermark') {
        recorder.mark(gapMark(this.lease.number, process.name, { ...gap, partition: this.partition }));
        page.gap(gap);
        return;
      }
    }
    const events: StoredEvent[] = [];
    for (
      let event = log.events[this.#next];
      event !== undefined && events.length < eventsPerRead;
      event = log.events[this.#next]
    ) {
      const isSettled = settlement === 'individual' && group.isSettled(this.partition, this.#next);
      if (!isSettled) {
        if (!page.add(event)) {
          if (process.alive) recorder.mark(noRoomMark(this.lease.number, `${this.partition}/${event.position}`));
          break;
        }
        events.push(event);
        this.#out.add(event);
      }
      this.#next++;
    }
    if (events.length > 0 && process.alive) {
      const bytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
      recorder.record({ kind: 'read', events: events.length, bytes, ...group.ownership(this.lease) });
      const places = events.map(({ position }) => `${this.partition}/${position}`);
      recorder.mark(handedMark(this.lease.number, places));
    }
    await turmoil.hops(below(turmoil.random, 3));
  }

  #skip(to: number): Gap {
    const { service, process, settlement, passesGaps } = this.#options;
    const from = this.#next;
    this.#next = to;
    if (process.alive && passesGaps) service.expired(this.partition, from, to, settlement);
    return { from: String(from), to: String(to), missing: to - from };
  }

  async #wait(subscribe: (wake: () => void) => () => void, signal: AbortSignal): Promise<void> {
    const { service, process } = this.#options;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        unsubscribe();
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const unsubscribe = subscribe(end);
      const cancel = service.turmoil.clock.timer(pollMs, end);
      signal.addEventListener('abort', end, { once: true });
    });
    await service.turmoil.pass(process, 0);
  }

  protected committing(upTo: Mark): Promise<void> {
    const { recorder } = this.#options.service.turmoil;
    const position = Number(upTo.position);
    if (position >= this.#next)
      recorder.breach(`commit of ${position}, which assignment ${this.lease.number} has not handed over`);
    if (position < this.#highestAsked) recorder.breach(`commit of ${position} after ${this.#highestAsked}`);
    this.#highestAsked = position;
    return this.#alone('commit', () => this.#commit((group) => group.commit(this.lease, upTo.position)));
  }

  protected settling(events: readonly StoredEvent[]): Promise<void> {
    const { service } = this.#options;
    const { recorder, random } = service.turmoil;
    const positions = events.map(({ position }) => position);
    if (new Set(events).size < events.length || !events.every((event) => this.#out.has(event)))
      recorder.breach(
        `${positions.join()} settled by assignment ${this.lease.number}, which does not hold all of that once`,
      );
    return this.#alone('commit', async () => {
      await this.#commit((group, isAnswered) => {
        // Of a call that is not answered only the beginning may have had its effect.
        const count = isAnswered ? positions.length : below(random, positions.length + 1);
        group.settle(this.lease, positions.slice(0, count));
      });
      for (const event of events) this.#out.delete(event);
    });
  }

  async #commit(apply: (group: SimulatedGroup, isAnswered: boolean) => void): Promise<void> {
    const { service, process } = this.#options;
    const { turmoil, group } = service;
    const fail = (code: 'unavailable' | 'timeout' | 'unauthorized', text: string): StreamError => {
      turmoil.recorder.record({ kind: 'commit-failed', code, ...group.ownership(this.lease) });
      return new StreamError(code, text, { where: 'simulation' });
    };
    const slow = turmoil.meets('commit-slow');
    await turmoil.travel(slow === undefined ? turmoil.latency() : 20 + slow.ms);
    if (turmoil.meets('commit-refused') !== undefined) throw fail('unavailable', 'the commit was refused');
    if (turmoil.meets('commit-forbidden') !== undefined) throw fail('unauthorized', 'the member may not commit');
    const isLost = turmoil.meets('commit-acknowledgement-lost') !== undefined;
    try {
      apply(group, !isLost);
    } catch (error) {
      turmoil.recorder.record({ kind: 'commit-failed', code: 'lease-lost', ...group.ownership(this.lease) });
      await turmoil.pass(process);
      throw error;
    }
    await turmoil.pass(process);
    if (isLost) throw fail('timeout', 'the commit was not answered');
  }

  async #alone<Result>(call: 'read' | 'commit', run: () => Promise<Result>): Promise<Result> {
    const { process, service } = this.#options;
    const { recorder } = service.turmoil;
    if (!process.alive) return never;
    if (this.isOver) recorder.breach(`${call} of assignment ${this.lease.number} after it was let go`);
    if (this.#calls[call] > 0) recorder.breach(`two calls of ${call} at once on assignment ${this.lease.number}`);
    this.#calls[call]++;
    try {
      return await run();
    } finally {
      this.#calls[call]--;
    }
  }
}

class SimulatedWatermark extends SimulatedCursor implements WatermarkAssignment {
  commit(upTo: Mark): Promise<void> {
    return this.committing(upTo);
  }
}

class SimulatedIndividual extends SimulatedCursor implements IndividualAssignment {
  settle(events: readonly StoredEvent[]): Promise<void> {
    return this.settling(events);
  }
}
