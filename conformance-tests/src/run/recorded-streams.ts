import type { ConsumerOptions, HandleMiddleware, Streams, Topic } from '@isostream/core';
import type { History } from '../history/history.ts';
import type { Load } from '../load/load-topic.ts';
import { withOther } from '../mutants/distort-streams.ts';
import { recordedCall } from './recorded-call.ts';
import type { Client } from './stage-options.ts';

/**
 * The client itself, whose consumers of raw events record each call, for code that makes its consumers by itself: what they are given has
 * to be the suite's load. Each consumer has the client's name.
 */
export function recordedStreams({ name, assignments, streams }: Client, history: History): Streams {
  const recorder = (group: string): HandleMiddleware<unknown> => ({
    handle: (event, context, next) =>
      recordedCall({ history, assignments, member: name, group }, loadOf(event), context, () => next()),
  });
  return withOther(streams, 'consumer', (topic: Topic, options: ConsumerOptions) =>
    streams.consumer(topic, { ...options, clientId: name, middleware: [recorder(options.group)] }),
  );
}

/** The suite's event as its bytes have it, alone or in a structured CloudEvent. Throws for anything else. */
function loadOf(event: unknown): { readonly id: string; readonly data: Load } {
  const value: unknown = isRecord(event) ? event['value'] : undefined;
  const outer: unknown = JSON.parse(value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : 'null');
  const data = isRecord(outer) && isRecord(outer['data']) ? outer['data'] : outer;
  if (!isRecord(data) || typeof data['key'] !== 'string' || typeof data['seq'] !== 'number')
    throw new TypeError('an event that is not of the load of the suite');
  const { key, seq } = data;
  return { id: `${key}#${seq}`, data: { key, seq } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
