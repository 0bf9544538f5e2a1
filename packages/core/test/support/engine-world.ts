import { NonRetryableError, StreamError } from '../../src/errors/stream-error.ts';
import type { HandlerContext } from '../../src/consume/options.ts';
import type { StoredEvent } from '../../src/model/encoded.ts';
import { settled } from './manual-clock.ts';
import { openEngine, type EngineUnderTest } from './open-engine.ts';
import type { ScriptedAssignment } from './scripted-source.ts';

const maxInFlight = 5;
const concurrency = 3;
const handlerTimeout = 1_000;
const drainTimeout = 5_000;

/** One assignment of a partition, and what became of its events. */
interface Assignment {
  readonly lane: ScriptedAssignment;
  readonly from: number;
  readonly settled: Set<string>;
  readonly delivered: Set<string>;
  status: 'owned' | 'leaving' | 'gone';
  /** A paused drain waits for what runs and starts nothing, so a part of it comes again. */
  paused: boolean;
}

interface Handling {
  readonly event: StoredEvent;
  readonly assignment: Assignment;
  readonly context: HandlerContext;
  readonly startedAt: number;
  readonly ok: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * A topic of two partitions, one consumer on it, and a judge that sees every delivery, settling and commit at the
 * moment it happens and compares it with the contract.
 */
export class EngineWorld {
  readonly violations: string[] = [];
  readonly seen = { deliveries: 0, retries: 0, commits: 0, letters: 0, drains: 0, lost: 0 };
  readonly #test: EngineUnderTest;
  readonly #log: Readonly<Record<string, string[]>> = { p0: [], p1: [] };
  readonly #committed: Record<string, number> = { p0: -1, p1: -1 };
  readonly #assignments = new Map<string, Assignment>();
  readonly #handlings: Handling[] = [];
  #lettersDown = 0;
  #events = 0;
  #paused = false;

  constructor() {
    this.#test = openEngine(
      {
        concurrency,
        maxInFlight: { events: maxInFlight },
        maxSpan: 6,
        handlerTimeout,
        drainTimeout,
        retry: { attempts: 3, backoff: { initial: 50, max: 400 } },
      },
      {
        process: (event, context) => this.#deliver(event, context),
        deadLetter: (event) => this.#letter(event),
      },
    );
  }

  push(partition: string, key: string): void {
    const name = `${key}${this.#events++}`;
    this.#log[partition]?.push(name);
    this.#assignments.get(partition)?.lane.push(name);
  }

