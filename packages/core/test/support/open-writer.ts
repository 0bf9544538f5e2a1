import type { Written } from '../../src/contract/sink.ts';
import { StreamError } from '../../src/errors/stream-error.ts';
import type { EncodedEvent } from '../../src/model/encoded.ts';
import { resolveProducerOptions, resolveSendOptions, type SendSettings } from '../../src/produce/settings.ts';
import type { ProducerOptions, SendOptions } from '../../src/produce/options.ts';
import { Writer } from '../../src/produce/writer.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedSink } from './scripted-sink.ts';

export interface OpenWriter {
  readonly sink: ScriptedSink;
  readonly clock: ManualClock;
  readonly writer: Writer;
  readonly write: (key: string, value: number, signal?: AbortSignal, more?: SendOptions) => Promise<Written>;
}

/** A writer whose sink and clock are the test's. */
export function openWriter(options: ProducerOptions = {}, sink: ScriptedSink = new ScriptedSink()): OpenWriter {
  const clock = new ManualClock();
  const writer = new Writer('orders', sink, resolveProducerOptions(options), clock, () => 0.5);
  const write = (key: string, value: number, signal?: AbortSignal, more: SendOptions = {}): Promise<Written> =>
    new Promise((resolve, reject) => {
      const answer = (result: Written | StreamError): void =>
        result instanceof Error ? reject(result) : resolve(result);
      writer.write(
        event(key, value),
        answer,
        sendOptions(writer, clock, { ...more, ...(signal === undefined ? {} : { signal }) }),
      );
    });
  return { sink, clock, writer, write };
}

/** What one send says, as the writer takes it. */
export function sendOptions(writer: Writer, clock: ManualClock, options: SendOptions): SendSettings {
  return resolveSendOptions(options, writer.settings, clock.monotonic());
}

export function event(key: string, value: number): EncodedEvent {
  return { key, value: Buffer.from(String(value)), headers: [] };
}

/** What the sink stored, in its order. */
export function values(sink: ScriptedSink): number[] {
  return sink.stored.map(({ value }) => Number(Buffer.from(value ?? []).toString()));
}

export async function failure(sent: Promise<Written>): Promise<StreamError> {
  const result = await sent.catch((error: unknown) => error);
  if (StreamError.is(result)) return result;
  throw new Error('the send was expected to fail', { cause: result });
}
