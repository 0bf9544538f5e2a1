import type { Position } from '@isostream/core/adapter';

/**
 * The event after which a group goes on, by both of its names: the sequence number counts, the offset is where the service
 * goes on. Microsoft's checkpoints hold the same two.
 */
export interface Place {
  /** -1 before the first event of a partition. */
  readonly sequenceNumber: number;
  /** Opaque; `-1` is the service's own word for the oldest event that it keeps. */
  readonly offset: string;
}

/** Before everything that is kept. */
export const beginning: Place = { sequenceNumber: -1, offset: '-1' };

export function toPosition({ sequenceNumber, offset }: Place): Position {
  return `${sequenceNumber}@${offset}`;
}

/** `undefined` for text that {@link toPosition} did not write. */
export function fromPosition(position: Position): Place | undefined {
  const [, number, offset] = /^(-?\d{1,16})@(.+)$/s.exec(position) ?? [];
  if (number === undefined || offset === undefined) return undefined;
  return { sequenceNumber: Number(number), offset };
}

/** The filter that begins behind an event. */
export function after({ offset }: Pick<Place, 'offset'>): string {
  return `amqp.annotation.x-opt-offset > '${offset}'`;
}

/** The filter that begins with the event of this number, or the first one that is kept. */
export function fromNumber(sequenceNumber: number): string {
  return `amqp.annotation.x-opt-sequence-number > '${sequenceNumber - 1}'`;
}

/** The filter that begins with the first event stored at or after this time. */
export function fromTime(time: Date): string {
  return `amqp.annotation.x-opt-enqueued-time > '${time.getTime() - 1}'`;
}