  assign(partition: string): void {
    if (this.#assignments.has(partition)) return;
    const lane = this.#test.source.assign(partition);
    const from = (this.#committed[partition] ?? -1) + 1;
    const assignment: Assignment = {
      lane,
      from,
      settled: new Set(),
      delivered: new Set(),
      status: 'owned',
      paused: false,
    };
    this.#assignments.set(partition, assignment);
    lane.onCommit = (name) => this.#commit(assignment, name);
    lane.push(...(this.#log[partition] ?? []).slice(from));
  }

  revoke(partition: string): void {
    const assignment = this.#assignments.get(partition);
    if (assignment?.status !== 'owned') return;
    assignment.status = 'leaving';
    assignment.paused = this.#paused;
    const begun = this.#test.clock.monotonic();
    void this.#test.source.revoke(assignment.lane).then(() => {
      if (assignment.status === 'gone') return;
      this.#leave(assignment);
      if (this.#test.clock.monotonic() - begun >= drainTimeout || assignment.paused) return;
      this.seen.drains++;
      // In time, so nothing that was handed out may come again.
      const committed = this.#committed[partition] ?? -1;
      for (const name of assignment.delivered) {
        if (this.#place(assignment, name) > committed)
          this.violations.push(`${name} was handed out and left uncommitted by a graceful revoke`);
      }
    });
  }

  lose(partition: string): void {
    const assignment = this.#assignments.get(partition);
    if (assignment === undefined) return;
    this.seen.lost++;
    this.#leave(assignment);
    this.#test.source.lose(assignment.lane);
    for (const handling of this.#handlings) {
      if (handling.assignment === assignment && !handling.context.signal.aborted)
        this.violations.push(`${handling.event.position} was not told that its lane is lost`);
    }
  }

  end(pick: number, how: 'ok' | 'fail' | 'hopeless'): void {
    const [handling] = this.#handlings.splice(pick % Math.max(1, this.#handlings.length), 1);
    if (handling === undefined) return;
    const { event, assignment, context } = handling;
    if (how === 'ok') {
      if (!context.signal.aborted) assignment.settled.add(event.position);
      handling.ok();
    } else handling.fail(how === 'fail' ? new Error('again') : new NonRetryableError('never'));
  }

  pause(): void {
    this.#paused = true;
    for (const assignment of this.#assignments.values()) assignment.paused ||= assignment.status === 'leaving';
    this.#test.engine.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#test.engine.resume();
  }

  lettersFail(times: number): void {
    this.#lettersDown = times;
  }

  commitsFail(partition: string): void {
    const lane = this.#assignments.get(partition)?.lane;
    if (lane !== undefined) lane.answers = [new StreamError('unavailable', 'scripted', { where: 'scripted' })];
  }

  async advance(ms: number): Promise<void> {
    await this.#test.clock.advance(ms);
    this.#checkRoom();
  }

  async rest(): Promise<void> {
    await settled();
    this.#checkRoom();
  }

  /** From now on all goes well: then everything must be handled and committed. */
  async finish(): Promise<void> {
    this.#lettersDown = 0;
    this.resume();
    for (let turn = 0; turn < 300; turn++) {
      for (const partition of Object.keys(this.#log)) this.assign(partition);
      while (this.#handlings.length > 0) {
        this.end(0, 'ok');
        await this.rest();
      }
      await this.advance(200);
      if (Object.entries(this.#log).every(([partition, log]) => this.#committed[partition] === log.length - 1)) return;
    }
    this.violations.push(`stalled: ${JSON.stringify(this.#committed)} of ${JSON.stringify(this.#log)}`);
  }

  #deliver(event: StoredEvent, context: HandlerContext): Promise<void> {
    const assignment = this.#assignments.get(event.partition);
    return new Promise((resolve, reject) => {
      this.seen.deliveries++;
      if (context.attempt > 1) this.seen.retries++;
      if (assignment === undefined || context.fencingToken !== assignment.lane.fencingToken) {
        this.violations.push(`${event.position} was handed out for a lane that is gone`);
        return resolve();
      }
      this.#checkDelivery(event, assignment);
      assignment.delivered.add(event.position);
      const handling = {
        event,
        assignment,
        context,
        startedAt: this.#test.clock.monotonic(),
        ok: resolve,
        fail: reject,
      };
      this.#handlings.push(handling);
    });
  }

  #checkDelivery({ position, key }: StoredEvent, assignment: Assignment): void {
    // A handler holds its key until it ends, also after its lane was lost, but no longer than its timeout.
    const running = this.#handlings.filter(
      ({ startedAt }) => this.#test.clock.monotonic() - startedAt < handlerTimeout,
    );
    if (running.length >= concurrency) this.violations.push(`${position} is one handler too many`);
    if (assignment.settled.has(position)) this.violations.push(`${position} was handed out after it was settled`);
    if (key === null) return;
    for (const { event } of running)
      if (event.key === key) this.violations.push(`${position} overlaps with ${event.position}`);
    const log = this.#log[assignment.lane.partition] ?? [];
    for (const earlier of log.slice(assignment.from, log.indexOf(position))) {
      if (earlier.startsWith(String(key)) && !assignment.settled.has(earlier))
        this.violations.push(`${position} was handed out before ${earlier} was settled`);
    }
  }

  async #letter(event: StoredEvent): Promise<void> {
    await Promise.resolve();
    if (this.#lettersDown-- > 0) throw new StreamError('unavailable', 'scripted', { where: 'scripted' });
    this.seen.letters++;
    const assignment = this.#assignments.get(event.partition);
    if (assignment?.delivered.has(event.position) === true) assignment.settled.add(event.position);
  }

  #commit(assignment: Assignment, name: string): void {
    const { partition } = assignment.lane;
    const place = this.#place(assignment, name);
    this.seen.commits++;
    if (assignment.status === 'gone') this.violations.push(`commit of ${name} for a lane that is gone`);
    if (place < (this.#committed[partition] ?? -1)) this.violations.push(`commit of ${name} goes back`);
    for (const passed of (this.#log[partition] ?? []).slice(assignment.from, place + 1)) {
      if (!assignment.settled.has(passed))
        this.violations.push(`commit of ${name} passes ${passed}, which is not settled`);
    }
    this.#committed[partition] = place;
  }

  #leave(assignment: Assignment): void {
    assignment.status = 'gone';
    this.#assignments.delete(assignment.lane.partition);
  }

  #place(assignment: Assignment, name: string): number {
    return (this.#log[assignment.lane.partition] ?? []).indexOf(name);
  }

  #checkRoom(): void {
    const { events } = this.#test.engine.inFlight;
    if (events > maxInFlight || events < 0) this.violations.push(`${events} events in flight`);
  }
}
