import type { Streams } from '@isostream/core';
import type { Config, Definitions } from '../config/definition.ts';
import type { Typed } from '../data/values.ts';
import type { SourcePlace } from '../offsets/place.ts';
import type { RecordHeader } from '../transforms/record.ts';

/** A record of a source, before transforms and converters. */
export interface SourceRecord {
  readonly topic: string;
  readonly key: Typed;
  readonly value: Typed;
  readonly headers?: readonly RecordHeader[];
  /** When it happened, in milliseconds since the epoch. Kept only where the provider lets a sender say so. */
  readonly timestamp?: number | null;
  /** The part of the source that it is from; absent where the source keeps its own account, or cannot be read again. */
  readonly partition?: SourcePlace;
  /** Where to continue in that part after this record. */
  readonly offset?: SourcePlace;
}

/** The source cannot be reached or asks to come back later. The same call is made again, after `waitMs` if that is given. */
export class SourceUnavailable extends Error {
  override readonly name: string = 'SourceUnavailable';
  readonly waitMs: number | undefined;
  constructor(message: string, options: { readonly cause?: unknown; readonly waitMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.waitMs = options.waitMs;
  }
}

/** Where records come from. One instance per connector; calls do not overlap. */
export interface Source {
  /**
   * Called once before the first `poll`, with what was stored of this connector: `offset` gives where to continue in a part,
   * `undefined` for a part that was never read. {@link SourceUnavailable} means that it is called again.
   */
  open?(offset: (partition: SourcePlace) => SourcePlace | undefined, signal: AbortSignal): Promise<void>;
  /**
   * The next records, in the order in which they are to be sent. Waits by itself while there are none, and resolves with an
   * empty array after a while, or once the signal is aborted. {@link SourceUnavailable} means that it is called again; any other
   * error ends the connector.
   */
  poll(signal: AbortSignal): Promise<readonly SourceRecord[]>;
  /**
   * Called with all records of a poll once the service has each of them, or it was dropped or skipped. How far the source was
   * read may not be stored yet. {@link SourceUnavailable} means that it is called again.
   */
  acknowledge?(records: readonly SourceRecord[], signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** A source that sends by itself, typed events, and keeps its own account of that; transforms and converters do not see them. */
export interface RelayingSource {
  /** Sends until the signal is aborted, then finishes what it has begun. Rejects with what ends the connector. */
  relay(streams: Streams, signal: AbortSignal): Promise<void>;
}

export interface SourceContext {
  readonly connector: string;
  /** Takes a line for people. */
  readonly say: (line: string) => void;
}

/** A kind of source: the class names that files call it by, and its properties. `create` throws `ConfigError`. */
export interface SourceClass {
  readonly classNames: readonly string[];
  readonly definitions: Definitions;
  /** Properties that are accepted because files have them, and why nothing comes of them. */
  readonly withoutEffect?: Readonly<Record<string, string>>;
  /** Whether how far it was read has to be kept in an offset store of the worker. */
  needsOffsets(config: Config): boolean;
  /** The topics that it writes to, where that is known before a record is read: they are looked for at start. */
  topics?(config: Config): readonly string[];
  /** What these properties mean otherwise than in Kafka Connect, for `connect check`. */
  differences?(config: Config): readonly string[];
  create(config: Config, context: SourceContext): Source | RelayingSource;
}
