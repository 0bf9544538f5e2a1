import { type Position, StreamError } from '@isostream/core/adapter';

/** The place of one event: its record, and its index in it where several events of a key share a record. */
export interface EventPlace {
  readonly sequence: string;
  readonly index: number | undefined;
}

/**
 * Where reading goes on in a shard. The text of a place is what a lease stores: the names of iterators, a time, or an event
 * and whether it comes next (`4959…`, `4959…:3`) or was the last one (`after 4959…`).
 *
 * `readUntil` is the time until which nothing was left to read, if that is known: by it alone a service that goes on at the
 * oldest record, whatever it is asked for, lets anybody notice that retention was faster.
 */
export type Place =
  | { readonly kind: 'oldest' }
  | { readonly kind: 'end' }
  | { readonly kind: 'time'; readonly ms: number }
  | ({ readonly kind: 'at' | 'after'; readonly readUntil?: number | undefined } & EventPlace);

export const oldest: Place = { kind: 'oldest' };
export const end: Place = { kind: 'end' };

const oldestText = 'TRIM_HORIZON';
const endText = 'SHARD_END';
const timeText = 'AT_TIMESTAMP ';
const pattern = /^(after )?(\d{1,128})(?::(\d{1,9}))?(?: (\d{1,15}))?$/;

export function eventPosition({ sequence, index }: EventPlace): Position {
  return index === undefined ? sequence : `${sequence}:${index}`;
}

export function formatPlace(place: Place): Position {
  switch (place.kind) {
    case 'oldest':
      return oldestText;
    case 'end':
      return endText;
    case 'time':
      return `${timeText}${place.ms}`;
    case 'at':
    case 'after': {
      const { kind, readUntil } = place;
      return `${kind === 'after' ? 'after ' : ''}${eventPosition(place)}${readUntil === undefined ? '' : ` ${readUntil}`}`;
    }
  }
}

/** Throws `invalid-config` for a text that no event of Kinesis has. */
export function parsePlace(position: Position): Place {
  const place = parsedPlace(position);
  if (place !== undefined) return place;
  const message = `${JSON.stringify(position)} is not a valid shard position. Give the position of an event, or one that lag reports`;
  throw new StreamError('invalid-config', message, { where: 'kinesis' });
}

/** `undefined` for such a text. */
export function parsedPlace(position: Position): Place | undefined {
  if (position === oldestText) return oldest;
  if (position === endText) return end;
  if (position.startsWith(timeText)) {
    const ms = Number(position.slice(timeText.length));
    if (Number.isSafeInteger(ms) && ms >= 0) return { kind: 'time', ms };
  }
  const match = pattern.exec(position);
  if (match !== null) {
    const [, after, sequence = '', index, readUntil] = match;
    return {
      kind: after === undefined ? 'at' : 'after',
      sequence,
      index: index === undefined ? undefined : Number(index),
      ...(readUntil === undefined ? {} : { readUntil: Number(readUntil) }),
    };
  }
  return undefined;
}

/** The place that a lease holds. Throws `conflict` if somebody wrote something else there. */
export function placeOfLease({
  partition,
  position,
}: {
  readonly partition: string;
  readonly position: Position;
}): Place {
  try {
    return parsePlace(position);
  } catch (cause) {
    const message = `the lease of ${partition} holds ${JSON.stringify(position)}, which is not a valid shard position: it was edited. Move the group with admin.reset`;
    throw new StreamError('conflict', message, { where: 'kinesis', cause });
  }
}

/** Below 0 if the first record is stored before the second. As numbers: their texts differ in length. */
export function compareSequences(first: string, second: string): number {
  const [a, b] = [BigInt(first), BigInt(second)];
  return a < b ? -1 : a > b ? 1 : 0;
}
