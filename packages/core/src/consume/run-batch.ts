import { heldBack } from './engine-errors.ts';
import { linkedSignal } from '../time/on-abort.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import type { Batch, Handler, HandlerContext } from './options.ts';

interface Member<Event> {
  readonly event: Event;
  readonly context: HandlerContext;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
  failed: boolean;
}

/**
 * Turns a handler of batches into a handler of events, so that a batch keeps every promise a single event has.
 * A batch never holds two events of one key: the second may only be handed out after the first is settled.
 */
export function batched<Event>(
  options: {
    readonly maxEvents: number;
    readonly maxWaitMs: number;
    readonly clock: Clock;
    readonly isPaused: () => boolean;
  },
  handle: (batch: Batch<Event>) => unknown,
): Handler<Event> {
  let members: Member<Event>[] = [];
  let cancel: CancelTimer | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const batch = members.filter((member) => !isTakenBack(member));
    members = [];
    // They wait in line until the consumer goes on.
    if (options.isPaused()) for (const member of batch) member.fail(heldBack);
    else if (batch.length > 0) void settleBatch(batch, handle);
  };

  return (event, context) =>
    new Promise<void>((settle, fail) => {
      members.push({ event, context, settle, fail, failed: false });
      if (members.length >= options.maxEvents) flush();
      else cancel ??= options.clock.timer(options.maxWaitMs, flush);
    });
}

/** Its assignment is lost or its time is over: it would abort the whole batch, and nothing done with it would count. */
function isTakenBack<Event>({ context: { signal }, fail }: Member<Event>): boolean {
  if (signal.aborted) fail(signal.reason);
  return signal.aborted;
}

async function settleBatch<Event>(
  members: readonly Member<Event>[],
  handle: (batch: Batch<Event>) => unknown,
): Promise<void> {
  const byEvent = new Map(members.map((member) => [member.event, member]));
  const find = (event: Event): Member<Event> => {
    const member = byEvent.get(event);
    if (member === undefined) throw new TypeError('this event is not in the batch: pass one of batch.events');
    return member;
  };
  let link: ReturnType<typeof linkedSignal> | undefined;
  const batch: Batch<Event> = {
    events: members.map((member) => member.event),
    get signal() {
      link ??= linkedSignal(members.map((member) => member.context.signal));
      return link.signal;
    },
    context: (event) => find(event).context,
    fail(event, error) {
      const member = find(event);
      member.failed = true;
      member.fail(error);
    },
  };
  try {
    await handle(batch);
    for (const member of members) if (!member.failed) member.settle();
  } catch (error) {
    for (const member of members) if (!member.failed) member.fail(error);
  } finally {
    link?.unlink();
  }
}
