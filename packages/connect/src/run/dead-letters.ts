import type { Header, RawEvent, RawInput } from '@isostream/core';
import type { SinkRecord } from '../sinks/sink.ts';

/** Where a record failed, under Kafka Connect's names. */
export type Stage =
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'TRANSFORMATION'
  | 'TASK_PUT'
  | 'KAFKA_PRODUCE';

/** A record that is bad: where it failed, in which class, and why. */
export interface Failure {
  readonly stage: Stage;
  readonly className: string;
  readonly error: Error;
}

/**
 * The dead letter of a record: its key, value and headers as they are stored, whatever transforms made of them. With
 * `context` the headers that Kafka Connect adds; those of an earlier letter are replaced.
 */
export function deadLetter(
  event: RawEvent,
  origin: SinkRecord['origin'],
  failure: Failure,
  context: { readonly connector: string; readonly task: number } | undefined,
): RawInput {
  const { key, value } = event;
  if (context === undefined) return { key, value, headers: event.headers };
  const prefix = '__connect.errors.';
  const { error } = failure;
  const added: readonly Header[] = [
    ['topic', origin.topic],
    ['partition', origin.partition],
    ['offset', origin.position],
    ['connector.name', context.connector],
    ['task.id', String(context.task)],
    ['stage', failure.stage],
    ['class.name', failure.className],
    ['exception.class.name', error.name],
    ['exception.message', messageWithCause(error)],
    ['exception.stacktrace', error.stack ?? ''],
  ];
  const kept = event.headers.filter(([name]) => !name.startsWith(prefix));
  return { key, value, headers: [...kept, ...added.map(([name, text]): Header => [prefix + name, text])] };
}

/** What an error says, with what its cause says where that is more. */
export function messageWithCause(error: Error): string {
  const { cause, message } = error;
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}
