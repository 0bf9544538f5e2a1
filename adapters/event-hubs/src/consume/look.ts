import { StreamError, untilAborted } from '@isostream/core/adapter';
import type { PartitionProperties } from '../answers.ts';
import { readMessage } from '../amqp/message.ts';
import { type Annotations, annotationsOf } from '../message.ts';
import type { Wire } from '../client/wire.ts';
import { after, beginning, fromNumber, fromTime, type Place } from '../position.ts';

export interface LookOptions {
  readonly wire: Wire;
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partition: string;
  readonly signal: AbortSignal;
}

/** Place and time of the first event behind a filter that is known to have one. */
export async function firstEvent(filter: string, options: LookOptions): Promise<Annotations> {
  try {
    return await look(filter, options);
  } catch (thrown) {
    const error = StreamError.from(thrown, 'event-hubs');
    throw error.code === 'lease-lost' ? notShared(options.consumerGroup, error) : error;
  }
}

/** Whoever reads without an owner level is kept out by one who has it. */
export function notShared(consumerGroup: string, cause: StreamError): StreamError {
  const message = `consumer group "${consumerGroup}" is read by a group, which needs it exclusively. Name another one for replays and lag with the option readerConsumerGroup`;
  return new StreamError('conflict', message, { where: 'event-hubs', cause });
}

async function look(filter: string, options: LookOptions): Promise<Annotations> {
  const { wire, hub, consumerGroup, partition, signal } = options;
  let resolve: (message: Buffer) => void = () => undefined;
  const came = new Promise<Buffer>((found) => (resolve = found));
  const reader = 'isostream-look';
  const link = await wire.read(
    { hub, consumerGroup, partition, filter, reader, ownerLevel: undefined, onMessage: (message) => received(message) },
    signal,
  );
  const received = (message: Buffer | undefined): void => {
    if (message === undefined) link.native?.addCredit(1);
    else resolve(message);
  };
  try {
    link.native?.addCredit(1);
    const lost = link.ended.then((error) => {
      throw error;
    });
    return annotationsOf(readMessage(await untilAborted(Promise.race([came, lost]), signal)));
  } finally {
    link.close();
  }
}

/** The start of a partition: before the oldest event that is kept. */
export function startOf(now: PartitionProperties): Place {
  if (now.isEmpty) return endOf(now);
  return { sequenceNumber: now.beginningSequenceNumber - 1, offset: beginning.offset };
}

/** The end of a partition: behind everything that is stored now. */
export function endOf({ lastEnqueuedOffset, lastEnqueuedSequenceNumber }: PartitionProperties): Place {
  if (lastEnqueuedSequenceNumber < 0) return beginning;
  return { sequenceNumber: lastEnqueuedSequenceNumber, offset: lastEnqueuedOffset };
}

/** The place before the first event that was stored at or after a time. */
export async function placeAtTime(time: Date, now: PartitionProperties, options: LookOptions): Promise<Place> {
  if (now.isEmpty || now.lastEnqueuedOn < time) return endOf(now);
  const first = await firstEvent(fromTime(time), options);
  return placeBefore(first.sequenceNumber, now, options);
}

/** The place before the event of this number; of the oldest one that is kept where it is older. */
export async function placeBefore(
  sequenceNumber: number,
  now: PartitionProperties,
  options: LookOptions,
): Promise<Place> {
  if (now.isEmpty || sequenceNumber > now.lastEnqueuedSequenceNumber) return endOf(now);
  const { beginningSequenceNumber } = now;
  // The number counts for what is missing; the service's own word for the oldest event is where to go on.
  if (sequenceNumber <= beginningSequenceNumber)
    return { sequenceNumber: Math.max(-1, sequenceNumber - 1), offset: beginning.offset };
  const before = await firstEvent(fromNumber(sequenceNumber - 1), options);
  if (before.sequenceNumber >= sequenceNumber) return { ...beginning, sequenceNumber: sequenceNumber - 1 };
  return { sequenceNumber: before.sequenceNumber, offset: before.offset };
}

/** The number of the event that comes behind a place; `undefined` where there is no place. */
export async function numberBehind(
  place: Place | undefined,
  now: PartitionProperties,
  options: LookOptions,
): Promise<number | undefined> {
  if (place === undefined) return undefined;
  const { sequenceNumber, offset } = place;
  if (sequenceNumber !== undefined) return sequenceNumber + 1;
  if (offset === undefined || now.isEmpty || offset === now.lastEnqueuedOffset)
    return now.lastEnqueuedSequenceNumber + 1;
  try {
    return (await firstEvent(after({ offset }), options)).sequenceNumber;
  } catch (thrown) {
    // A group whose offset the service does not know begins with the oldest event.
    if (StreamError.is(thrown) && thrown.code === 'position-expired') return now.beginningSequenceNumber;
    throw thrown;
  }
}

/** Whether a position can be one of this provider: the number of an event. */
export function isNumber(position: string): boolean {
  return /^\d{1,15}$/.test(position);
}

/** A position as a person gives it: the number of the event that comes first. Throws `invalid-config`. */
export function numberOf(position: string): number {
  if (!isNumber(position))
    throw new StreamError(
      'invalid-config',
      `${JSON.stringify(position)} is not a valid position for this provider. Give a sequence number, such as the position of an event`,
      { where: 'event-hubs' },
    );
  return Number(position);
}
