import { describe, expectTypeOf, it } from 'vitest';
import type { Handler } from '../src/consume/options.ts';
import type { RawEvent, StreamEvent } from '../src/model/event.ts';
import type { Consumer } from '../src/streams/types.ts';

type Placed = StreamEvent<'placed', { readonly total: number }>;
type Shipped = StreamEvent<'shipped', { readonly carrier: string }>;
type Handlers<Event> = Parameters<Consumer<Event>['run']>[0];

describe('the handlers of a topic', () => {
  it('are one for all events, or one for each type', () => {
    expectTypeOf<Handler<Placed | Shipped>>().toExtend<Handlers<Placed | Shipped>>();
    expectTypeOf<{ placed: Handler<Placed>; shipped: Handler<Shipped> }>().toExtend<Handlers<Placed | Shipped>>();
  });

  it('do not compile if a type is forgotten', () => {
    expectTypeOf<{ placed: Handler<Placed> }>().not.toExtend<Handlers<Placed | Shipped>>();
  });

  it('are one for all events of a raw topic, which has no types', () => {
    expectTypeOf<Handler<RawEvent>>().toExtend<Handlers<RawEvent>>();
    expectTypeOf<{ placed: Handler<RawEvent> }>().not.toExtend<Handlers<RawEvent>>();
  });
});
