import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type Adapter, type LaneBatch, messageOf, openAdapter, StreamError } from '@isostream/core/adapter';
import { offsetId, type SourceOffset } from '../offsets/place.ts';
import type { OffsetStore } from '../offsets/store.ts';
import { runConnectors } from '../run/run.ts';
import type { Source, SourceClass } from '../sources/source.ts';
import { Death, overAdapter } from './death.ts';
import { RequestGate } from './gate.ts';
import { planOf } from './plans.ts';
import type { SourceDistortion, SourceOrigin, SourceSubject } from './source-subject.ts';
import type { TestService } from './subject.ts';
import { defaultPatienceMs, type PlayOptions, until } from './until.ts';

const name = 'suite';
/** One partition: all that a source sends has one order. */
const rides = defineTopic('rides', { raw: true, partitions: 1 });
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** What one scenario works with. */
export interface SourceStage {
  readonly origin: SourceOrigin;
  readonly gate: RequestGate;
  /** Another process that runs the source; it ends with the scenario at the latest. */
  start(options?: StartOptions): Promise<Running>;
  /** What the topic holds, in its order. */
  stored(): Promise<readonly number[]>;
  /** Resolves once the topic holds so many different numbers. */
  reached(count: number): Promise<void>;
  /** Writes fail until the returned function is called. */
  failWrites(): () => void;
  readonly patienceMs: number;
}

interface StartOptions {
  readonly death?: Death;
  readonly overAdapter?: (adapter: Adapter) => Adapter;
  readonly over?: (source: Source) => Source;
  readonly worker?: Readonly<Record<string, string>>;
}

interface Running {
  /** Ends in order; rejects with what ended the connector. */
  stop(): Promise<void>;
}

/** One thing that every source has to do, with the runner around it. */
export interface SourceCheck {
  readonly name: string;
  readonly needsGate?: boolean;
  readonly run: (stage: SourceStage) => Promise<readonly string[]>;
}

/** All of them, each first in its place; what comes again is counted. */
function judge(found: readonly number[], count: number, repeats: number): string[] {
  const first = [...new Set(found)];
  const findings: string[] = [];
  if (first.join() !== numbers(0, count).join())
    findings.push(`the topic has ${found.join()} instead of ${numbers(0, count).join()}`);
  const more = found.length - first.length;
  if (more > repeats) findings.push(`${more} repeats, ${repeats} allowed: ${found.join()}`);
  return findings;
}

const steps = ['open', 'poll', 'write', 'acknowledge', 'store'].flatMap((step) =>
  (['before', 'after'] as const).map((when) => ({ step, when })),
);

const deaths = steps.map(({ step, when }): SourceCheck => ({
  name: `a source that dies ${when} ${step} loses nothing and reorders nothing`,
  async run(stage) {
    await stage.origin.add(numbers(0, 6));
    const death = new Death(step, when, step === 'open' ? 1 : 2);
    await stage.start({ death });
    // It finds something at each of its steps.
    let next = 6;
    const isOver = { now: false };
    void death.died.then(() => {
      isOver.now = true;
    });
    while (!isOver.now) {
      await stage.origin.add([next++]);
      const wanted = next;
      await until('the next number is stored, or the source is dead', stage.patienceMs, async () => {
        return isOver.now || new Set(await stage.stored()).size >= wanted;
      });
    }
    await stage.origin.add([next++]);
    await stage.start();
    await stage.reached(next);
    const found = judge(await stage.stored(), next, next);
    death.bury();
    return found;
  },
}));

