// oxlint-disable import/no-unassigned-import -- Nest reads what it stores.
// oxlint-disable typescript/no-unnecessary-type-arguments -- without them the compiler takes an overload that knows no context.
import 'reflect-metadata';
import { createMemory, createVirtualClock, type VirtualClock } from '@isostream/memory';
import { record } from '@isostream/testing';
import '@isostream/testing/vitest';
import { ConsoleLogger, Controller, type INestMicroservice, type Type } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { connect, defineTopic, NonRetryableError, type Streams, type TopicInput } from 'isostream';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type IsostreamContext,
  IsostreamFilter,
  IsostreamServer,
  type IsostreamServerOptions,
} from '../src/microservice.ts';

const data = z.object({ id: z.string() });
const orders = defineTopic('orders', {
  events: { 'order.placed': data, 'order.paid': data, 'order.noted': data },
  key: (event) => event.data.id,
});
const event = (type: 'order.placed' | 'order.paid' | 'order.noted', id: string): TopicInput<typeof orders> => ({
  type,
  data: { id },
});
const retry = { attempts: 3, backoff: { initial: '1s', jitter: 'none' } } as const;
const quiet = new ConsoleLogger({ logLevels: [] });

const opened: { readonly app: INestMicroservice; readonly clock: VirtualClock }[] = [];
afterEach(async () => {
  for (const { app, clock } of opened.splice(0)) await clock.advanceUntil(app.close());
});

async function start(
  controller: Type,
  { filter = true, ...options }: { readonly filter?: boolean } & Partial<IsostreamServerOptions> = {},
): Promise<{ app: INestMicroservice; clock: VirtualClock; streams: Streams }> {
  const clock = createVirtualClock();
  const streams = await connect({ adapter: createMemory({ clock }), clock, topics: [orders] });
  const module = await Test.createTestingModule({ controllers: [controller] })
    .setLogger(quiet)
    .compile();
  const strategy = new IsostreamServer({ streams, topics: [orders], consumer: { group: 'nest', retry }, ...options });
  const app = module.createNestMicroservice({ strategy });
  if (filter) app.useGlobalFilters(new IsostreamFilter());
  await app.listen();
  opened.push({ app, clock });
  return { app, clock, streams };
}

it('hands events to @EventPattern by their type, with data as the payload and all else in the context', async () => {
  @Controller()
  class Billing {
    readonly seen: unknown[] = [];
    @EventPattern<string>('order.placed')
    placed(@Payload() payload: unknown, @Ctx() context: IsostreamContext): void {
      this.seen.push(payload, context.getEvent(), context.getContext().attempt);
    }
  }
  const { app, clock, streams } = await start(Billing);
  await clock.advanceUntil(streams.producer(orders).sendBatch([event('order.placed', '1'), event('order.noted', '2')]));
  await clock.advance(1_000);
  expect(app.get(Billing).seen).toEqual([
    { id: '1' },
    expect.objectContaining({ type: 'order.placed', key: '1', data: { id: '1' } }),
    1,
  ]);
  expect(app.unwrap<Streams>()).toBe(streams);
  await expect(record(streams, orders, { clock })).not.toHaveDeadLettered('nest');
});

it('has the error itself reach retries and the dead letter', async () => {
  @Controller()
  class Billing {
    readonly attempts: string[] = [];
    @EventPattern<string>('order.placed')
    async placed(@Payload() { id }: { id: string }, @Ctx() context: IsostreamContext): Promise<void> {
      this.attempts.push(`${id} ${context.getContext().attempt}`);
      if (id === 'never') throw new NonRetryableError('it will never be right');
      throw Object.assign(new Error('the bank refuses'), { code: 'BANK-7' });
    }
  }
  const { app, clock, streams } = await start(Billing);
  await clock.advanceUntil(
    streams.producer(orders).sendBatch([event('order.placed', 'a'), event('order.placed', 'never')]),
  );
  const recorded = record(streams, orders, { clock });
  await expect(recorded).toHaveDeadLettered('nest', {
    key: 'a',
    attempts: 3,
    error: { code: 'BANK-7', message: /the bank refuses$/ },
  });
  await expect(recorded).toHaveDeadLettered('nest', {
    key: 'never',
    attempts: 1,
    error: { message: /never be right$/ },
  });
  expect(app.get(Billing).attempts.toSorted()).toEqual(['a 1', 'a 2', 'a 3', 'never 1']);
});

it('says what to add where Nest has replaced the error', async () => {
  @Controller()
  class Billing {
    @EventPattern<string>('order.placed')
    placed(): void {
      throw new Error('the bank refuses');
    }
  }
  const { clock, streams } = await start(Billing, { filter: false });
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await expect(record(streams, orders, { clock })).toHaveDeadLettered('nest', {
    attempts: 3,
    error: { message: /useGlobalFilters\(new IsostreamFilter\(\)\)/ },
  });
});

it('gives handlers of one pattern groups and options of their own', async () => {
  @Controller()
  class Several {
    readonly seen: string[] = [];
    @EventPattern<string>('order.placed', { group: 'billing', retry: { attempts: 1 } })
    bill(): void {
      this.seen.push('billing');
      throw new Error('no');
    }
    @EventPattern<string>('order.placed', { group: 'shipping', concurrency: 2 })
    ship(): void {
      this.seen.push('shipping');
    }
    @EventPattern<string[]>(['order.paid', 'order.noted'], { group: 'shipping', concurrency: 2 })
    others(): void {
      this.seen.push('another');
    }
  }
  const { app, clock, streams } = await start(Several);
  const types = ['order.placed', 'order.paid', 'order.noted'] as const;
  await clock.advanceUntil(streams.producer(orders).sendBatch(types.map((type) => event(type, type))));
  await expect(record(streams, orders, { clock })).toHaveDeadLettered('billing', { attempts: 1 });
  await clock.advance(1_000);
  expect(app.get(Several).seen.toSorted()).toEqual(['another', 'another', 'billing', 'shipping']);
});

it('refuses a pattern that no topic declares, and questions', async () => {
  @Controller()
  class Lost {
    @EventPattern<string>('order.lost')
    lost(): void {}
  }
  @Controller()
  class Asks {
    @MessagePattern('order.placed')
    ask(): number {
      return 1;
    }
  }
  await expect(start(Lost)).rejects.toMatchObject({ code: 'invalid-config' });
  await expect(start(Asks)).rejects.toThrow('Use @EventPattern');
});

it('drains its consumers when the application closes', async () => {
  const order: string[] = [];
  let entered: () => void = () => undefined;
  const isEntered = new Promise<void>((resolve) => (entered = resolve));
  let go: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (go = resolve));
  @Controller()
  class Slow {
    @EventPattern<string>('order.placed')
    async placed(): Promise<void> {
      entered();
      await going;
      order.push('handler');
    }
  }
  const { app, clock, streams } = await start(Slow);
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await clock.advanceUntil(isEntered);
  const closed = app.close().then(() => order.push('closed'));
  go();
  await clock.advanceUntil(closed);
  expect(order).toEqual(['handler', 'closed']);
  expect(() => streams.producer(orders)).toThrow('closed');
});
