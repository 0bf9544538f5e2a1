import type { Streams } from '@isostream/core';
import {
  type Adapter,
  type BatchResult,
  type Clock,
  type ErrorCode,
  type LaneBatch,
  type Sink,
  StreamError,
} from '@isostream/core/adapter';
import {
  type DistortAdmin,
  type DistortAssignment,
  type DistortSink,
  withAdmin,
  withAssignments,
  withSink,
} from './distort-assignments.ts';
import { type ConsumerChanges, withConsumers } from './distort-streams.ts';

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

/** A provider whose assignments are wrong; state that all of them share belongs to the caller. */
export function assignments(distort: DistortAssignment): Distortion {
  return { adapter: (adapter) => withAssignments(adapter, distort) };
}

export function sinks(distort: DistortSink): Distortion {
  return { adapter: (adapter) => withSink(adapter, distort) };
}

export function administration(distort: DistortAdmin): Distortion {
  return { adapter: (adapter) => withAdmin(adapter, distort) };
}

/** A client whose consumers are wrong. */
export function consumers(changes: ConsumerChanges): Distortion {
  return { streams: (streams) => withConsumers(streams, changes) };
}

/** A provider that answers a batch otherwise than its service did. */
export function answers(answer: (result: BatchResult, batch: LaneBatch) => BatchResult): Distortion {
  return sinks((sink) => answering(sink, answer));
}

/** A sink that answers a batch otherwise than its service did. */
export function answering(
  sink: Sink,
  answer: (result: BatchResult, batch: LaneBatch) => BatchResult,
): Pick<Sink, 'write'> {
  return {
    async write(route, batches, signal) {
      const results = await sink.write(route, batches, signal);
      return batches.map((batch, index) => answer(results[index] ?? [], batch));
    },
  };
}

/** What a call answers; if it fails with one of these codes, what else is answered. */
export async function unlessFailed<Result>(
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
