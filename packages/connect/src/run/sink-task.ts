import {
  type Batch,
  type HandlerContext,
  NonRetryableError,
  type Producer,
  type RawEvent,
  type RawInput,
} from '@isostream/core';
import type { SinkPlan } from '../config/sink-connector.ts';
import { DataError } from '../data/values.ts';
import { type PutResult, type Sink, type SinkRecord, TargetUnavailable } from '../sinks/sink.ts';
import type { ConnectRecord } from '../transforms/record.ts';
import { applyTransforms } from '../transforms/transforms.ts';
import { deadLetter, type Failure, messageWithCause } from './dead-letters.ts';

interface TaskParts {
  readonly plan: SinkPlan;
  readonly task: number;
  readonly sink: Sink;
  readonly letters: Producer<RawInput> | undefined;
  /** Whether positions grow within a partition. */
  readonly hasPositions: boolean;
  readonly say: (line: string) => void;
}

/** More digits than any position of 128 bits or sequence number of a shard has. */
const longestPosition = 64;

interface Prepared {
  readonly event: RawEvent;
  readonly record: SinkRecord;
}

/** What goes wrong with one record, before or in its sink. */
class BadRecord extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

/** One member of a connector's group: converts, transforms, hands over, and decides what becomes of what fails. */
export class SinkTask {
  readonly #parts: TaskParts;
  #isOpen = false;
  /** Calls of the sink, one after the other: several topics share it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Handles a batch: what is not failed by name is settled. */
  async handle(batch: Batch<RawEvent>): Promise<void> {
    const prepared: Prepared[] = [];
    for (const event of batch.events) {
      try {
        const record = this.#prepare(event, batch.context(event));
        if (record !== undefined) prepared.push({ event, record });
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error;
        await this.#failed(batch, event, error.failure, false);
      }
    }
    if (prepared.length === 0) return;
    let results: readonly PutResult[];
    try {
      results = await this.#put(
        prepared.map(({ record }) => record),
        batch.signal,
      );
    } catch (error) {
      if (!(error instanceof TargetUnavailable)) throw error;
      // By name: the others of the batch are dead letters already, and would get one more with each attempt.
      for (const { event } of prepared) batch.fail(event, error);
      return;
    }
    for (const [index, { event }] of prepared.entries()) {
      const result = results[index];
      if (result === undefined) throw new NonRetryableError('the sink gave fewer results than records');
      if (result.state === 'later') batch.fail(event, result.error);
      if (result.state !== 'refused') continue;
      const failure = {
        stage: 'TASK_PUT',
        className: this.#parts.plan.config.text('connector.class'),
        error: result.error,
      } as const;
      await this.#failed(batch, event, failure, result.isTolerated === true);
    }
  }

  async #put(records: readonly SinkRecord[], signal: AbortSignal): Promise<readonly PutResult[]> {
    const { sink } = this.#parts;
    const put = async (): Promise<readonly PutResult[]> => {
      if (!this.#isOpen) await sink.open?.(signal);
      this.#isOpen = true;
      return sink.put(records, signal);
    };
    const mine = this.#turn.then(put);
    this.#turn = mine.catch(() => undefined);
    try {
      return await mine;
    } catch (error) {
      if (error instanceof TargetUnavailable || signal.aborted) throw error;
      throw new NonRetryableError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** The record that the sink gets; `undefined` where a transform drops it. */
  #prepare(event: RawEvent, { topic, partition, position }: HandlerContext): SinkRecord | undefined {
    const { converters, chain } = this.#parts.plan;
    const key = typeof event.key === 'string' ? Buffer.from(event.key) : event.key;
    // Where events are settled one by one, their ids have no order, also if they are numbers.
    const place = this.#parts.hasPositions && /^\d+$/.test(position) ? BigInt(position) : undefined;
    const offset = place !== undefined && place < 2n ** 63n ? place : null;
    const order = place === undefined ? null : String(place).padStart(longestPosition, '0');
    const record: ConnectRecord = {
      kind: 'sink',
      topic,
      partition: /^\d{1,9}$/.test(partition) ? Number(partition) : null,
      offset,
      key: guarded('KEY_CONVERTER', converters.key.className, () => converters.key.read(key)),
      value: guarded('VALUE_CONVERTER', converters.value.className, () => converters.value.read(event.value)),
      headers: event.headers.map(([name, value]) => ({
        name,
        bytes: typeof value === 'string' ? Buffer.from(value) : value,
      })),
      timestamp: event.time.getTime(),
    };
    let className = '';
    const transformed = guarded(
      'TRANSFORMATION',
      () => className,
      () =>
        applyTransforms(chain, record, (step) => {
          className = step.className;
        }),
    );
    if (transformed === null) return undefined;
    const { headers, timestamp, value } = transformed;
    const origin = { topic, partition, position };
    return { topic: transformed.topic, key: transformed.key, value, headers, timestamp, origin, offset, order };
  }

  /** A bad record: reported and passed, or the end of the connector. */
  async #failed(batch: Batch<RawEvent>, event: RawEvent, failure: Failure, isTolerated: boolean): Promise<void> {
    const { plan, task, letters, say } = this.#parts;
    const { topic, partition, position } = batch.context(event);
    const place = `${topic}/${partition} at ${position}`;
    const text = `${failure.stage} in ${failure.className}: ${messageWithCause(failure.error)}`;
    if (plan.config.flag('errors.log.enable'))
      say(
        plan.config.flag('errors.log.include.messages') ? `${plan.name}: ${place}: ${text}` : `${plan.name}: ${text}`,
      );
    const toleratesAll = plan.config.text('errors.tolerance') === 'all';
    if (!toleratesAll && !isTolerated) {
      const cure = 'Fix the record or the file, or set errors.tolerance=all with errors.deadletterqueue.topic.name';
      batch.fail(event, new NonRetryableError(`${place}: ${text}. ${cure}`, { cause: failure.error }));
      return;
    }
    if (letters === undefined) return;
    const hasContext = plan.config.flag('errors.deadletterqueue.context.headers.enable');
    const letter = deadLetter(
      event,
      { topic, partition, position },
      failure,
      hasContext ? { connector: plan.name, task } : undefined,
    );
    try {
      await letters.send(letter);
    } catch (error) {
      // A record is not passed before its letter is stored.
      batch.fail(event, error);
    }
  }
}

function guarded<Made>(stage: Failure['stage'], className: string | (() => string), make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    const cause = error instanceof Error ? error : new DataError(String(error));
    throw new BadRecord({ stage, className: typeof className === 'string' ? className : className(), error: cause });
  }
}
