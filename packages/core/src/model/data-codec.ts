import { refused } from '../options/checks.ts';
import type { Header } from './encoded.ts';

/** Which event the data belongs to. */
export interface DataAbout {
  readonly topic: string;
  readonly type: string;
}

/** The same of a stored event. */
export interface StoredDataAbout {
  readonly topic: string;
  /** `undefined` where the format finds the type in the data itself. */
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  /** As they are stored: some registries name the schema in one. */
  readonly headers: readonly Header[];
}

/** The bytes of an event's data. */
export interface CodedData {
  readonly bytes: Uint8Array;
  /** What the bytes are; one that the codec's `contentTypes` name. */
  readonly contentType: string;
  /**
   * Headers that go with the bytes, under names that the codec's `headers` list. Where a provider's headers are text, or where it
   * has none, bytes travel as base64, and `decode` may find that text.
   */
  readonly headers?: readonly Header[];
}

/** The schemas that a codec writes with, as JSON: contracts keep them, and compare them with those of another version. */
export interface CodecSchemas {
  /** That of an event type; `undefined` for a type that the codec has none of. */
  own(type: string): unknown;
  /** The newest that its registry has for an event type; `undefined` where there is none yet. Absent without a registry. */
  readonly newest?: (about: DataAbout) => Promise<unknown>;
}

/**
 * How the `data` of a topic's events becomes bytes and back; see `json()`. It is asked about data only: never about a
 * tombstone, nor about an event without data.
 */
export interface DataCodec {
  /** For messages and contracts: `avro`. */
  readonly name: string;
  /**
   * The media types that it reads, in lower case; the first one is assumed where a plain event names none. One that ends in `*`
   * is every one that begins so: some registries put the id of a schema there.
   */
  readonly contentTypes: readonly string[];
  /** Names of headers that belong to the codec: applications do not see them, and events that bring them along are refused. */
  readonly headers?: readonly string[];
  /**
   * Data that the event's schema has accepted, as bytes; throws for what the codec cannot write. What has to be asked for
   * first (the id of a schema) is asked by the function that it returns instead, which is called again for as long as it
   * rejects with a retryable error and the event may wait. Nothing of `data` is read any more once `encode` has returned.
   */
  encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>);
  /**
   * The data, or a promise of it. Throws, or rejects, for bytes that are none of its own: the event is then `undecodable`.
   * A retryable `StreamError` delays the event until it can be read; any other `StreamError`, but for `undecodable` and
   * `schema-violation`, ends the consumer.
   */
  decode(bytes: Uint8Array, about: StoredDataAbout): unknown;
  /** Absent where the codec writes without a schema of its own, as `json()` does. */
  readonly schemas?: CodecSchemas;
}

/** Throws `invalid-config` for what is not a codec. */
export function checkCodec(codec: unknown, where: string): asserts codec is DataCodec {
  const isCodec =
    typeof codec === 'object' &&
    codec !== null &&
    'name' in codec &&
    typeof codec.name === 'string' &&
    'contentTypes' in codec &&
    Array.isArray(codec.contentTypes) &&
    codec.contentTypes.length > 0 &&
    'encode' in codec &&
    typeof codec.encode === 'function' &&
    (!('headers' in codec) || codec.headers === undefined || Array.isArray(codec.headers)) &&
    'decode' in codec &&
    typeof codec.decode === 'function';
  if (!isCodec) throw refused('codec', codec, 'json(), or a codec of @isostream/schemas', where);
}
