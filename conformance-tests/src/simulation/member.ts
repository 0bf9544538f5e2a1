import {
  type Batch,
  type Consumer,
  createStreams,
  type Delivery,
  NonRetryableError,
  type Streams,
} from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import type { LoadEvent, LoadTopic } from '../load/load-topic.ts';
import { Handlers } from './handler.ts';
import { pausedMark, resumedMark } from './marks.ts';
import type { Plan, View } from './plan.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';
import { SimulatedSource } from './source.ts';

/** Events of a batch, where the view is `batch`. */
export const batchSize = 4;

export interface MemberParts {
  readonly service: SimulatedService;
  readonly process: Process;
  readonly plan: Plan;
  readonly topic: LoadTopic;
  readonly group: string;
  readonly calls: Map<string, number>;
  /** What core is told and draws. */
  readonly options: Plan['consumer'];
  readonly random: () => number;
  /** Makes this process's adapter; `source` is the one source that it may hand out. */
  readonly createAdapter: (process: Process, source: SimulatedSource) => Adapter;
}

/** One member of the group: a process with a client, a consumer, and an application that uses it. */
export class SimulatedMember {
  readonly process: Process;
  readonly source: SimulatedSource;
  /** Settles when the consumer ended; rejects with what stopped it. */
  readonly running: Promise<void>;
  readonly #parts: MemberParts;
  #die: (() => void) | undefined;
  readonly #died: Promise<void> = new Promise((resolve) => (this.#die = resolve));
  #streams: Streams | undefined;
  #consumer: Consumer<LoadEvent> | undefined;
  #isPaused = false;
  #closing: Promise<void> | undefined;

  constructor(parts: MemberParts, drainTimeoutMs: number) {
    const { service, process, plan } = parts;
    this.#parts = parts;
    this.process = process;
    const { eventsPerRead, settlement, tellsLapses } = plan.service;
    this.source = new SimulatedSource({ service, process, settlement, eventsPerRead, tellsLapses, drainTimeoutMs });
    this.running = this.#run();
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Events that the consumer says it holds. */
  get inFlight(): number {
    return this.#consumer?.inFlight.events ?? 0;
  }

  pause(): void {
    if (!this.#isPaused) this.#mark(pausedMark);
    this.#isPaused = true;
    // What is drained while paused is not finished; a lane that drains already is let go early.
    this.source.isHasty = true;
    this.#consumer?.pause();
  }

  resume(): void {
    if (this.#closing !== undefined || !this.#isPaused) return;
    this.#isPaused = false;
    this.#mark(resumedMark);
    for (const lane of this.source.lanes.values()) if (lane.isDraining) lane.isHasty = true;
    this.source.isHasty = false;
    this.#consumer?.resume();
  }

  #mark(mark: (member: string) => string): void {
    this.#parts.service.turmoil.recorder.mark(mark(this.process.name));
  }

  /** The process is gone between two of its promise callbacks, and nobody is told. */
  crash(): void {
    this.process.alive = false;
    this.#die?.();
  }

  /** Resolves when the consumer is closed, or the process died over it. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= Promise.race([this.#close(deadlineMs), this.#died]);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.resume();
    // Whoever hurries does not finish.
    if (deadlineMs < 60_000) this.source.isHasty = true;
    await this.#consumer?.close({ deadline: deadlineMs });
    await this.#streams?.close({ deadline: deadlineMs });
  }

  async #run(): Promise<void> {
    const { process, plan, topic, group, service, createAdapter, calls, options, random } = this.#parts;
    const streams = await createStreams({
      adapter: createAdapter(process, this.source),
      topics: [topic],
      clock: process,
      random,
    });
    this.#streams = streams;
    if (this.#closing !== undefined) return streams.close();
    const isOver = (lease: number): boolean =>
      ![...this.source.lanes.values()].some((lane) => lane.lease.number === lease && !lane.isOver);
    // A batch or a stream was given its events before.
    const isPaused = (): boolean => this.#isPaused && plan.view === 'run';
    const handlers = new Handlers({ service, process, plan, group, calls, isOver, isPaused });
    const consumer = streams.consumer(topic, { ...options, group, clientId: process.name });
    this.#consumer = consumer;
    if (this.#isPaused) consumer.pause();
    return consume(consumer, handlers, plan.view, service);
  }
}

function consume(
  consumer: Consumer<LoadEvent>,
  handlers: Handlers,
  view: View,
  service: SimulatedService,
): Promise<void> {
  if (view === 'run') return consumer.run((event, context) => handlers.handle(event, context));
  if (view === 'batch')
    return consumer.runBatch({ maxEvents: batchSize, maxWait: 10 }, (batch) => handleBatch(batch, handlers));
  return handleStream(consumer, handlers, service);
}

/** Single events of a batch fail by name; the batch lasts as long as its slowest event. */
async function handleBatch(batch: Batch<LoadEvent>, handlers: Handlers): Promise<void> {
  const calls = batch.events.map((event) => ({ event, run: handlers.begin(event, batch.context(event)) }));
  await Promise.all(
    calls.map(async ({ event, run }) => {
      await run.wait();
      if (run.fate.result === 'ok') return;
      run.end();
      batch.fail(event, run.error());
    }),
  );
  for (const { run } of calls) run.end();
}

/** Some loops that share one stream. */
async function handleStream(
  consumer: Consumer<LoadEvent>,
  handlers: Handlers,
  service: SimulatedService,
): Promise<void> {
  const stream = consumer.stream();
  const loops = Array.from({ length: 3 }, async () => {
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      await handleDelivery(next.value, handlers, service);
  });
  await Promise.all(loops);
}

async function handleDelivery(
  delivery: Delivery<LoadEvent>,
  handlers: Handlers,
  service: SimulatedService,
): Promise<void> {
  // Taken back before anybody saw it.
  if (delivery.context.signal.aborted) return;
  const run = handlers.begin(delivery.event, delivery.context);
  // A delivery that is taken back is over at that moment, and a loop that hangs gives up with it.
  const takenBack = new Promise<void>((resolve) => {
    const abort = (): void => {
      run.end('retry');
      resolve();
    };
    delivery.context.signal.addEventListener('abort', abort, { once: true });
  });
  await Promise.race([run.wait(), takenBack]);
  await service.turmoil.hops(1);
  run.end();
  const error = run.error();
  if (run.fate.result === 'ok') delivery.ack();
  else if (NonRetryableError.is(error)) delivery.deadLetter(error);
  else delivery.retry(error);
}
