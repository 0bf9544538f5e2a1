import { setTimeout as sleep } from 'node:timers/promises';
import {
  createStreams,
  type Duration,
  type HandlerContext,
  type Producer,
  type ProducerOptions,
  type Topic,
  type TopicStorage,
} from '@isostream/core';
import { type Adapter, type Capabilities, openAdapter } from '@isostream/core/adapter';
import { groupName } from '../checks/invariants.ts';
import { History, now } from '../history/history.ts';
import { type Assignments, recordingAdapter } from '../history/recording-adapter.ts';
import { Load } from '../load/load.ts';
import { type LoadEvent, type LoadInput, type LoadTopic, loadTopic } from '../load/load-topic.ts';
import type { Harness, HarnessFaults } from '../suites/harness.ts';
import { MortalHandlers } from '../faults/member-inside.ts';
import { MemberProcess, type VolatileMember } from '../faults/member-process.ts';
import type { EndlessLoad, MemberPlan, SenderPlan } from '../faults/member-plan.ts';
import { MortalSink } from '../faults/mortal-sink.ts';
import { deleteTopics } from './delete-topics.ts';
import { below, type Random, seededFor } from './random.ts';
import { failingFor, type Handle, recordedCall } from './recorded-call.ts';
import type { Client, Member, MemberOptions, StageOptions, VolatileOptions } from './stage-options.ts';
import type { Distortion } from '../mutants/distortion.ts';
import { Stalls } from './stalls.ts';
import { Waits } from './waits.ts';

let stages = 0;

/** Everything one scenario needs: names of its own, clients, members, load, a history, and an end to all of it. */
export class Stage {
  readonly harness: Harness;
  readonly history: History = new History();
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Consumers and member processes that ended with an error. */
  readonly ended: string[] = [];
  /** When this process could do nothing. */
  readonly stalls: Stalls = new Stalls();
  readonly load: Load;
  /** Groups on topics whose handlers are recorded, by `groupName`. */
  readonly groups: Set<string> = new Set();
  readonly #options: StageOptions;
  readonly #clients: Client[] = [];
  readonly #processes: MemberProcess[] = [];
  readonly #known = new Set<string>();
  readonly #randoms = new Map<string, Random>();
  readonly #prefix: string;
  readonly #waits: Waits;
  #names = 0;

  constructor(options: StageOptions) {
    this.#options = options;
    this.harness = options.harness;
    this.seed = options.seed;
    this.signal = options.signal;
    this.#waits = new Waits(this.history, this.signal, this.harness.quietMs);
    this.load = new Load(this.history, this.signal, (purpose) => this.randomFor(purpose));
    this.#prefix = `c${process.pid.toString(36)}-${(++stages).toString(36)}-${options.clause.toLowerCase()}-${options.seed.toString(36)}`;
  }

  /** Waits that came to nothing. */
  get vain(): readonly string[] {
    return this.#waits.vain;
  }

  /** What the provider under test declares. */
  get capabilities(): Capabilities {
    return this.#options.capabilities;
  }

  /** The wrong version on this stage, for processes that have to be the same. */
  get mutant(): Pick<Distortion, 'mutant'> {
    const { mutant } = this.#options.distortion ?? {};
    return mutant === undefined ? {} : { mutant };
  }

  /** What the only member of a group holds of a topic with so many partitions: one subscription where there are none. */
  lanes(partitions: number): number {
    return this.capabilities.settlement === 'individual' ? 1 : partitions;
  }

