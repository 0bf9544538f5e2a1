import type { Streams } from '@isostream/core';
import {
  type Adapter,
  type BatchResult,
  type Clock,
  type ErrorCode,
  type LaneBatch,
  StreamError,
} from '@isostream/core/adapter';

/** A provider made wrong on purpose: beneath the recorder, between it and core, or between core and the suite. */
export interface Distortion {
  /** For what nobody but the record shows. */
  readonly beneath?: (adapter: Adapter) => Adapter;
  readonly adapter?: (adapter: Adapter) => Adapter;
  readonly streams?: (streams: Streams) => Streams;
  readonly clock?: Clock;
  /** The name of the wrong version, by which members in processes of their own are made the same. */
  readonly mutant?: string;
}

/** What makes an adapter wrong by wrapping it, which is all that most wrong versions do. */
export function onAdapter<Rest extends readonly unknown[]>(
  wrap: (adapter: Adapter, ...rest: Rest) => Adapter,
  ...rest: Rest
): () => Distortion {
  return () => ({ adapter: (adapter) => wrap(adapter, ...rest) });
}

/** The same, of the client. */
export function onStreams<Rest extends readonly unknown[]>(
  wrap: (streams: Streams, ...rest: Rest) => Streams,
  ...rest: Rest
): () => Distortion {
  return () => ({ streams: (streams) => wrap(streams, ...rest) });
}

/** What a call answers; if it fails with one of these codes, what else is answered. */
export async function answering<Result>(
  call: Promise<Result>,
  codes: readonly ErrorCode[],
  otherwise: (error: StreamError) => Result,
): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!StreamError.is(error) || !codes.includes(error.code)) throw error;
    return otherwise(error);
  }
}

/** The answer to a batch that was stored, of one that was not. */
export function acknowledgedUnstored({ lane, events }: LaneBatch): BatchResult {
  return events.map((_, index) => ({ partition: lane, position: String(1_000_000 + index) }));
}
