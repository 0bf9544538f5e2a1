import { type Consumer, createStreams, type Streams } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import type { LoadEvent, LoadTopic } from '@isostream/conformance/checks';
import { Handlers } from './handler.ts';
import { pausedMark, resumedMark } from './marks.ts';
import type { Plan } from './plan.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';
import { SimulatedSource } from './source.ts';
import { handleBatch, handleStream } from './views-of-a-consumer.ts';

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
  readonly #signal = new AbortController();
  #isPaused = false;
  #closing: Promise<void> | undefined;

  constructor(parts: MemberParts, drainTimeoutMs: number) {
    const { service, process, plan } = parts;
    this.#parts = parts;
    this.process = process;
    const { eventsPerRead, settlement, tellsLapses } = plan.service;
    this.source = new SimulatedSource({
      service,
      process,
      settlement,
      eventsPerRead,
      tellsLapses,
      drainTimeoutMs,
      passesGaps: plan.consumer.onExpired === 'continue',
    });
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
    // What is drained while paused is not finished; an assignment that drains already is let go early.
    this.source.isHasty = true;
    this.#consumer?.pause();
  }

  resume(): void {
    if (this.#closing !== undefined || !this.#isPaused) return;
    this.#isPaused = false;
    this.#mark(resumedMark);
    for (const assignment of this.source.assignments.values()) if (assignment.isDraining) assignment.isHasty = true;
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

  /** Aborts the signal that the consumer runs with; resolves when it has ended over that, or the process died. */
  abort(): Promise<void> {
    this.resume();
    this.#signal.abort();
    const ended = this.running.catch(() => undefined);
    return Promise.race([ended, this.#died]);
  }

  /** Resolves when the consumer is closed, or the process died over it. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= Promise.race([this.#close(deadlineMs), this.#died]);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.resume();
    // Still connecting: it ends by itself once it has.
    if (this.#streams === undefined) return this.running.catch(() => undefined);
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
    const isOver = (assignment: number): boolean =>
      ![...this.source.assignments.values()].some((held) => held.lease.number === assignment && !held.isOver);
    // A batch or a stream was given its events before.
    const isPaused = (): boolean => this.#isPaused && plan.view === 'run';
    const handlers = new Handlers({ service, process, plan, group, calls, isOver, isPaused });
    const consumer = streams.consumer(topic, { ...options, group, clientId: process.name });
    this.#consumer = consumer;
    if (this.#isPaused) consumer.pause();
    const { signal } = this.#signal;
    if (plan.view === 'run') return consumer.run((event, context) => handlers.handle(event, context), { signal });
    if (plan.view === 'batch')
      return consumer.runBatch((batch) => handleBatch(batch, handlers), { maxEvents: batchSize, maxWait: 10, signal });
    return handleStream({
      stream: consumer.stream({ signal }),
      handlers,
      leaves: () => {
        // Not for ever, lest nobody gets to the end.
        const isLeft = !service.turmoil.isHealed && service.turmoil.random() < plan.handlers.leaving;
        // What waits for another attempt is left as well.
        if (isLeft) this.source.isHasty = true;
        return isLeft;
      },
    });
  }
}
