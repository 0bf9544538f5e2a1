import { StreamError } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import { type Entry, type LoadTopic, loadTopic, seeded, unkeyedTopic } from '@isostream/conformance/checks';
import { simulatedAdapter } from './adapter.ts';
import { settled, SimulatedClock } from './clock.ts';
import { GapListener } from './gap-listener.ts';
import { SimulatedMember } from './member.ts';
import type { Fault, Plan } from './plan.ts';
import { Process } from './process.ts';
import { replayAll } from './replayer.ts';
import { failedMark, restartMark } from './marks.ts';
import { Recorder, type Stored } from './recorder.ts';
import { Senders } from './senders.ts';
import { SimulatedService } from './service.ts';
import { Turmoil } from './turmoil.ts';

/** What one run left behind. */
export interface Outcome {
  readonly entries: readonly Entry[];
  /** Breaches of the adapter contract by core, waits that timed out, and what was left open. */
  readonly breaches: readonly string[];
  readonly trouble: readonly string[];
  /** Gaps that were published. */
  readonly gaps: ReadonlySet<string>;
  /** What was stored, by place. */
  readonly contents: ReadonlyMap<string, Stored>;
  readonly steps: number;
}

/** What is made wrong on purpose: the adapter that core gets, or what it is told; the plan stays what is judged by. */
export interface Distortion {
  readonly adapter?: (adapter: Adapter) => Adapter;
  readonly consumer?: (options: Plan['consumer']) => Plan['consumer'];
  readonly producer?: (options: Plan['producer']) => Plan['producer'];
  /** What core draws. */
  readonly random?: () => number;
}

/** Trouble lasts so long after the last event was sent, in milliseconds. */
const troubleMs = 3_000;
/** Virtual time in which a healed system has to get everything done. */
const patienceMs = 1_200_000;
const group = 'g';

/** Runs one plan from the first event to the last close. Everything in it follows from the plan. */
export async function runPlan(plan: Plan, distortion: Distortion = {}): Promise<Outcome> {
  const world = new World(plan, distortion);
  const listener = new GapListener();
  listener.start();
  try {
    await world.run();
  } finally {
    listener.stop();
  }
  const { recorder, trouble, turmoil } = world;
  const { entries, breaches, contents } = recorder;
  return { entries, breaches, trouble, gaps: listener.heard, contents, steps: turmoil.steps };
}

class World {
  readonly recorder: Recorder;
  readonly turmoil: Turmoil;
  readonly trouble: string[] = [];
  readonly #plan: Plan;
  readonly #distortion: Distortion;
  readonly #clock: SimulatedClock;
  readonly #service: SimulatedService;
  readonly #topic: LoadTopic;
  readonly #members = new Set<SimulatedMember>();
  readonly #leaving = new Set<SimulatedMember>();
  readonly #processes: Process[] = [];
  readonly #calls = new Map<string, number>();
  readonly #closing = new Set<Promise<unknown>>();
  readonly #replays = new Set<Promise<void>>();
  readonly #senders: Senders;
  #started = 0;
  #isRestarting = false;
  #isEnding = false;

  constructor(plan: Plan, distortion: Distortion) {
    this.#plan = plan;
    this.#distortion = distortion;
    const random = seeded(plan.seed);
    this.#clock = new SimulatedClock(random);
    this.recorder = new Recorder(this.#clock);
    this.turmoil = new Turmoil(this.#clock, random, this.recorder, plan.faults, plan.service.slowness);
    this.turmoil.strike = (fault) => this.#strike(fault);
    this.#topic = (plan.isKeyed ? loadTopic : unkeyedTopic)('load', { partitions: plan.partitions });
    this.#service = new SimulatedService(this.turmoil, 'load', group, plan.partitions, plan.service.sessionMs);
    this.#senders = new Senders({
      plan,
      topic: this.#topic,
      clock: this.#clock,
      recorder: this.recorder,
      random: distortion.random ?? this.turmoil.random,
      trouble: this.trouble,
      createProcess: (name) => this.#process(name),
      createAdapter: (process) => this.#distort(simulatedAdapter(this.#service, process, plan)),
      change: distortion.producer ?? ((options) => options),
    });
  }

  async run(): Promise<void> {
    for (let count = 0; count < this.#plan.members; count++) this.#startMember();
    let isOver = false;
    this.#senders.sendAll(() => this.#clock.timer(troubleMs, () => (isOver = true)));
    await this.#drive('the load was sent', () => isOver);
    this.turmoil.heal();
    this.recorder.mark('healed');
    for (const member of this.#members) member.resume();
    await this.#finish('the producer closed', this.#senders.close());
    await this.#finish('every send was answered', this.#senders.answered());
    await this.#drive('everything was consumed', () => this.#service.isConsumed);
    await this.#finish('replays ended', Promise.all(this.#replays));
    this.#isEnding = true;
    await this.#finish(
      'members closed',
      Promise.all([...this.#members].map((member) => this.#closeMember(member, 60_000))),
    );
    await this.#finish('closed processes ended', Promise.all(this.#closing));
    await settled();
    for (const process of this.#processes)
      if (process.alive && process.timers > 0)
        this.trouble.push(`${process.name} left ${process.timers} timers behind`);
  }

  /** Lets time pass until it is so. */
  async #drive(what: string, until: () => boolean): Promise<void> {
    const deadline = this.#clock.monotonic() + patienceMs;
    await settled();
    while (!until()) {
      if (this.turmoil.isRunaway || this.#clock.monotonic() > deadline || !this.#clock.fireNext()) {
        this.trouble.push(`timed out waiting until ${what}`);
        return;
      }
      await settled();
    }
  }

  async #finish(what: string, work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    work.then(done, (error: unknown) => {
      this.trouble.push(`until ${what}: ${String(error)}`);
      done();
    });
    await this.#drive(what, () => isDone);
  }

