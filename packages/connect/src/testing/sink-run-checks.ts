import { type Adapter, createStreams, defineTopic, type Streams } from '@isostream/core';
import { bounded, messageOf } from '@isostream/core/adapter';
import { runConnectors } from '../run/run.ts';
import type { Sink, SinkClass, SinkRecord } from '../sinks/sink.ts';
import { Death } from './death.ts';
import { RequestGate } from './gate.ts';
import { judge } from './judge.ts';
import { planOf } from './plans.ts';
import type { SinkSubject, SinkTarget, TestService } from './subject.ts';
import { defaultPatienceMs, type PlayOptions, until } from './until.ts';

const name = 'suite';
const group = `connect-${name}`;
const clientId = `connector-consumer-${name}-0`;
const rides = defineTopic('rides', { raw: true, partitions: 3 });
const keys = ['a', 'b', 'c', 'd'];
const expected = (count: number, of: readonly string[] = keys): Record<string, number> =>
  Object.fromEntries(of.map((key) => [key, count]));
/** So many that a consumer would read more than it may, if it could. */
const manyKeys = Array.from({ length: 300 }, (_, at) => `k${at}`);

/** What one scenario of a whole connector works with. */
export interface SinkRunStage {
  readonly subject: SinkSubject;
  readonly target: SinkTarget;
  readonly gate: RequestGate;
  /** Stores numbers of keys in topic `rides`; of `a` to `d` by default. */
  send(from: number, to: number, of?: readonly string[]): Promise<void>;
  /** Another process that runs the connector; it ends with the scenario at the latest. */
  start(options?: StartOptions): Promise<Running>;
  /** Cuts the member off that runs now. */
  silence(): void;
  /** Resolves once the group has committed everything. */
  done(): Promise<void>;
  readonly patienceMs: number;
}

interface StartOptions {
  readonly over?: (sink: Sink) => Sink;
  readonly properties?: Readonly<Record<string, string>>;
  readonly worker?: Readonly<Record<string, string>>;
}

interface Running {
  readonly streams: Streams;
  /** Ends in order; rejects with what ended the connector. */
  stop(): Promise<void>;
}

/** One thing that every connector of a sink has to do, with the runner around it. */
export interface SinkRunCheck {
  readonly name: string;
  readonly needsGate?: boolean;
  readonly run: (stage: SinkRunStage) => Promise<readonly string[]>;
}

interface Step {
  readonly step: 'open' | 'put';
  readonly when: 'before' | 'after';
  readonly nth: number;
  readonly says: string;
}

const steps: readonly Step[] = [
  { step: 'open', when: 'before', nth: 1, says: 'before it opens' },
  { step: 'open', when: 'after', nth: 1, says: 'after it has opened' },
  { step: 'put', when: 'before', nth: 1, says: 'before its first put' },
  { step: 'put', when: 'after', nth: 1, says: 'after its first put, which nobody heard of' },
  { step: 'put', when: 'before', nth: 3, says: 'before a later put, with positions committed' },
  { step: 'put', when: 'after', nth: 3, says: 'after a later put' },
];

function overSink(sink: Sink, at: <T>(step: string, call: () => Promise<T>) => Promise<T>): Sink {
  return {
    open: (signal) => at('open', async () => sink.open?.(signal)),
    put: (records, signal) => at('put', () => sink.put(records, signal)),
    close: async () => sink.close?.(),
  };
}

async function afterDeath(stage: SinkRunStage, died: Promise<void>): Promise<readonly string[]> {
  await bounded('the step', () => died, stage.patienceMs);
  stage.silence();
  await stage.send(6, 9);
  await stage.start();
  await stage.done();
  return judge(await stage.target.effects(), expected(9), stage.subject);
}

const deaths = steps.map(({ step, when, nth, says }): SinkRunCheck => ({
  name: `a task that dies ${says} loses nothing`,
  async run(stage) {
    await stage.send(0, 6);
    const death = new Death(step, when, nth);
    await stage.start({
      over: (sink) => overSink(sink, (at, call) => death.at(at, call)),
      properties: { 'consumer.override.max.poll.records': '2' },
    });
    try {
      return await afterDeath(stage, death.died);
    } finally {
      death.bury();
    }
  },
}));

const requestDeaths = (['before', 'after'] as const).map((when): SinkRunCheck => ({
  name: `a task that dies ${when} a request takes effect loses nothing`,
  needsGate: true,
  async run(stage) {
    await stage.send(0, 6);
    const held = stage.gate.hold(when);
    await stage.start({ properties: { 'consumer.override.max.poll.records': '3' } });
    return afterDeath(stage, held.arrived);
  },
}));

