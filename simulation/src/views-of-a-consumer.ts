import { type Batch, type Delivery, NonRetryableError } from '@isostream/core';
import type { LoadEvent } from '@isostream/conformance/checks';
import type { Handlers } from './handler.ts';
import { leftMark, threwMark } from './marks.ts';

/** Single events of a batch fail by name, or the handler throws; the batch lasts as long as its slowest event. */
export async function handleBatch(batch: Batch<LoadEvent>, handlers: Handlers): Promise<void> {
  const calls = batch.events.map((event) => ({ event, run: handlers.begin(event, batch.context(event)) }));
  await Promise.all(
    calls.map(async ({ event, run }) => {
      await run.wait();
      if (run.fate.result === 'ok') return;
      run.end();
      batch.fail(event, run.error());
    }),
  );
  const throws = handlers.throws();
  if (throws) handlers.mark(threwMark);
  for (const { run } of calls) run.end(throws ? 'retry' : undefined);
  if (throws) throw new Error('the whole batch fails');
}

interface StreamParts {
  readonly stream: AsyncIterableIterator<Delivery<LoadEvent>>;
  readonly handlers: Handlers;
  /** Whether a loop is left after, or over, the present delivery. */
  readonly leaves: () => boolean;
}

/** Some loops that share one stream. Whoever leaves ends it for all. */
export async function handleStream({ stream, handlers, leaves }: StreamParts): Promise<void> {
  const loops = Array.from({ length: 3 }, async () => {
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
      const isLeft = await handleDelivery(next.value, handlers, leaves);
      if (!isLeft) continue;
      handlers.mark(leftMark);
      await stream.return?.();
      return;
    }
  });
  await Promise.all(loops);
}

/** Whether the loop is to be left. */
async function handleDelivery(
  delivery: Delivery<LoadEvent>,
  handlers: Handlers,
  leaves: () => boolean,
): Promise<boolean> {
  // Taken back before anybody saw it.
  if (delivery.context.signal.aborted) return false;
  const run = handlers.begin(delivery.event, delivery.context);
  // A delivery that is taken back is over at that moment, and a loop that hangs gives up with it.
  const takenBack = new Promise<void>((resolve) => {
    const abort = (): void => {
      run.end('retry');
      resolve();
    };
    delivery.context.signal.addEventListener('abort', abort, { once: true });
  });
  // Nobody will settle it.
  if (leaves()) return true;
  await Promise.race([run.wait(), takenBack]);
  await Promise.resolve();
  run.end();
  const error = run.error();
  if (run.fate.result === 'ok') delivery.ack();
  else if (NonRetryableError.is(error)) delivery.deadLetter(error);
  else delivery.retry(error);
  return leaves();
}