export const sourceChecks: readonly SourceCheck[] = [
  {
    name: 'what a source has is sent once and in order, also across restarts',
    async run(stage) {
      for (const [from, to] of [
        [0, 5],
        [5, 6],
        [6, 9],
      ] as const) {
        await stage.origin.add(numbers(from, to));
        const running = await stage.start();
        await stage.reached(to);
        await running.stop();
      }
      return judge(await stage.stored(), 9, 0);
    },
  },
  ...deaths,
  {
    name: 'a source that cannot be reached sends everything once it is back',
    needsGate: true,
    async run(stage) {
      await stage.origin.add(numbers(0, 4));
      stage.gate.fail('cut', 'throttle', 'lose');
      await stage.start();
      await stage.reached(4);
      stage.gate.fail('lose', 'cut');
      await stage.origin.add(numbers(4, 8));
      await stage.reached(8);
      return judge(await stage.stored(), 8, 8);
    },
  },
  {
    name: 'what the service has not taken when the source is stopped comes at the next start',
    async run(stage) {
      await stage.origin.add(numbers(0, 6));
      const running = await stage.start({
        overAdapter: (adapter) => takingOnly(adapter, 2),
        worker: { 'task.shutdown.graceful.timeout.ms': '50' },
      });
      await stage.reached(2);
      await running.stop();
      await stage.start();
      await stage.reached(6);
      return judge(await stage.stored(), 6, 2);
    },
  },
  {
    name: 'while the service takes nothing, nothing more is read',
    async run(stage) {
      await stage.origin.add(numbers(0, 4));
      const takeAgain = stage.failWrites();
      let polls = 0;
      let records = 0;
      const counting = (source: Source): Source => ({
        open: async (offset, signal) => source.open?.(offset, signal),
        poll: async (signal) => {
          if (records > 0) polls += 1;
          const found = await source.poll(signal);
          records += found.length;
          return found;
        },
        acknowledge: async (acknowledged, signal) => source.acknowledge?.(acknowledged, signal),
        close: async () => source.close?.(),
      });
      await stage.start({ over: counting });
      await until('the source was read', stage.patienceMs, () => records > 0);
      await stage.origin.add(numbers(4, 8));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      const ahead = polls;
      takeAgain();
      await stage.reached(8);
      return [
        ...(ahead > 0 ? [`${ahead} polls while nothing of the first was stored`] : []),
        ...judge(await stage.stored(), 8, 0),
      ];
    },
  },
];

/** A service that takes so many events and then no more. */
function takingOnly(adapter: Adapter, limit: number): Adapter {
  let taken = 0;
  return {
    ...overAdapter(adapter),
    createSink: (topic) => {
      const sink = adapter.createSink(topic);
      const write = sink.write.bind(sink);
      return Object.assign(sink, {
        limits: { ...sink.limits, lanesPerRequest: 1, eventsPerLane: 1, eventsPerRequest: 1 },
        write: async (route: string, batches: readonly LaneBatch[], signal: AbortSignal) => {
          if (taken >= limit)
            return batches.map(
              () => new StreamError('unavailable', 'it takes no more', { where: 'suite', outcome: 'not-written' }),
            );
          taken += batches.length;
          return write(route, batches, signal);
        },
      });
    },
  };
}

/** Offsets that survive the processes of a scenario. */
class KeptOffsets {
  readonly #kept = new Map<string, SourceOffset>();

  keep(offset: SourceOffset): void {
    this.#kept.set(offsetId(offset), offset);
  }