  #distort(adapter: Adapter): Adapter {
    return this.#distortion.adapter?.(adapter) ?? adapter;
  }

  #process(name: string): Process {
    const process = new Process(name, this.#clock);
    this.#processes.push(process);
    return process;
  }

  #startMember(): void {
    const process = this.#process(`m${++this.#started}`);
    const member = new SimulatedMember(
      {
        service: this.#service,
        process,
        plan: this.#plan,
        topic: this.#topic,
        group,
        calls: this.#calls,
        options: (this.#distortion.consumer ?? ((options) => options))(this.#plan.consumer),
        random: this.#distortion.random ?? this.turmoil.random,
        createAdapter: (own, source) => this.#distort(simulatedAdapter(this.#service, own, this.#plan, { source })),
      },
      Number(this.#plan.consumer.drainTimeout),
    );
    this.#members.add(member);
    const ended = (error?: unknown): void => {
      if (error !== undefined && process.alive) this.recorder.mark(failedMark(process.name));
      // A consumer that stopped at a gap waits for a person.
      if (StreamError.is(error) && error.code === 'position-expired') this.#service.passGaps();
      if (!process.alive || member.isClosing) return;
      // It stopped by itself, as on `onFailure: 'stop'`: somebody starts another one.
      void this.#closeMember(member, 60_000);
      if (!this.#isEnding && !this.#isRestarting) this.#startMember();
    };
    member.running.then(() => ended(), ended);
  }

  #closeMember(member: SimulatedMember, deadlineMs: number): Promise<void> {
    this.#members.delete(member);
    this.#leaving.add(member);
    const closing = member.close(deadlineMs).then(() => {
      this.#leaving.delete(member);
      if (member.process.alive) this.recorder.record({ kind: 'closed', member: member.process.name });
    });
    this.#closing.add(closing);
    return closing;
  }

  #strike(fault: Fault): void {
    const { kind, ms } = fault;
    const members = [...this.#members];
    const member = members[fault.pick % Math.max(1, members.length)];
    const bite = (): void => this.recorder.bite(kind);
    if (kind === 'rebalance') {
      if (this.#service.group.shuffle() > 0) bite();
    } else if (kind === 'lease-lost' || kind === 'zombie') {
      const partition = String(fault.pick % this.#plan.partitions);
      const toldAfterMs = kind === 'zombie' ? 10 + ms : 0;
      if (this.#service.group.takeAway(partition, toldAfterMs)) bite();
    } else if (kind === 'join') {
      if (this.#isRestarting || members.length >= 4) return;
      bite();
      this.#startMember();
    } else if (kind === 'routes-moved') {
      if (this.#plan.service.routes < 2) return;
      bite();
      this.#service.routesMoved++;
    } else if (kind === 'replay') {
      bite();
      this.#replay();
    } else if (kind === 'trimmed') {
      if (this.#service.trim(String(fault.pick % this.#plan.partitions), fault.count * 2)) bite();
    } else if (kind === 'producer-closed') {
      bite();
      this.#closing.add(this.#senders.replace(ms));
    } else if (kind === 'crash') this.#crash(fault.pick);
    else if (member !== undefined && !this.#isRestarting) {
      bite();
      this.#strikeMember(fault, member);
    }
  }

  #replay(): void {
    const process = this.#process(`r${this.#replays.size + 1}`);
    const replay = replayAll({
      service: this.#service,
      process,
      plan: this.#plan,
      topic: this.#topic,
      createAdapter: (readers) => this.#distort(simulatedAdapter(this.#service, process, this.#plan, readers)),
    });
    this.#replays.add(
      replay.then((found) => void this.trouble.push(...found.map((line) => `${process.name}: ${line}`))),
    );
  }

  #strikeMember({ kind, ms }: Fault, member: SimulatedMember): void {
    if (kind === 'pause') {
      member.pause();
      this.#clock.timer(ms, () => member.resume());
    } else if (kind === 'restart') void this.#restart();
    else if (kind === 'signal') this.#abort(member);
    else {
      void this.#closeMember(member, kind === 'hurried-close' ? ms : 600_000);
      if (this.#members.size === 0) this.#startMember();
    }
  }

  /** It has to end by its signal alone: only then it is closed, and another one comes. */
  #abort(member: SimulatedMember): void {
    this.#members.delete(member);
    this.#leaving.add(member);
    this.#closing.add(member.abort());
  }

  /** Whoever is leaving can die over it. */
  #crash(pick: number): void {
    const alive = [...this.#members, ...this.#leaving];
    const member = alive[pick % Math.max(1, alive.length)];
    if (member === undefined) return;
    this.recorder.bite('crash');
    // It may have failed before, and nobody will hear of it.
    if (this.#leaving.delete(member)) this.recorder.mark(failedMark(member.process.name));
    this.#members.delete(member);
    member.crash();
    this.#service.group.crashed(member.source);
    if (this.#members.size === 0 && !this.#isRestarting) this.#startMember();
  }

  /** Everybody leaves, and others come: they go on exactly where those stopped. */
  async #restart(): Promise<void> {
    this.#isRestarting = true;
    const count = this.#members.size;
    await Promise.all([...this.#members].map((member) => this.#closeMember(member, 600_000)));
    await Promise.all(this.#closing);
    if (!this.#service.group.wasAbrupt && this.#service.group.isEmpty) this.recorder.mark(restartMark);
    this.#isRestarting = false;
    for (let started = 0; started < count && !this.#isEnding; started++) this.#startMember();
  }
}
