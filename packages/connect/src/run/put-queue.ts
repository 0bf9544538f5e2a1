import type { HandlerContext } from '@isostream/core';
import { linkedSignal } from '@isostream/core/adapter';
import { type PutResult, type Sink, type SinkRecord, TargetUnavailable } from '../sinks/sink.ts';

interface Entry {
  readonly record: SinkRecord;
  readonly context: HandlerContext;
  /** What the attempt is lost with; `undefined` where that cannot be told. */
  readonly assignment: string | undefined;
  readonly settle: (result: PutResult) => void;
  readonly fail: (error: unknown) => void;
}

/** How long a call waits for more records while no other is under way. */
const lingerMs = 5;

/**
 * Calls of a task's sink, one after the other. What comes during a call travels together in the next one, so that calls grow as
 * large as they may be while the target is slow. Records of one call are of one topic, and so of different keys.
 */
export class PutQueue {
  readonly #sink: Sink;
  readonly #most: number;
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;
  #isBusy = false;

  /** `most` records in one call. */
  constructor(sink: Sink, most: number) {
    this.#sink = sink;
    this.#most = most;
  }

  /** Resolves with what became of the record; rejects with what its call threw, or with the reason of its signal. */
  put(record: SinkRecord, context: HandlerContext): Promise<PutResult> {
    const { topic, partition, fencingToken } = context;
    const assignment = fencingToken === undefined ? undefined : `${topic}\n${partition}\n${fencingToken}`;
    return new Promise((settle, fail) => {
      this.#waiting.push({ record, context, assignment, settle, fail });
      if (this.#isBusy) return;
      if (this.#waiting.length >= this.#most) void this.#work();
      else this.#timer ??= setTimeout(() => void this.#work(), lingerMs);
    });
  }

  async #work(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBusy = true;
    while (this.#waiting.length > 0) await this.#call(this.#next());
    this.#isBusy = false;
  }

  /** The longest that waits, and what of its topic can go with it. */
  #next(): readonly Entry[] {
    const held = new Held();
    const next: Entry[] = [];
    const others: Entry[] = [];
    let topic: string | undefined;
    for (const entry of this.#waiting) {
      if (!held.has(entry)) {
        entry.fail(entry.context.signal.reason);
        continue;
      }
      topic ??= entry.record.origin.topic;
      if (next.length < this.#most && entry.record.origin.topic === topic) next.push(entry);
      else others.push(entry);
    }
    this.#waiting = others;
    return next;
  }

  async #call(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const held = new Held();
    for (const entry of entries) held.has(entry);
    const { signal, unlink } = linkedSignal(held.signals);
    try {
      if (!this.#isOpen) await this.#sink.open?.(signal);
      this.#isOpen = true;
      const results = await this.#sink.put(
        entries.map(({ record }) => record),
        signal,
      );
      for (const [index, { settle, fail }] of entries.entries()) {
        const result = results[index];
        if (result === undefined) fail(new Error('the sink gave fewer results than records'));
        else settle(result);
      }
    } catch (thrown) {
      // The others of a call that was taken back for one of them come again, with an attempt that says so.
      const error = signal.aborted ? new TargetUnavailable('the call was taken back', { cause: thrown }) : thrown;
      for (const { fail } of entries) fail(error);
    } finally {
      unlink();
    }
  }
}

/**
 * Whether attempts still count. A signal costs more than all the rest of a record, so it is asked for once per assignment:
 * attempts of one are lost together, and time out in the order in which they came.
 */
class Held {
  readonly #assignments = new Set<string>();
  /** Aborted as soon as any of those that were asked about is taken back. */
  readonly signals: AbortSignal[] = [];

  has({ assignment, context }: Entry): boolean {
    if (assignment !== undefined && this.#assignments.has(assignment)) return true;
    const { signal } = context;
    if (signal.aborted) return false;
    if (assignment !== undefined) this.#assignments.add(assignment);
    this.signals.push(signal);
    return true;
  }
}
