import { type HandlerContext, NonRetryableError } from '@isostream/core';
import type { History } from '../history/history.ts';
import { leaseName, type Leases } from '../history/recording-adapter.ts';
import type { LoadEvent } from '../load/load-topic.ts';

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
  readonly leases: Leases;
  readonly member: string;
  readonly group: string;
}

/** Calls a handler and records its beginning and end. */
export async function recordedCall(
  recorder: Recorder,
  event: LoadEvent,
  context: HandlerContext,
  handle: Handle,
): Promise<void> {
  const { history, leases, member, group } = recorder;
  const { topic, partition, position, attempt } = context;
  const lease = leases.get(leaseName(member, topic, partition)) ?? 0;
  const call = {
    topic,
    group,
    member,
    partition,
    position,
    lease,
    attempt,
    id: event.id,
    key: event.data.key,
    seq: event.data.seq,
  };
  history.record({ kind: 'deliver', ...call });
  try {
    await handle(event, context);
    history.record({ kind: 'settle', result: 'ok', ...call });
  } catch (error) {
    history.record({ kind: 'settle', result: NonRetryableError.is(error) ? 'reject' : 'retry', ...call });
    throw error;
  }
}
