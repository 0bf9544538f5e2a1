import type { Assignment, Gap } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Clock } from '../time/clock.ts';
import type { CommitSchedule } from './commit-schedule.ts';
import { Commits } from './commits.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Drain, type DrainMode } from './drain.ts';
import type { EngineSettings } from './settings.ts';
import { expired } from './engine-errors.ts';
import { EventLedger } from './event-ledger.ts';
import { type InFlight, Room } from './in-flight.ts';
import type { Ledger, Sent } from './ledger.ts';
import type { Observer } from './observer.ts';
import { PositionLedger } from './position-ledger.ts';
import { ReadPage } from './read-page.ts';
import { slotOf, type Holding, Task } from './task.ts';
import type { StoredEvent } from '../model/encoded.ts';

/** What the assignments of one consumer share. */
export interface Shared {
  readonly settlement: 'watermark' | 'individual';
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly accept?: (stored: StoredEvent) => boolean;
  readonly inFlight: InFlight;
  readonly dispatcher: Dispatcher;
  readonly schedule: CommitSchedule;
  readonly observer: Observer;
  /** Ends the consumer. */
  readonly fail: (error: StreamError) => void;
}

/** One assignment of a consumer, from its beginning to its end: owns its reading, its drain and its commits. */
export class HeldAssignment implements Holding {
  /** What the adapter gave. */
  readonly source: Assignment;
  readonly number: number;
  readonly #shared: Shared;
  readonly #ledger: Ledger;
  readonly #commits: Commits;
  readonly #room: Room;
  /** Of the present read. */
  #page: ReadPage;
  readonly #reading = new AbortController();
  /** `active`: read and run. `draining`: finish what was started. `gone`: nothing of it counts any more. */
  #status: 'active' | 'draining' | 'gone' = 'active';
  #hasEnded = false;
  /** Set while its read loop waits for room. */
  #wake: (() => void) | undefined;
  /** Handlers and dead-letter writes under way. */
  #busy = 0;
  #drain: Drain | undefined;

