import type { Capabilities } from '../contract/capabilities.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import type { EventInput, StreamEvent } from '../model/event.ts';
import type { Clock } from '../time/clock.ts';

export interface CodecOptions {
  readonly capabilities: Pick<Capabilities, 'headers' | 'cloudEvents' | 'storedTime'>;
  /** The `source` of events that name none. */
  readonly source: string;
  readonly clock: Clock;
  /** How long a data codec may take for one event, in milliseconds; 10 s where absent. */
  readonly decodeMs?: number;
}

/** What a codec says of stored bytes. */
export type Decoded<Event> =
  | { readonly ok: true; readonly event: Event }
  /** `unknownType`: an event as it should be, of a type that the topic does not declare. */
  | {
      readonly ok: false;
      readonly error: StreamError;
      readonly unknownType?: true;
      /** The bytes may be as they should be: what it takes to read them is out of reach now, or until somebody acts. */
      readonly fate?: 'again' | 'stop';
    };

/** What `encode` gives, by what answers at once: schema and data codec, the codec alone, the schema alone, neither. */
export type Encoding = EncodedEvent | PendingEvent | Promise<EncodedEvent | PendingEvent>;

/** An event that lacks what has to be asked for first. May be called again after a rejection with a retryable error. */
export type PendingEvent = () => Promise<EncodedEvent>;

/** Bytes ↔ events of one topic. */
export interface Codec<Input, Output> {
  /**
   * Throws, or rejects with, `invalid-event`, `invalid-key`, `invalid-header` or `schema-violation`. A promise only where the
   * schema answers with one, a function only where the data codec does.
   */
  encode(input: Input): Encoding;
  /** Never throws: bytes that nobody can read are an answer. */
  decode(stored: StoredEvent): Decoded<Output> | Promise<Decoded<Output>>;
}

/** As {@link Codec.decode}, also of what the adapter could not read. */
export function decodeStored<Output>(
  codec: Codec<never, Output>,
  stored: StoredEvent,
): Decoded<Output> | Promise<Decoded<Output>> {
  return stored.unreadable === undefined ? codec.decode(stored) : { ok: false, error: stored.unreadable };
}

/** A codec of events that have types. */
export interface EventCodec extends Codec<EventInput, StreamEvent> {
  /** What an event says of itself, whether its type is declared and its data can be read or not. Never throws. */
  name(stored: StoredEvent): { readonly id?: string; readonly type?: string };
}