  /** A size, scaled, but never below what makes the scenario meaningful. */
  scaled(size: number, least: number): number {
    return Math.max(least, Math.round(size * (this.#options.scale ?? 1)));
  }

  /**
   * Numbers for one purpose. What the seed decides for one is the same whatever is asked for another, and when: the load
   * must not depend on how handlers take turns.
   */
  randomFor(purpose: string): Random {
    const random = this.#randoms.get(purpose) ?? seededFor(this.seed, purpose);
    this.#randoms.set(purpose, random);
    return random;
  }

  /** For handlers, which share it in the order in which they run. */
  get random(): Random {
    return this.randomFor('handlers');
  }

  /** Milliseconds from now to each call, less those in which this process could do nothing. */
  stopwatch(): () => number {
    const start = now();
    return () => {
      const end = now();
      return end - start - this.stalls.between(start, end);
    };
  }

  name(): string {
    return `${this.#prefix}-${++this.#names}`;
  }

  /** With eight partitions, if nothing else is asked for. */
  topic(storage?: TopicStorage): LoadTopic {
    return loadTopic(this.name(), storage ?? { partitions: 8 });
  }

  /** A client with its own connections; its topics exist once this resolves. `change` breaks its provider beneath all else. */
  async client(
    topics: readonly Topic[] = [],
    // More than the default: a busy machine, or an emulator with much to do, is not what a scenario is about.
    connectTimeout: Duration = '30s',
    change: (adapter: Adapter) => Adapter = (adapter) => adapter,
  ): Promise<Client> {
    for (const topic of topics) this.#known.add(topic.name);
    const name = `m${++this.#names}`;
    const assignments: Assignments = new Map();
    const { distortion, harness } = this.#options;
    const provider = change(openAdapter(harness.createAdapter(name)));
    const recorded = recordingAdapter(distortion?.beneath?.(provider) ?? provider, this.history, assignments);
    const adapter = distortion?.adapter?.(recorded) ?? recorded;
    const streams = await createStreams({
      adapter,
      topics,
      random: this.randomFor(`jitter of ${name}`),
      ...(distortion?.clock === undefined ? {} : { clock: distortion.clock }),
      connectTimeout,
    });
    const client = { name, assignments, streams: distortion?.streams?.(streams) ?? streams };
    this.#clients.push(client);
    return client;
  }

  /** A member with a client of its own; by default its handler takes 0 to 20 ms. */
  async member(topic: LoadTopic, options: MemberOptions = {}): Promise<Member> {
    const { handle = this.busy(20), client = await this.client([topic]), group = 'g', ...consumerOptions } = options;
    const name = client.name;
    this.groups.add(groupName({ topic: topic.name, group }));
    const consumer = client.streams.consumer(topic, {
      group,
      clientId: name,
      concurrency: 32,
      commitInterval: this.harness.commitIntervalMs ?? 20,
      ...consumerOptions,
    });
    const running = consumer.run((event, context) => this.recorded(client, group, event, context, handle));
    let hasEnded = false;
    running
      .catch((error: unknown) => this.ended.push(`consumer ${name}: ${String(error)}`))
      .finally(() => (hasEnded = true));
    if (this.harness.makesGroupsInQuiet === true) await this.#untilAssigned(name, () => hasEnded);
    return { name, consumer, running };
  }

  async #untilAssigned(name: string, hasEnded = () => false): Promise<void> {
    await this.until(
      `${name} is assigned`,
      () => hasEnded() || this.history.arrivals.some((entry) => entry.kind === 'assign' && entry.member === name),
    );
  }

  /** Runs a handler and records its beginning and end. */
  recorded(client: Client, group: string, event: LoadEvent, context: HandlerContext, handle: Handle): Promise<void> {
    return recordedCall(
      { history: this.history, assignments: client.assignments, member: client.name, group },
      event,
      context,
      handle,
    );
  }

  /** A member that can be crashed and frozen: a process of its own, or what the provider offers instead of one. */
  async volatileMember(topic: LoadTopic, options: VolatileOptions = {}): Promise<VolatileMember> {
    const { group = 'g', busyMs = 20, failing = [], ...consumerOptions } = options;
    const { worker } = this.harness;
    if (worker === undefined) {
      const handlers = new MortalHandlers(failingFor(failing, this.busy(busyMs)));
      const inside = await this.member(topic, { group, ...consumerOptions, handle: handlers.handle });
      return handlers.member(inside, () => this.harness.stall?.(topic.name, group, inside.name) ?? (() => undefined));
    }
    this.groups.add(groupName({ topic: topic.name, group }));
    // The topic exists before the first process looks for it.
    if (!this.#known.has(topic.name)) await this.client([topic]);
    const name = `w${++this.#names}`;
    const address = `127.77.${this.#names >> 8}.${this.#names & 255}`;
    const plan: MemberPlan = {
      recipe: worker,
      name,
      ...(this.harness.faults?.cutOff === undefined ? {} : { address }),
      topic: topic.name,
      partitions: topic.partitions ?? 1,
      options: { group, concurrency: 32, commitInterval: this.harness.commitIntervalMs ?? 20, ...consumerOptions },
      busyMs,
      failing,
      ...this.mutant,
      sessionTimeoutMs: this.harness.sessionTimeoutMs,
      seed: below(this.randomFor('member processes'), 1_000_000),
    };
    const member: MemberProcess = new MemberProcess(plan, {
      history: this.history,
      died: (why) => this.ended.push(why),
      told: (message) => {
        for (const other of this.#processes) if (other !== member) other.tell(message);
      },
      cutOff: () => this.#cutOff(address),
    });
    this.#processes.push(member);
    if (this.harness.makesGroupsInQuiet === true) await this.#untilAssigned(name);
    return member;
  }

  #cutOff(address: string): () => void {
    const undo = this.faults.cutOff?.(address);
    return () => void undo?.();
  }

  /** A producer that sends without an end until it is crashed: a process of its own where the provider allows one. */
  async volatileSender(topic: LoadTopic, load: EndlessLoad): Promise<Pick<VolatileMember, 'crash'>> {
    const { worker } = this.harness;
    if (worker === undefined) {
      const life = new MortalSink();
      const { streams } = await this.client([topic], undefined, (adapter) => life.adapter(adapter));
      void this.load.sendAll(streams.producer(topic), topic, { ...load, events: 1, goOn: () => life.isAlive });
      return { crash: () => life.endInAWrite() };
    }
    if (!this.#known.has(topic.name)) await this.client([topic]);
    const plan: SenderPlan = {
      recipe: worker,
      name: `w${++this.#names}`,
      topic: topic.name,
      partitions: topic.partitions ?? 1,
      load,
      ...this.mutant,
      sessionTimeoutMs: this.harness.sessionTimeoutMs,
      seed: below(this.randomFor('sender processes'), 1_000_000),
    };
    const sender = new MemberProcess(plan, {
      history: this.history,
      died: (why) => this.ended.push(why),
      main: new URL('../faults/sender-worker.js', import.meta.url),
    });
    this.#processes.push(sender);
    return sender;
  }

  /** A handler that takes 0 to `ms` milliseconds, as the seed decides for each call. */
  busy(ms: number): Handle {
    return ({ id }, { attempt }) => this.pause(below(seededFor(this.seed, `handler of ${id}, ${attempt}`), ms + 1));
  }

  async producer(topic: LoadTopic, options?: ProducerOptions): Promise<Producer<LoadInput>> {
    const { streams } = await this.client([topic]);
    return streams.producer(topic, options);
  }

  /** Waits until something is so; `false`, and remembered, if nothing happens any more. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<boolean> {
    return this.#waits.until(what, condition);
  }

  /** Every acknowledged event of the group is settled or has its letter. */
  untilSettled(topic: LoadTopic, group = 'g'): Promise<boolean> {
    return this.#waits.untilSettled(topic.name, group);
  }

  /** Replays the topic from its beginning, and records what lies there. */
  async recordStored(topic: LoadTopic): Promise<void> {
    const { streams } = await this.client([topic]);
    await streams.replay(topic, { from: 'earliest' }).run(({ id, data }, { partition }) => {
      this.history.record({ kind: 'stored', topic: topic.name, id, key: data.key, seq: data.seq, partition });
    });
  }

  /** Resolves after `ms`; for handlers that take time, not for waiting on a condition. */
  pause(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** What can be broken here; the runner leaves scenarios out that need it where it is absent. */
  get faults(): HarnessFaults {
    if (this.harness.faults === undefined) throw new Error('this scenario says that it needs faults');
    return this.harness.faults;
  }

  /** Breaks every open connection. */
  cut(): void {
    this.history.record({ kind: 'broken', connections: this.faults.cut() });
  }

  /** The other end of every open connection is gone, and nobody is told. */
  halfOpen(): void {
    this.history.record({ kind: 'broken', connections: this.faults.halfOpen() });
  }

  /** Records the stretch in which something is broken. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.history.record({ kind: 'fault', name, edge: 'start' });
    try {
      return await work();
    } finally {
      this.history.record({ kind: 'fault', name, edge: 'end' });
    }
  }

  mark(name: string): void {
    this.history.record({ kind: 'mark', name });
  }

  async close(): Promise<void> {
    this.stalls.stop();
    await Promise.all(this.#processes.map((member) => member.crash()));
    const closed = await Promise.allSettled(this.#clients.map((client) => client.streams.close({ deadline: '2s' })));
    await deleteTopics(this.harness, this.#prefix);
    for (const result of closed) {
      const reason: unknown = result.status === 'rejected' ? result.reason : undefined;
      if (result.status === 'rejected') throw reason;
    }
  }
}
