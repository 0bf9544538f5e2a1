import fc from 'fast-check';
import type { Entry, NewEntry, Holding } from '../../src/history/entry.ts';
import { below, type Random, seeded } from '../../src/run/random.ts';

/** What the group of a {@link Simulation} does with an event that fails. */
export const policy = { attempts: 4, initialMs: 20, maxMs: 50 } as const;
/** Events that one member may hold. */
export const room = 5;
/** Positions pass from one digit to two, so that whoever compares them as text is wrong. */
const firstPosition = 7;

/** One event to send: a small number for its key, 0 for none, and how many of its attempts fail. */
interface Planned {
  readonly key: number;
  readonly failures: number;
}

export interface Plan {
  readonly events: readonly Planned[];
  readonly partitions: number;
  readonly members: number;
  /** Decides who does what next. */
  readonly seed: number;
}

interface Stored {
  readonly id: string;
  readonly key: string | null;
  readonly seq: number;
  readonly position: number;
  readonly failures: number;
  attempt: number;
  state: 'waiting' | 'running' | 'hopeless' | 'settled';
  dueAt: number;
}

interface Partition {
  readonly name: string;
  readonly log: Stored[];
  readonly unanswered: Stored[];
  owner: Holding;
  /** Index of the next event to read, and of the first one not committed. */
  next: number;
  committed: number;
}

/** What a group on a broker without any fault leaves behind, in one of the many orders in which it can happen. */
export interface Run {
  readonly entries: readonly Entry[];
  readonly failures: ReadonlyMap<string, number>;
}

/** Plans whose events fail at most so often; `policy.attempts` failures make a dead letter. */
function plans(maxFailures: number): fc.Arbitrary<Plan> {
  const event = fc.record({
    key: fc.nat(4),
    failures: maxFailures === 0 ? fc.constant(0) : fc.oneof(fc.constant(0), fc.nat(maxFailures)),
  });
  return fc.record({
    events: fc.array(event, { minLength: 8, maxLength: 40 }),
    partitions: fc.integer({ min: 1, max: 3 }),
    members: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
  });
}

export function runs(maxFailures: number): fc.Arbitrary<Run> {
  return plans(maxFailures).map((plan) => new Simulation(plan).run());
}

