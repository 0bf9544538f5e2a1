import type { Position } from '@isostream/core/adapter';

/**
 * The event after which a group goes on, by either of its names: the sequence number counts, the offset is where the
 * service goes on. Ours have both. Checkpoints of other clients may have one of them, which is enough to go on.
 */
export interface Place {
  /** -1 before the first event of a partition. */
  readonly sequenceNumber: number | undefined;
  /** Opaque; `-1` is the service's own word for the oldest event that it keeps. */
  readonly offset: string | undefined;
}

/** Before everything that is kept. */
export const beginning = { sequenceNumber: -1, offset: '-1' } as const;

export function toPosition({ sequenceNumber, offset }: Place): Position {
  return `${sequenceNumber ?? ''}@${offset ?? ''}`;
}

/** `undefined` for text that {@link toPosition} did not write of a place. */
export function fromPosition(position: Position): Place | undefined {
  const [, number, offset] = /^(-1|\d{1,16})?@(.+)?$/s.exec(position) ?? [];
  const sequenceNumber = number === undefined ? undefined : Number(number);
  if (sequenceNumber === undefined && offset === undefined) return undefined;
  if (sequenceNumber !== undefined && !Number.isSafeInteger(sequenceNumber)) return undefined;
  return { sequenceNumber, offset };
}

/** The filter that begins behind a place. */
export function behind({ sequenceNumber = -1, offset }: Place): string {
  return offset === undefined ? fromNumber(sequenceNumber + 1) : after({ offset });
}

/** The filter that begins behind the event that has this offset. */
export function after({ offset }: { readonly offset: string }): string {
  return `amqp.annotation.x-opt-offset > '${offset.replaceAll("'", "''")}'`;
}

/** The filter that begins with the event of this number, or the first one that is kept. */
export function fromNumber(sequenceNumber: number): string {
  return `amqp.annotation.x-opt-sequence-number > '${sequenceNumber - 1}'`;
}

/** The filter that begins with the first event stored at or after this time. */
export function fromTime(time: Date): string {
  return `amqp.annotation.x-opt-enqueued-time > '${time.getTime() - 1}'`;
}
