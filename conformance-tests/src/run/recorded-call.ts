import { type HandlerContext, NonRetryableError, StreamError } from '@isostream/core';
import type { History } from '../history/history.ts';
import { assignmentOf, type Assignments } from '../history/recording-adapter.ts';
import type { Load, LoadEvent } from '../load/load-topic.ts';

export type Handle = (event: LoadEvent, context: HandlerContext) => unknown;

/** The handler, but that it throws at the end for events of some keys. */
export function failingFor(keys: readonly string[], handle: Handle): Handle {
  return async (event, context) => {
    await handle(event, context);
    if (keys.includes(String(event.data.key))) throw new Error('this key fails');
  };
}

export interface Recorder {
  readonly history: History;
  readonly assignments: Assignments;
  readonly member: string;
  readonly group: string;
}

/** Calls a handler and records its beginning, its end, and that its signal was aborted while it ran. */
export async function recordedCall<Event extends { readonly id: string; readonly data: Load }>(
  recorder: Recorder,
  event: Event,
  context: HandlerContext,
  handle: (event: Event, context: HandlerContext) => unknown,
): Promise<void> {
  const { history, assignments, member, group } = recorder;
  const { topic, partition, position, attempt, signal } = context;
  const call = {
    topic,
    group,
    member,
    partition,
    position,
    assignment: assignmentOf(assignments, group, context),
    attempt,
    id: event.id,
    key: event.data.key,
    seq: event.data.seq,
  };
  const abort = (): void => history.record({ kind: 'aborted', code: codeOf(signal.reason), ...call });
  history.record({ kind: 'deliver', ...call });
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    await handle(event, context);
    history.record({ kind: 'settle', result: 'ok', ...call });
  } catch (error) {
    history.record({ kind: 'settle', result: NonRetryableError.is(error) ? 'reject' : 'retry', ...call });
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function codeOf(reason: unknown): string {
  return StreamError.is(reason) ? reason.code : String(reason);
}
