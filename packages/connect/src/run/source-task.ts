import type { Header, Key, RawInput, StreamError, Streams } from '@isostream/core';
import { keyFromBytes, onAbort, settledWithin, systemClock, untilAborted } from '@isostream/core/adapter';
import type { SourcePlan } from '../config/source-connector.ts';
import { DataError } from '../data/values.ts';
import type { Offsets } from '../offsets/offsets.ts';
import { TargetUnavailable } from '../sinks/sink.ts';
import { type Source, type SourceRecord, SourceUnavailable } from '../sources/source.ts';
import type { ConnectRecord } from '../transforms/record.ts';
import { applyTransforms } from '../transforms/transforms.ts';
import { messageWithCause, type Stage } from './dead-letters.ts';
import type { ProducedTopics } from './produced-topics.ts';
import { type Outgoing, Sender } from './sender.ts';
import { untilAvailable } from './until-available.ts';

export interface SourceTaskParts {
  readonly plan: SourcePlan;
  readonly source: Source;
  readonly streams: Streams;
  readonly topics: ProducedTopics;
  readonly offsets: Offsets | undefined;
  /** How long what was polled may take to be stored after the end was asked for. */
  readonly drainMs: number;
  readonly say: (line: string) => void;
}

/** A record and what is sent of it; nothing where it is dropped or skipped. */
interface Polled {
  readonly record: SourceRecord;
  readonly outgoing: Outgoing | undefined;
}

type Fetch = () => Promise<void> | undefined;

/** Runs one source: polls, transforms, converts, sends in order, and passes on how far that came. */
export class SourceTask {
  readonly #parts: SourceTaskParts;
  readonly #sender: Sender;

  constructor(parts: SourceTaskParts) {
    this.#parts = parts;
    this.#sender = new Sender(parts.streams, parts.say);
  }

