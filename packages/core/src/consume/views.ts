import type { Decoded } from '../codec/codec.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { checkNames, checkSignal, refused, whole } from '../options/checks.ts';
import { DecodeFailure } from '../retry/policy.ts';
import type { Clock } from '../time/clock.ts';
import { toMilliseconds } from '../units/units.ts';
import { heldBack } from './engine-errors.ts';
import type { Deliver, Limits } from './engine-parts.ts';
import { byType, isHandler } from './handlers-by-type.ts';
import type { Batch, BatchOptions, Handler, HandlerContext } from './options.ts';
import { batched } from './run-batch.ts';

/** What an engine runs with. */
export interface View {
  readonly deliver: Deliver;
  readonly limits?: Limits;
}

/** What consumers and replays know of their events. */
export interface ViewParts<Event> {
  /** The event types that a handler map must name; `undefined` on a raw topic. */
  readonly types: readonly string[] | undefined;
  readonly decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>>;
  readonly clock: Clock;
  readonly handlerTimeoutMs: number;
  /** No handler is called now. */
  readonly isPaused?: () => boolean;
  /** The handler within the middleware. */
  readonly around?: (handler: Handler<Event>) => Handler<Event>;
}

const never = (): boolean => false;

/** A handler of events, or one for each event type. Throws `invalid-config`. */
export function viewOf<Event>(parts: ViewParts<Event>, handler: unknown, where: string): View {
  const handle = isHandler<Event>(handler) ? handler : byType<Event>(handler, parts.types, where);
  return { deliver: delivering(parts, handle) };
}

/** A handler of batches, of which all that are out together hold at most `maxEvents` events. Throws `invalid-config`. */
export function viewOfBatches<Event>(
  parts: ViewParts<Event>,
  handler: (batch: Batch<Event>) => unknown,
  options: BatchOptions & { readonly signal?: AbortSignal },
  where: string,
): View {
  if (!isHandler(handler))
    throw refused(
      'handler',
      handler,
      'a function of the batch, before the options: runBatch(handler, { maxEvents })',
      where,
    );
  checkNames(options, ['maxEvents', 'maxWait', 'signal'], where);
  checkSignal(options.signal, where);
  const maxEvents = whole('maxEvents', options.maxEvents ?? 100, where);
  const maxWaitMs = toMilliseconds(options.maxWait ?? 250, 'maxWait');
  const { clock, handlerTimeoutMs, isPaused = never } = parts;
  const limits = { concurrency: maxEvents, handlerTimeoutMs: handlerTimeoutMs + maxWaitMs };
  return { deliver: delivering(parts, batched({ maxEvents, maxWaitMs, clock, isPaused }, handler)), limits };
}

/** From what is stored to the handler: decoding, then the middleware around each attempt. */
export function delivering<Event>(
  { decode, around, isPaused = never }: ViewParts<Event>,
  handler: Handler<Event>,
): Deliver {
  const handle = around?.(handler) ?? handler;
  const deliver = (decoded: Decoded<Event>, context: HandlerContext): unknown => {
    if (!decoded.ok) throw new DecodeFailure(decoded.error, decoded.unknownType, decoded.fate);
    return handle(decoded.event, context);
  };
  return (stored, context) => {
    const decoded = decode(stored);
    if (!(decoded instanceof Promise)) return deliver(decoded, context);
    return decoded.then((ready) => {
      // The assignment can be lost while a schema takes its time: then the event is somebody else's.
      context.signal.throwIfAborted();
      // A pause that came meanwhile holds for it as well.
      if (isPaused()) throw heldBack;
      return deliver(ready, context);
    });
  };
}
