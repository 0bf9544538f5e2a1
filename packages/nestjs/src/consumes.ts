import type { Batch, BatchOptions, ConsumerOptions, HandleMiddleware, HandlerContext, Topic, Within } from 'isostream';

type TypeOf<Event> = Event extends { readonly type: infer Type extends string } ? Type : never;
type OfType<Event, Type> = [Type] extends [never] ? Event : Extract<Event, { readonly type: Type }>;

/** Options of a consumer, and which events the method is for. */
export interface ConsumesOptions<Event, Type extends string> extends ConsumerOptions, Within<HandleMiddleware<Event>> {
  /** The types that the method is for. Other methods of the same topic and group take the others. Default all. */
  readonly type?: Type | readonly Type[];
  /** Types that no method of the group takes, and that are settled without one. */
  readonly skip?: readonly TypeOf<Event>[];
}

type MethodFor<Method> = <Given extends Method>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Given>,
) => void;

/** A method of a provider or controller that handles events, as it was declared. */
export interface Consumption {
  readonly name: string | symbol;
  readonly topic: Topic;
  readonly kind: 'event' | 'batch';
  readonly types: readonly string[] | undefined;
  readonly skip: readonly string[];
  readonly options: ConsumerOptions;
  readonly batch: BatchOptions;
}

const declared = new WeakMap<object, Consumption[]>();

/** What was declared for the methods of a class, also in the classes that it extends. */
export function consumptionsOf(prototype: object | null): readonly Consumption[] {
  if (prototype === null) return [];
  const own = declared.get(prototype) ?? [];
  return [...own, ...consumptionsOf(Reflect.getPrototypeOf(prototype))];
}

/**
 * The method gets the events of a topic as a member of a group, from when the application has started until it shuts down. It
 * settles an event by returning; what it throws is the attempt's failure, for retries and the dead letter. Guards, interceptors
 * and pipes that it has by `@UseGuards` and its kind apply; the type of their context is `isostream`.
 */
export function Consumes<Input, Output, const Type extends TypeOf<Output> = never>(
  topic: Topic<Input, Output>,
  options: ConsumesOptions<Output, Type>,
): MethodFor<(event: OfType<Output, Type>, context: HandlerContext) => unknown> {
  const { type, skip = [], ...consumer } = options;
  const types = type === undefined ? undefined : typeof type === 'string' ? [type] : type;
  return (target, name) => declare(target, { name, topic, kind: 'event', types, skip, options: consumer, batch: {} });
}

/** As {@link Consumes}, for batches as `runBatch` gives them. The group of the topic has no other method. */
export function ConsumesBatch<Input, Output>(
  topic: Topic<Input, Output>,
  options: ConsumerOptions & BatchOptions & Within<HandleMiddleware<Output>>,
): MethodFor<(batch: Batch<Output>) => unknown> {
  const { maxEvents, maxWait, ...consumer } = options;
  const batch = { ...(maxEvents === undefined ? {} : { maxEvents }), ...(maxWait === undefined ? {} : { maxWait }) };
  return (target, name) =>
    declare(target, { name, topic, kind: 'batch', types: undefined, skip: [], options: consumer, batch });
}

function declare(target: object, consumption: Consumption): void {
  declared.set(target, [...(declared.get(target) ?? []), consumption]);
}