  constructor(source: Assignment, number: number, shared: Shared) {
    const { settlement, inFlight, observer } = shared;
    this.source = source;
    this.number = number;
    this.#shared = shared;
    this.#ledger = settlement === 'individual' ? new EventLedger(source) : new PositionLedger(source);
    this.#room = new Room(inFlight);
    this.#page = new ReadPage(this.#room);
    this.#commits = new Commits({
      ...shared,
      ledger: this.#ledger,
      status: () => this.#status,
      sent: (sent) => this.#sent(sent),
      refused: (error) => observer.commitFailed(this, error),
    });
  }

  get partition(): string {
    return this.source.partition;
  }

  get fencingToken(): string | undefined {
    return this.source.fencingToken;
  }

  get isHeld(): boolean {
    return this.source.isHeld !== false;
  }

  get isActive(): boolean {
    return this.#status === 'active';
  }

  get isGone(): boolean {
    return this.#status === 'gone';
  }

  get isHurried(): boolean {
    return this.#drain?.mode === 'running';
  }

  get isDraining(): boolean {
    return this.#drain !== undefined;
  }

  // Reading

  /** There is more to read, and it is still ours: what may be somebody else's by now is left to whoever tells that it is lost. */
  get isReadable(): boolean {
    return this.#status === 'active' && !this.#hasEnded && this.isHeld;
  }

  /** There is room. What lies settled above an unsettled event repeats after a crash, so that is bounded as well. */
  get mayRead(): boolean {
    return this.#room.isOpen && this.#ledger.span < this.#shared.settings.maxSpan;
  }

  /** Its read loop waits, and may go on. */
  get mayWake(): boolean {
    return this.#wake !== undefined && this.mayRead;
  }

  /** Events that hold up a commit. */
  get unsettled(): number {
    return this.#ledger.unsettled;
  }

  /** Begins a page, and has it filled. */
  read(): Promise<void> {
    this.#page = new ReadPage(this.#room);
    return this.source.read(this.#page, this.#reading.signal);
  }

  /** The read is over. True if others may find room now. */
  endRead(): boolean {
    return this.#page.close();
  }

  /** Resolves when it is woken. */
  untilWoken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The page is filled. */
  received(): void {
    const page = this.#page;
    // Reading took its time: what was lost meanwhile is handled by its next owner.
    if (this.#status === 'active' && this.isHeld) {
      page.claim(
        (stored, bytes) => this.#take(stored, bytes),
        (gap) => this.#passes(gap),
      );
      this.#shared.dispatcher.pump();
      this.#hasEnded = page.isEnd;
      this.#commitEnd();
    }
    // What comes after the drain began was never started: it belongs to the next owner.
    if (this.#status === 'draining') this.#ledger.release(page.unclaimed);
  }

  #take(stored: StoredEvent, bytes: number): void {
    const { accept, inFlight, dispatcher, settings } = this.#shared;
    const number = this.#ledger.add(stored.position);
    if (accept?.(stored) === false) {
      this.#ledger.pass(number);
      inFlight.remove(bytes);
    } else dispatcher.add(new Task(stored, this, number, bytes, slotOf(stored, settings.ordering)));
  }

  /** False where nothing behind it may be started. */
  #passes(gap: Gap): boolean {
    const { observer, settings, dispatcher, fail } = this.#shared;
    observer.gap(this, gap);
    // Whoever was told of it may have closed the consumer.
    if (settings.onExpired !== 'stop') return this.#status === 'active';
    // What came before it is not at fault.
    dispatcher.pump();
    fail(expired(this.partition, gap));
    return false;
  }

  // Its tasks

  begin(): void {
    this.#busy++;
  }

  end(): void {
    this.#busy--;
  }

  start(task: Task): void {
    this.#ledger.start(task);
  }

  settle(task: Task): void {
    this.#ledger.settle(task);
    this.#commits.settled();
    this.#commitEnd();
    this.#ledger.leave(task);
    if (!this.#ledger.keepsRoom) this.#release(task);
    this.#checkDrain();
  }

  /** Others wait for the end of a partition: its last commit does not wait for the interval. */
  #commitEnd(): void {
    if (this.#hasEnded && this.#status === 'active' && this.#ledger.unsettled === 0) void this.#commits.sendAll();
  }

  leave(task: Task): void {
    this.#drop(task);
    this.#checkDrain();
  }

  #drop(task: Task): void {
    this.#ledger.leave(task);
    this.#release(task);
  }

  #release(task: Task): void {
    if (task.yieldRoom()) this.#shared.inFlight.remove(task.bytes);
  }

  // Commits

  /** How often the provider refused what it was told, since it last took something. */
  get refusals(): number {
    return this.#commits.refusals;
  }

  send(): void {
    void this.#commits.send();
  }

  /** Resolves when all that is settled is stored, or the signal is aborted. */
  finishCommits(signal: AbortSignal): Promise<void> {
    return this.#commits.finish(signal);
  }

  #sent({ position, tasks }: Sent): void {
    if (position !== undefined) this.#shared.observer.committed(this, position);
    if (tasks === undefined) return;
    for (const task of tasks) this.#release(task);
    this.#shared.dispatcher.pump();
  }

  // Its end

  /** Reads and starts nothing more but what is owed. Resolves when that is done. */
  drain(mode: DrainMode): Promise<void> {
    if (this.#status === 'gone') return Promise.resolve();
    const isNew = this.#drain === undefined;
    this.#drain ??= new Drain(mode);
    if (isNew || this.#drain.hurry(mode)) {
      this.#status = 'draining';
      this.#stopReading();
      const { dispatcher } = this.#shared;
      const dropped = dispatcher.discard(
        (task) => task.assignment === this && (mode === 'running' || !this.#ledger.owes(task)),
      );
      for (const task of dropped) this.#drop(task);
      this.#ledger.release(dropped.map(({ stored }) => stored));
      if (mode === 'running') dispatcher.cancelWaits(this);
    }
    this.#checkDrain();
    return this.#drain.done;
  }

  /** The time of its drain is over. */
  endDrain(): void {
    this.#drain?.finish();
  }

  /** From now on nothing of it counts: its handlers are aborted, and nothing is committed. */
  forget(reason: StreamError): void {
    const { dispatcher } = this.#shared;
    this.#status = 'gone';
    this.#stopReading();
    this.#drain?.finish();
    for (const task of dispatcher.discard((each) => each.assignment === this)) this.#drop(task);
    dispatcher.cancelWaits(this);
    dispatcher.lose(this, reason);
    for (const task of this.#ledger.forget()) this.#release(task);
    dispatcher.pump();
  }

  #checkDrain(): void {
    if (this.#drain === undefined) return;
    if (this.#drain.mode === 'started' ? this.#ledger.isFinished : this.#busy === 0) this.#drain.finish();
  }

  #stopReading(): void {
    this.#room.close();
    this.#reading.abort(new StreamError('aborted', 'the assignment is not read any more', { where: 'consumer' }));
    this.wake();
  }
}
