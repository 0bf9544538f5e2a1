import { type HandlerContext, NonRetryableError, type Producer, type RawEvent, type RawInput } from '@isostream/core';
import { ConfigError } from '../config/definition.ts';
import type { SinkPlan } from '../config/sink-connector.ts';
import { DataError } from '../data/values.ts';
import { type PutResult, type Sink, type SinkRecord, TargetUnavailable } from '../sinks/sink.ts';
import type { ConnectRecord } from '../transforms/record.ts';
import { applyTransforms } from '../transforms/transforms.ts';
import { deadLetter, type Failure, messageWithCause } from './dead-letters.ts';
import { PutQueue } from './put-queue.ts';

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
  readonly #puts: PutQueue;

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#puts = new PutQueue(parts.sink, parts.plan.config.number('consumer.override.max.poll.records'));
  }

  /** Handles one record: resolves once it is stored, dropped, or passed over with its dead letter. */
  async handle(event: RawEvent, context: HandlerContext): Promise<void> {
    const waiting = this.#fetching(event);
    if (waiting !== undefined) await waiting;
    let record: SinkRecord | undefined;
    try {
      record = this.#prepare(event, context);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      return this.#failed(event, context, error.failure, false);
    }
    if (record === undefined) return;
    const result = await this.#put(record, context);
    if (result.state === 'later') throw result.error;
    if (result.state !== 'refused') return;
    const className = this.#parts.plan.config.text('connector.class');
    await this.#failed(
      event,
      context,
      { stage: 'TASK_PUT', className, error: result.error },
      result.isTolerated === true,
    );
  }

  /** What converters need of this record and do not have yet. */
  #fetching({ key, value }: RawEvent): Promise<void> | undefined {
    const { converters } = this.#parts.plan;
    const fetching = [converters.key.prepare?.(bytesOf(key)), converters.value.prepare?.(value)].flatMap(
      (one) => one ?? [],
    );
    if (fetching.length === 0) return undefined;
    return Promise.all(fetching).then(
      () => undefined,
      (error: unknown) => {
        throw error instanceof ConfigError ? new NonRetryableError(error.message, { cause: error }) : error;
      },
    );
  }

  async #put(record: SinkRecord, context: HandlerContext): Promise<PutResult> {
    try {
      return await this.#puts.put(record, context);
    } catch (error) {
      // A target that is away, and a call that was taken back, come again; anything else ends the connector.
      if (error instanceof TargetUnavailable || context.signal.aborted) throw error;
      throw new NonRetryableError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** The record that the sink gets; `undefined` where a transform drops it. */
  #prepare(event: RawEvent, { topic, partition, position }: HandlerContext): SinkRecord | undefined {
    const { converters, chain } = this.#parts.plan;
    const key = bytesOf(event.key);
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
  async #failed(
    event: RawEvent,
    { topic, partition, position }: HandlerContext,
    failure: Failure,
    isTolerated: boolean,
  ): Promise<void> {
    const { plan, task, letters, say } = this.#parts;
    const place = `${topic}/${partition} at ${position}`;
    const text = `${failure.stage} in ${failure.className}: ${messageWithCause(failure.error)}`;
    if (plan.config.flag('errors.log.enable'))
      say(
        plan.config.flag('errors.log.include.messages') ? `${plan.name}: ${place}: ${text}` : `${plan.name}: ${text}`,
      );
    const toleratesAll = plan.config.text('errors.tolerance') === 'all';
    if (!toleratesAll && !isTolerated) {
      const cure = 'Fix the record or the file, or set errors.tolerance=all with errors.deadletterqueue.topic.name';
      throw new NonRetryableError(`${place}: ${text}. ${cure}`, { cause: failure.error });
    }
    if (letters === undefined) return;
    const hasContext = plan.config.flag('errors.deadletterqueue.context.headers.enable');
    const letter = deadLetter(
      event,
      { topic, partition, position },
      failure,
      hasContext ? { connector: plan.name, task } : undefined,
    );
    // A record is not passed before its letter is stored.
    await letters.send(letter);
  }
}

function bytesOf(key: RawEvent['key']): Uint8Array | null {
  return typeof key === 'string' ? Buffer.from(key) : key;
}

function guarded<Made>(stage: Failure['stage'], className: string | (() => string), make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    const cause = error instanceof Error ? error : new DataError(String(error));
    throw new BadRecord({ stage, className: typeof className === 'string' ? className : className(), error: cause });
  }
}