  /** As one process sees them. */
  store(death: Death | undefined): OffsetStore {
    const write = async (offsets: readonly SourceOffset[]): Promise<void> => {
      for (const offset of offsets) this.keep(offset);
    };
    return {
      name: 'the offsets of the suite',
      read: async () => [...this.#kept.values()],
      write: (offsets) => (death === undefined ? write(offsets) : death.at('store', () => write(offsets))),
    };
  }
}

export interface PlaySourceOptions extends PlayOptions {
  /** Makes a wrong version of it, for tests of the suite itself. */
  readonly distort?: SourceDistortion['source'];
}

/** Runs one check of a source: resolves with what is wrong, or with why the check says nothing about it. */
export async function playSource(
  check: SourceCheck,
  subject: SourceSubject,
  { distort = (same) => same, patienceMs = defaultPatienceMs }: PlaySourceOptions = {},
): Promise<{ readonly findings: readonly string[]; readonly without?: string }> {
  const origin = await subject.open();
  if (check.needsGate === true && origin.gate === undefined) {
    await origin.close();
    return { findings: [], without: 'it makes no requests that could fail' };
  }
  const service = subject.service();
  const own = await createStreams({ adapter: service.connect(), topics: [rides], topology: 'ensure' });
  const stage = new Stage(subject.source, origin, service, own, distort, patienceMs);
  try {
    return { findings: await check.run(stage) };
  } catch (error) {
    return { findings: [messageOf(error)] };
  } finally {
    origin.gate?.releaseAll();
    await stage.close();
    await origin.close();
  }
}

class Stage implements SourceStage {
  readonly origin: SourceOrigin;
  readonly gate: RequestGate;
  readonly patienceMs: number;
  readonly #source: SourceClass;
  readonly #service: TestService;
  readonly #own: Streams;
  readonly #distort: SourceDistortion['source'];
  readonly #offsets = new KeptOffsets();
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #failures: Error[] = [];

  constructor(
    source: SourceClass,
    origin: SourceOrigin,
    service: TestService,
    own: Streams,
    distort: SourceDistortion['source'],
    patienceMs: number,
  ) {
    this.patienceMs = patienceMs;
    this.#source = source;
    this.origin = origin;
    this.gate = origin.gate ?? new RequestGate();
    this.#service = service;
    this.#own = own;
    this.#distort = distort;
  }

  async start({
    death,
    overAdapter: overIt = (same) => same,
    over = (same) => same,
    worker = {},
  }: StartOptions = {}): Promise<Running> {
    const adapter = overIt(openAdapter(this.#service.connect()));
    const streams = await createStreams({ adapter: death?.ofWrites(adapter) ?? adapter, topics: [] });
    const storeNow = (offset: Omit<SourceOffset, 'connector'>): void =>
      this.#offsets.keep({ connector: name, ...offset });
    const wrapped: SourceClass = {
      ...this.#source,
      needsOffsets: () => true,
      create: (config, context) => {
        const made = this.#source.create(config, context);
        if ('relay' in made) throw new Error('a source that relays by itself has no steps of the runner');
        const source = over(this.#distort(made, storeNow));
        return death === undefined ? source : dying(source, death);
      },
    };
    const connector = { name, 'connector.class': wrapped.classNames[0] ?? '', ...this.origin.properties };
    const strings = { 'value.converter': 'StringConverter', ...worker };
    const plan = planOf(connector, strings, { sources: [wrapped] });
    const end = new AbortController();
    const run = runConnectors(plan, streams, { signal: end.signal, offsets: this.#offsets.store(death) });
    run.catch((error: unknown) => {
      if (death?.isDead !== true) this.#failures.push(asError(error));
    });
    const stop = async (): Promise<void> => {
      end.abort();
      await run;
    };
    this.#ends.push(async () => {
      death?.bury();
      await stop().catch(() => undefined);
      await streams.close({ deadline: 0 });
    });
    return { stop };
  }

  async stored(): Promise<readonly number[]> {
    const found: number[] = [];
    await this.#own.replay(rides, { from: 'earliest' }).run((event) => found.push(this.origin.read(event)));
    return found;
  }

  async reached(count: number): Promise<void> {
    await until(`the topic holds ${count} numbers`, this.patienceMs, async () => {
      const [failure] = this.#failures;
      if (failure !== undefined) throw failure;
      return new Set(await this.stored()).size >= count;
    });
  }

  failWrites(): () => void {
    return this.#service.failWrites();
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.#own.close();
  }
}

function dying(source: Source, death: Death): Source {
  return {
    open: (offset, signal) => death.at('open', async () => source.open?.(offset, signal)),
    poll: (signal) => death.at('poll', () => source.poll(signal)),
    acknowledge: (records, signal) => death.at('acknowledge', async () => source.acknowledge?.(records, signal)),
    close: async () => source.close?.(),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