class Simulation {
  readonly #entries: Entry[] = [];
  readonly #failures = new Map<string, number>();
  readonly #partitions: readonly Partition[];
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #sequences = new Map<number, number>();
  #sent = 0;
  #now = 0;
  #assignments = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = seeded(plan.seed);
    this.#partitions = Array.from({ length: plan.partitions }, (_, index) => {
      const name = String(index);
      return { name, log: [], unanswered: [], owner: this.#assign(name), next: 0, committed: 0 };
    });
  }

  run(): Run {
    for (let actions = this.#actions(); ; actions = this.#actions()) {
      const action = actions[below(this.#random, actions.length)];
      this.#now += below(this.#random, 3);
      if (action !== undefined) action();
      else if (this.#partitions.some(({ log }) => log.some(({ state }) => state === 'waiting'))) this.#now += 5;
      else return { entries: this.#entries, failures: this.#failures };
    }
  }

  #actions(): (() => void)[] {
    const actions: (() => void)[] = [];
    const planned = this.#plan.events[this.#sent];
    if (planned !== undefined) actions.push(() => this.#send(planned));
    for (const partition of this.#partitions) actions.push(...this.#actionsOf(partition));
    return actions;
  }

  #actionsOf(partition: Partition): (() => void)[] {
    const { log, owner, unanswered } = partition;
    const actions: (() => void)[] = [];
    if (unanswered.length > 0) actions.push(() => this.#answer(partition));
    const free = Math.min(room - this.#held(owner.member), log.length - partition.next);
    if (free > 0) actions.push(() => this.#read(partition, 1 + below(this.#random, free)));
    for (const event of log.slice(0, partition.next)) {
      if (event.state === 'running') actions.push(() => this.#end(partition, event));
      if (event.state === 'hopeless') actions.push(() => this.#bury(event));
      if (event.state === 'waiting' && event.dueAt <= this.#now && isHead(log, event))
        actions.push(() => this.#start(partition, event));
    }
    const safe = prefix(log);
    if (safe > partition.committed) actions.push(() => this.#commit(partition, safe));
    const isIdle = log.every(({ state, attempt }, index) =>
      index < safe ? state === 'settled' : state === 'waiting' && attempt === 0,
    );
    // A hand-over in ten steps, or nothing else would happen.
    if (isIdle && this.#plan.members > 1 && log.length > safe && below(this.#random, 10) === 0)
      actions.push(() => this.#handOver(partition, safe));
    return actions;
  }

  #send({ key: number, failures }: Planned): void {
    this.#sent++;
    const key = number === 0 ? null : `k${number}`;
    const seq = this.#sequences.get(number) ?? 0;
    this.#sequences.set(number, seq + 1);
    const index = key === null ? below(this.#random, this.#partitions.length) : number % this.#partitions.length;
    const partition = this.#partitions[index];
    if (partition === undefined) return;
    const id = `${key}#${seq}`;
    const event: Stored = {
      id,
      key,
      seq,
      position: firstPosition + partition.log.length,
      failures,
      attempt: 0,
      state: 'waiting',
      dueAt: 0,
    };
    partition.log.push(event);
    partition.unanswered.push(event);
    this.#failures.set(id, failures);
    this.#record({ kind: 'send', topic: 't', id, key, seq, sender: `p${below(this.#random, 2)}` });
  }

  #answer({ name, unanswered }: Partition): void {
    const event = unanswered.shift();
    if (event !== undefined)
      this.#record({ kind: 'sent', topic: 't', id: event.id, partition: name, position: String(event.position) });
  }

  #read(partition: Partition, events: number): void {
    partition.next += events;
    this.#record({ kind: 'read', events, bytes: events * 10, ...partition.owner });
  }

  #start(partition: Partition, event: Stored): void {
    event.attempt++;
    event.state = 'running';
    this.#record({ kind: 'deliver', ...call(partition, event) });
  }

  #end(partition: Partition, event: Stored): void {
    const failed = event.attempt <= event.failures;
    this.#record({ kind: 'settle', result: failed ? 'retry' : 'ok', ...call(partition, event) });
    if (!failed) event.state = 'settled';
    else if (event.attempt === policy.attempts) event.state = 'hopeless';
    else {
      event.state = 'waiting';
      event.dueAt = this.#now + Math.min(policy.maxMs, policy.initialMs * 2 ** (event.attempt - 1));
    }
  }

  #bury(event: Stored): void {
    event.state = 'settled';
    this.#record({
      kind: 'dead',
      topic: 't',
      group: 'g',
      id: event.id,
      attempts: event.attempt,
      code: 'handler-failed',
    });
  }

  #commit(partition: Partition, safe: number): void {
    partition.committed = safe;
    this.#record({ kind: 'commit', position: String(firstPosition - 1 + safe), ...partition.owner });
  }

  #handOver(partition: Partition, safe: number): void {
    if (safe > partition.committed) this.#commit(partition, safe);
    this.#record({ kind: 'revoke', ...partition.owner });
    partition.next = safe;
    partition.owner = this.#assign(partition.name);
  }

  #assign(partition: string): Holding {
    const owner = {
      topic: 't',
      group: 'g',
      member: `m${below(this.#random, this.#plan.members)}`,
      partition,
      assignment: ++this.#assignments,
    };
    this.#record({ kind: 'assign', ...owner });
    return owner;
  }

  #held(member: string): number {
    const own = this.#partitions.filter(({ owner }) => owner.member === member);
    return own.reduce(
      (sum, { log, next }) => sum + log.slice(0, next).filter(({ state }) => state !== 'settled').length,
      0,
    );
  }

  #record(entry: NewEntry): void {
    this.#entries.push({ at: ++this.#now, ...entry });
  }
}

function call({ owner }: Partition, { id, key, seq, attempt, position }: Stored) {
  return { ...owner, id, key, seq, attempt, position: String(position) };
}

/** Nothing earlier of its key is open; events without a key run freely. */
function isHead(log: readonly Stored[], event: Stored): boolean {
  return event.key === null || log.find(({ key, state }) => key === event.key && state !== 'settled') === event;
}

/** How many events from the first on are settled. */
function prefix(log: readonly Stored[]): number {
  const open = log.findIndex(({ state }) => state !== 'settled');
  return open < 0 ? log.length : open;
}