  /** Until the signal is aborted: then what was polled is still sent. Rejects with what ends the connector. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, say } = this.#parts;
    const giveUp = new AbortController();
    let call: Promise<unknown> = Promise.resolve();
    const poll = (): Promise<readonly SourceRecord[]> => {
      const polling = source.poll(signal);
      call = polling;
      return untilAborted(polling, signal);
    };
    let forget = (): void => undefined;
    const stop = onAbort(signal, () => {
      forget = systemClock.timer(this.#parts.drainMs, () => giveUp.abort());
    });
    try {
      await this.#findTopics();
      await untilAvailable(() => this.#open(signal), signal, say);
      while (!signal.aborted) {
        const records = await untilAvailable(poll, signal, say);
        if (records !== undefined && records.length > 0) await this.#handle(records, giveUp.signal);
      }
    } finally {
      stop();
      forget();
      await this.#sender.close();
      // A source that is still busy with its last poll is not closed under it.
      await settledWithin(call, this.#parts.drainMs);
      await source.close?.();
    }
  }

  /** A transform may send records elsewhere: then it is told at the first record. */
  async #findTopics(): Promise<void> {
    const { plan, topics } = this.#parts;
    if (plan.chain.steps.length === 0) await topics.ensure(plan.source.topics?.(plan.sourceConfig) ?? []);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { plan, source, offsets } = this.#parts;
    await source.open?.((partition) => offsets?.of(plan.name, partition), signal);
  }

  async #handle(records: readonly SourceRecord[], giveUp: AbortSignal): Promise<void> {
    const { source, say } = this.#parts;
    const polled: Polled[] = [];
    const error = await this.#prepareAll(records, polled, giveUp);
    await this.#store(polled, giveUp);
    if (error !== undefined) throw error;
    const open = records.length - polled.filter(({ outgoing }) => outgoing?.isDone !== false).length;
    if (open > 0) {
      say(`${open} of the records that were read last are not stored: they come again at the next start`);
      return;
    }
    await untilAvailable(async () => source.acknowledge?.(records, giveUp), giveUp, say);
  }

  /** Sends what is not sent yet, and passes on how far that came. */
  async #store(polled: readonly Polled[], giveUp: AbortSignal): Promise<void> {
    const outgoing = polled.flatMap((each) => (each.outgoing?.isDone === false ? each.outgoing : []));
    try {
      await this.#parts.topics.ensure(outgoing.map(({ topic }) => topic));
      await this.#sender.send(outgoing, giveUp, (event, refusal) => {
        const record = polled.find((each) => each.outgoing === event)?.record;
        this.#failed(record, 'KAFKA_PRODUCE', 'isostream', refusal);
      });
    } finally {
      this.#advance(polled);
    }
  }

  /**
   * Up to the first record that ends the connector, which is what it resolves with, or to what a converter cannot fetch before the
   * end. Those before a record that has to wait for a fetch are stored first.
   */
  async #prepareAll(
    records: readonly SourceRecord[],
    polled: Polled[],
    giveUp: AbortSignal,
  ): Promise<Error | undefined> {
    for (const record of records) {
      let after: ConnectRecord | undefined;
      let fetches: readonly Fetch[];
      try {
        after = this.#transformed(record);
        fetches = after === undefined ? [] : this.#fetchesOf(after);
      } catch (error) {
        return errorOf(error);
      }
      if (fetches.length > 0) await this.#store(polled, giveUp);
      try {
        for (const fetch of fetches) await this.#fetched(fetch, giveUp);
        if (fetches.length > 0 && giveUp.aborted) return undefined;
        polled.push({ record, outgoing: after === undefined ? undefined : this.#written(record, after) });
      } catch (error) {
        return errorOf(error);
      }
    }
    return undefined;
  }

  /** What converters ask elsewhere before they write; what is wrong with a record they say once they write it. */
  #fetchesOf({ topic, key, value }: ConnectRecord): readonly Fetch[] {
    const { converters } = this.#parts.plan;
    const fetches: readonly Fetch[] = [
      () => converters.key.prepareWrite?.(key, { topic, part: 'key' }),
      () => converters.value.prepareWrite?.(value, { topic, part: 'value' }),
    ];
    return fetches.filter(isAsked);
  }

  async #fetched(fetch: Fetch, giveUp: AbortSignal): Promise<void> {
    await untilAvailable(
      async () => {
        try {
          await untilAborted(Promise.resolve(fetch()), giveUp);
        } catch (cause) {
          if (!(cause instanceof TargetUnavailable)) throw cause;
          throw new SourceUnavailable(cause.message, { cause });
        }
      },
      giveUp,
      this.#parts.say,
    );
  }

  /** As far as everything before is done; a record that is not holds back all behind it. */
  #advance(polled: readonly Polled[]): void {
    const { plan, offsets } = this.#parts;
    for (const { record, outgoing } of polled) {
      if (outgoing?.isDone === false) return;
      const { partition, offset } = record;
      if (partition !== undefined && offset !== undefined)
        offsets?.advance({ connector: plan.name, partition, offset });
    }
  }

  /** A record after the transforms; `undefined` where one drops it, or where it is bad and that is tolerated. */
  #transformed(record: SourceRecord): ConnectRecord | undefined {
    const { chain } = this.#parts.plan;
    const before: ConnectRecord = {
      kind: 'source',
      topic: record.topic,
      partition: null,
      offset: null,
      key: record.key,
      value: record.value,
      headers: record.headers ?? [],
      timestamp: record.timestamp ?? null,
    };
    let at = '';
    try {
      const after = applyTransforms(chain, before, ({ className }) => {
        at = className;
      });
      return after ?? undefined;
    } catch (error) {
      this.#failed(record, 'TRANSFORMATION', at, errorOf(error));
      return undefined;
    }
  }

  /** What is sent of a record; `undefined` where it is bad and that is tolerated. */
  #written(record: SourceRecord, after: ConnectRecord): Outgoing | undefined {
    const { converters } = this.#parts.plan;
    const { topic } = after;
    let at: readonly [stage: Stage, className: string] = ['KEY_CONVERTER', converters.key.className];
    try {
      const key: Key = keyFromBytes(converters.key.write(after.key, { topic, part: 'key' }));
      at = ['VALUE_CONVERTER', converters.value.className];
      const value = converters.value.write(after.value, { topic, part: 'value' });
      at = ['HEADER_CONVERTER', converters.header.className];
      const headers = after.headers.map((header): Header => {
        const bytes = header.bytes === undefined ? converters.header.write(header.typed) : header.bytes;
        return [header.name, bytes === null ? '' : textIfUtf8(bytes)];
      });
      const event: RawInput = { key, value, headers, ...this.#timeOf(after) };
      return { topic: after.topic, event, isDone: false };
    } catch (error) {
      this.#failed(record, ...at, errorOf(error));
      return undefined;
    }
  }

  #timeOf({ timestamp }: ConnectRecord): { readonly time?: Date } {
    const { storedTime } = this.#parts.streams.adapter.capabilities;
    return timestamp === null || storedTime !== 'sender' ? {} : { time: new Date(timestamp) };
  }

  /** A bad record: reported and passed, or the end of the connector. */
  #failed(record: SourceRecord | undefined, stage: Stage, className: string, error: Error | StreamError): void {
    const { plan, say } = this.#parts;
    const place = JSON.stringify({ ...record?.partition, ...record?.offset });
    const text = `${stage} in ${className}: ${messageWithCause(error)}`;
    if (plan.config.flag('errors.log.enable'))
      say(plan.config.flag('errors.log.include.messages') ? `record up to ${place}: ${text}` : text);
    if (plan.config.text('errors.tolerance') === 'all') return;
    throw new DataError(
      `${plan.name}: the record up to ${place} cannot be sent: ${text}. Mend the source or the file of the connector, or set errors.tolerance=all to skip such records`,
      { cause: error },
    );
  }
}

/** Whether a converter asks for something. */
function isAsked(fetch: Fetch): boolean {
  try {
    const asking = fetch();
    // It is asked for again, or the same answer is waited for, by who wants to hear of what goes wrong.
    asking?.catch(() => undefined);
    return asking !== undefined;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new DataError(String(thrown));
}

function textIfUtf8(bytes: Uint8Array): string | Uint8Array {
  return keyFromBytes(bytes) ?? '';
}
