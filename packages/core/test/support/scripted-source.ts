import type { Assignment, Cursor, Gap, Mark, EventPage, Source, SourceListener } from '../../src/contract/source.ts';
import { StreamError } from '../../src/errors/stream-error.ts';
import type { Position, StoredEvent } from '../../src/model/encoded.ts';

type Readable = StoredEvent | Gap | 'end' | StreamError;

/** An assignment that hands over what the test pushed. An event's name is its position; its first letter is its key, `-` for none. */
export class ScriptedAssignment implements Cursor {
  /** What core is given. */
  readonly seen: Assignment;
  readonly partition: string;
  readonly fencingToken: string;
  isHeld = true;
  readonly commits: Position[] = [];
  readonly settled: Position[][] = [];
  readonly released: Position[][] = [];
  /** Answers of the next commits and settles; without one they succeed at once. */
  answers: (StreamError | Promise<void>)[] = [];
  /** Held between the moment an event has its room and the moment it is handed over. */
  handOver: Promise<void> | undefined;
  /** Sees each commit as it arrives. */
  onCommit: (position: Position) => void = () => undefined;
  /** Room for events at the beginning of each read. */
  readonly rooms: (number | undefined)[] = [];
  readonly #queue: Readable[] = [];
  #wake: (() => void) | undefined;
  #reading = false;
  #telling = false;

  constructor(partition: string, fencingToken: string, settlement: 'watermark' | 'individual' = 'watermark') {
    this.partition = partition;
    this.fencingToken = fencingToken;
    this.seen = settlement === 'watermark' ? watermark(this) : individual(this);
  }

  push(...items: readonly (string | Gap | StreamError | StoredEvent)[]): void {
    this.#queue.push(...items.map((item) => (typeof item === 'string' && item !== 'end' ? this.stored(item) : item)));
    this.#wake?.();
  }

  /** Retention removes all that was not handed over. */
  expire(gap: Gap): void {
    this.#queue.splice(0, this.#queue.length, gap);
    this.#wake?.();
  }

  stored(name: string, more: Partial<StoredEvent> = {}): StoredEvent {
    const key = name.startsWith('-') ? null : name.slice(0, 1);
    return {
      key,
      value: Buffer.from(name),
      headers: [],
      partition: this.partition,
      position: name,
      timestamp: 1_700_000_000_000,
      ...more,
    };
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#reading) throw new Error('two reads of one assignment at a time');
    this.#reading = true;
    this.rooms.push(page.room);
    try {
      await this.#read(page, signal);
    } finally {
      this.#reading = false;
    }
  }

  async #read(page: EventPage, signal: AbortSignal): Promise<void> {
    for (;;) {
      let count = 0;
      for (let next = this.#queue[0]; isEvent(next) && page.add(next); next = this.#queue[0]) {
        count++;
        this.#queue.shift();
      }
      if (count > 0) return this.handOver;
      const next = this.#queue[0];
      if (isEvent(next)) return;
      this.#queue.shift();
      if (next instanceof StreamError) throw next;
      if (next === 'end') page.end();
      else if (next !== undefined) page.gap(next);
      if (next !== undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
    }
  }

  async commit(upTo: Mark): Promise<void> {
    this.onCommit(upTo.position);
    await this.#answer();
    this.commits.push(upTo.position);
  }

  async settle(events: readonly StoredEvent[]): Promise<void> {
    await this.#answer();
    this.settled.push(events.map(({ position }) => position));
  }

  release(events: readonly StoredEvent[]): void {
    this.released.push(events.map(({ position }) => position));
  }

  async #answer(): Promise<void> {
    if (this.#telling) throw new Error('two commits of one assignment at a time');
    this.#telling = true;
    try {
      const answer = this.answers.shift();
      if (answer instanceof StreamError) throw answer;
      await answer;
    } finally {
      this.#telling = false;
    }
  }
}

/** A source whose every assignment the test makes. On abort it revokes its assignments, waits for them and leaves. */
export class ScriptedSource implements Source {
  readonly #assignments = new Set<ScriptedAssignment>();
  #listener: SourceListener | undefined;
  #tokens = 0;
  readonly #settlement: 'watermark' | 'individual';
  /** Ends a range: no assignment is left. */
  end: () => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;

  constructor(settlement: 'watermark' | 'individual' = 'watermark') {
    this.#settlement = settlement;
  }

  run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
      const leave = (): void =>
        void Promise.all([...this.#assignments].map((assignment) => this.revoke(assignment))).then(() => resolve());
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }

  get listener(): SourceListener {
    if (this.#listener === undefined) throw new Error('the engine does not run');
    return this.#listener;
  }

  assign(partition = 'p0'): ScriptedAssignment {
    const assignment = new ScriptedAssignment(partition, String(++this.#tokens), this.#settlement);
    this.#assignments.add(assignment);
    this.listener.assigned(assignment.seen);
    return assignment;
  }

  async revoke(assignment: ScriptedAssignment): Promise<void> {
    await this.listener.revoking(assignment.seen);
    this.#assignments.delete(assignment);
  }

  lose(assignment: ScriptedAssignment): void {
    this.#assignments.delete(assignment);
    this.listener.lost(assignment.seen, new StreamError('lease-lost', 'another member has it', { where: 'scripted' }));
  }
}

function isEvent(item: Readable | undefined): item is StoredEvent {
  return typeof item === 'object' && 'position' in item;
}

function watermark(of: ScriptedAssignment): Assignment {
  return {
    partition: of.partition,
    fencingToken: of.fencingToken,
    get isHeld() {
      return of.isHeld;
    },
    read: (page, signal) => of.read(page, signal),
    commit: (upTo) => of.commit(upTo),
  };
}

function individual(of: ScriptedAssignment): Assignment {
  return {
    partition: of.partition,
    fencingToken: of.fencingToken,
    get isHeld() {
      return of.isHeld;
    },
    read: (page, signal) => of.read(page, signal),
    settle: (events) => of.settle(events),
    release: (events) => of.release(events),
  };
}
