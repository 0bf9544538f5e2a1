import { type Handler, type HandlerContext, StreamError } from '@isostream/core';
import { untilAborted } from '@isostream/core/adapter';

/** One event for one group, and in which right it is handled. */
export interface Occasion {
  readonly group: string;
  readonly topic: string;
  readonly partition: string;
  readonly id: string;
  /** Grows with each owner of the partition; `undefined` where the provider has no such number, and then nobody is fenced. */
  readonly token: bigint | undefined;
}

/** Where it is remembered which events are done. `Tx` is what the effect can be written with, if it can be with that. */
export interface Effects<Tx> {
  /** Runs the work unless the event is done; answers which. Rejects with `lease-lost` if the partition has a later owner. */
  once(occasion: Occasion, work: (tx: Tx) => Promise<void>): Promise<'done' | 'repeat'>;
}

/** A member that lost its partition learns of it within its session: until then it may not settle the event. */
const learnMs = 30_000;

/**
 * A handler that does nothing for an event that its group has done. With `postgresEffects` the effect, written with the
 * transaction that the handler gets third, and the note that it is done are one: both exist, or neither. With `redisEffects`
 * it is best-effort. The effect of a member whose partition has a later owner is refused.
 *
 * The handler throws what it wants: then nothing is noted, and the attempt has failed as any other.
 */
export function idempotent<Event extends { readonly id: string }, Tx>(
  effects: Effects<Tx>,
  handler: (event: Event, context: HandlerContext, tx: Tx) => unknown,
): Handler<Event> {
  return async (event, context) => {
    try {
      await effects.once(occasionOf(event, context), async (tx) => {
        await handler(event, context, tx);
      });
    } catch (thrown) {
      if (StreamError.is(thrown) && thrown.code === 'lease-lost') await untilLost(context.signal);
      throw thrown;
    }
  };
}

function occasionOf({ id }: { readonly id: string }, context: HandlerContext): Occasion {
  const { group, topic, partition, fencingToken } = context;
  if (group === undefined) {
    const message = 'a replay belongs to no group, so that nothing can be done once for it. Give it the handler itself';
    throw new StreamError('unsupported', message, { where: topic });
  }
  return { group, topic, partition, id, token: fencingToken === undefined ? undefined : BigInt(fencingToken) };
}

/** A failed attempt of a late owner must not become a dead letter: its engine drops what fails once it knows. */
async function untilLost(signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, learnMs);
  });
  await untilAborted(late, signal).catch(() => undefined);
  clearTimeout(timer);
}

/** The error of a member whose partition has a later owner. */
export function fenced({ group, topic, partition, token }: Occasion): StreamError {
  const message = `partition ${partition} of topic "${topic}" has had a later owner in group "${group}" than ${token}. If the group was deleted, or has another protocol now, call forgetGroup("${group}")`;
  return new StreamError('lease-lost', message, { where: topic });
}