export const sinkRunChecks: readonly SinkRunCheck[] = [
  ...deaths,
  ...requestDeaths,
  {
    name: 'while its target is away a connector waits, and goes on by itself',
    needsGate: true,
    async run(stage) {
      stage.gate.fail('cut', 'throttle', 'lose');
      await stage.send(0, 4);
      await stage.start();
      await stage.done();
      return judge(await stage.target.effects(), expected(4), stage.subject);
    },
  },
  {
    name: 'what is read ahead of a slow target is bounded, and calls neither overlap nor hold a key twice',
    async run(stage) {
      const findings = new Set<string>();
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      let calls = 0;
      const slow = (sink: Sink): Sink => ({
        open: async (signal) => sink.open?.(signal),
        put: async (records: readonly SinkRecord[], signal) => {
          calls += 1;
          if (calls > 1) findings.add('two calls of the sink overlap');
          if (records.length > 50) findings.add(`a call has ${records.length} records, with max.poll.records=50`);
          const there = new Set(records.map(({ key }) => key.value));
          if (there.size < records.length) findings.add('a call has two records of one key');
          await opened;
          const results = await sink.put(records, signal);
          calls -= 1;
          return results;
        },
        close: async () => sink.close?.(),
      });
      await stage.send(0, 3, manyKeys);
      const { streams } = await stage.start({
        over: slow,
        properties: { 'consumer.override.max.poll.records': '50' },
      });
      const inFlight = async (): Promise<number> =>
        (await streams.health()).consumers.reduce((sum, consumer) => sum + consumer.inFlight, 0);
      await until('the consumer has read what it may', stage.patienceMs, async () => (await inFlight()) >= 500);
      const most = await inFlight();
      if (most > 500) findings.add(`${most} records are in flight`);
      open();
      await stage.done();
      return [...findings, ...judge(await stage.target.effects(), expected(3, manyKeys), stage.subject)];
    },
  },
];

export interface PlaySinkRunOptions extends PlayOptions {
  /** Makes a wrong version of the sink, for tests of the suite itself. */
  readonly sink?: (sink: Sink) => Sink;
  /** Makes a wrong version of the runner. */
  readonly streams?: (streams: Streams) => Streams;
}

/** Runs one check of a whole connector: resolves with what is wrong, or with why the check says nothing about it. */
export async function playSinkRun(
  check: SinkRunCheck,
  subject: SinkSubject,
  options: PlaySinkRunOptions = {},
): Promise<{ readonly findings: readonly string[]; readonly without?: string }> {
  const target = await subject.open();
  const gate = target.gate ?? new RequestGate();
  if (check.needsGate === true && target.gate === undefined) {
    await target.close();
    return { findings: [], without: 'its target has no requests that could fail' };
  }
  const service = subject.service();
  const stage = await Stage.open(subject, target, gate, service, options);
  try {
    return { findings: await check.run(stage) };
  } catch (error) {
    return { findings: [messageOf(error)] };
  } finally {
    gate.releaseAll();
    await stage.close();
    await target.close();
  }
}

class Stage implements SinkRunStage {
  readonly subject: SinkSubject;
  readonly target: SinkTarget;
  readonly gate: RequestGate;
  readonly patienceMs: number;
  readonly #service: TestService;
  readonly #distort: PlaySinkRunOptions;
  readonly #own: Streams;
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #failures: Error[] = [];

  private constructor(
    subject: SinkSubject,
    target: SinkTarget,
    gate: RequestGate,
    service: TestService,
    distort: PlaySinkRunOptions,
    own: Streams,
  ) {
    this.subject = subject;
    this.target = target;
    this.gate = gate;
    this.#service = service;
    this.#distort = distort;
    this.patienceMs = distort.patienceMs ?? defaultPatienceMs;
    this.#own = own;
  }

  static async open(
    subject: SinkSubject,
    target: SinkTarget,
    gate: RequestGate,
    service: TestService,
    distort: PlaySinkRunOptions,
  ): Promise<Stage> {
    const adapter: Adapter = service.connect();
    const own = await createStreams({ adapter, topics: [rides], topology: 'ensure' });
    return new Stage(subject, target, gate, service, distort, own);
  }

  async send(from: number, to: number, of: readonly string[] = keys): Promise<void> {
    const events = Array.from({ length: to - from }, (_, at) => from + at).flatMap((n) =>
      of.map((key) => ({ key, value: Buffer.from(JSON.stringify({ key, n })) })),
    );
    const results = await this.#own.producer(rides).sendBatch(events);
    for (const result of results) if (!result.ok) throw result.error;
  }

  async start({ over = (same) => same, properties = {}, worker = {} }: StartOptions = {}): Promise<Running> {
    const { sink } = this.subject;
    const { sink: distortSink = (same: Sink) => same, streams: distortStreams = (same: Streams) => same } =
      this.#distort;
    const wrapped: SinkClass = {
      ...sink,
      create: (config, context) => over(distortSink(sink.create(config, context))),
    };
    const connector = {
      name,
      topics: 'rides',
      'connector.class': sink.classNames[0] ?? '',
      ...this.target.properties,
      ...properties,
    };
    const plan = planOf(connector, worker, { sinks: [wrapped] });
    const streams = await createStreams({ adapter: this.#service.connect(), topics: [] });
    const end = new AbortController();
    const run = runConnectors(plan, distortStreams(streams), { signal: end.signal });
    run.catch((error: unknown) => this.#failures.push(asError(error)));
    const stop = async (): Promise<void> => {
      end.abort();
      await run;
    };
    this.#ends.push(async () => {
      await stop().catch(() => undefined);
      await streams.close({ deadline: 0 });
    });
    return { streams, stop };
  }

  silence(): void {
    const revive = this.#service.silence('rides', group, clientId);
    this.#ends.unshift(async () => revive());
  }

  async done(): Promise<void> {
    await until('the group has committed everything', this.patienceMs, async () => {
      const [failure] = this.#failures;
      if (failure !== undefined) throw failure;
      const lags = await this.#own.admin.lag(rides, group);
      return lags.length > 0 && lags.every(({ events }) => events === 0);
    });
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.#own.close();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
