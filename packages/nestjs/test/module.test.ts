// oxlint-disable import/no-unassigned-import -- Nest reads what it stores.
import 'reflect-metadata';
import { createMemory, createVirtualClock, type VirtualClock } from '@isostream/memory';
import { record } from '@isostream/testing';
import '@isostream/testing/vitest';
import {
  type CallHandler,
  type CanActivate,
  ConsoleLogger,
  Controller,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  Scope,
  UseGuards,
  UseInterceptors,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import {
  type Batch,
  defineTopic,
  type HandlerContext,
  NonRetryableError,
  type Producer,
  type Streams,
  type TopicInput,
  type TopicOutput,
} from 'isostream';
import type { Observable } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import {
  Consumes,
  ConsumesBatch,
  InjectProducer,
  InjectStreams,
  IsostreamHealth,
  IsostreamModule,
  STREAMS,
} from '../src/index.ts';

const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ id: z.string() }), 'order.paid': z.object({ id: z.string() }) },
  key: (event) => event.data.id,
});
type Orders = TopicOutput<typeof orders>;
type Placed = Extract<Orders, { type: 'order.placed' }>;
const event = (type: Orders['type'], id: string): TopicInput<typeof orders> => ({ type, data: { id } });

const quiet = new ConsoleLogger({ logLevels: [] });
const opened: { readonly app: INestApplication; readonly clock: VirtualClock }[] = [];
afterEach(async () => {
  for (const { app, clock } of opened.splice(0)) await clock.advanceUntil(app.close());
});

/** An application with these classes, on memory and a virtual clock. */
async function start(
  ...providers: readonly Type[]
): Promise<{ app: INestApplication; clock: VirtualClock; streams: Streams }> {
  const clock = createVirtualClock();
  const module = await Test.createTestingModule({
    imports: [
      IsostreamModule.forRoot({ adapter: createMemory({ clock }), clock, topics: [orders], random: () => 0.5 }),
      TerminusModule.forRoot({ logger: false }),
    ],
    controllers: providers.filter((one) => Reflect.hasMetadata('path', one)),
    providers: providers.filter((one) => !Reflect.hasMetadata('path', one)),
  })
    .setLogger(quiet)
    .compile();
  const app = module.createNestApplication();
  await app.init();
  opened.push({ app, clock });
  return { app, clock, streams: app.get(STREAMS) };
}

it('calls methods with @Consumes, each for its types, and injects producers', async () => {
  @Injectable()
  class Billing {
    readonly seen: string[] = [];
    private readonly producer: Producer<TopicInput<typeof orders>>;
    constructor(@InjectProducer(orders) producer: Producer<TopicInput<typeof orders>>) {
      this.producer = producer;
    }
    @Consumes(orders, { group: 'billing', type: 'order.placed', concurrency: 4 })
    async placed(placed: Placed, { attempt }: HandlerContext): Promise<void> {
      this.seen.push(`placed ${placed.data.id}, attempt ${attempt}`);
      await this.producer.send(event('order.paid', placed.data.id));
    }
    @Consumes(orders, { group: 'billing', type: 'order.paid' })
    paid({ data }: Orders): void {
      this.seen.push(`paid ${data.id}`);
    }
  }
  const { app, clock, streams } = await start(Billing);
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await expect(record(streams, orders, { clock })).toHaveReceived({ type: 'order.paid', data: { id: '1' } });
  const billing = app.get(Billing);
  await clock.advanceUntil(async () => {
    while (billing.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
  });
  expect(billing.seen).toEqual(['placed 1, attempt 1', 'paid 1']);
});

it('has the error itself reach retries and the dead letter', async () => {
  @Injectable()
  class Billing {
    @Consumes(orders, { group: 'billing', retry: { attempts: 3 } })
    handle({ type }: Orders): void {
      if (type === 'order.paid') throw new NonRetryableError('paid twice');
      throw Object.assign(new Error('the bank refuses'), { code: 'BANK-7' });
    }
  }
  const { clock, streams } = await start(Billing);
  const sending = streams.producer(orders).sendBatch([event('order.placed', '1'), event('order.paid', '2')]);
  await clock.advanceUntil(sending);
  const recorded = record(streams, orders, { clock });
  await expect(recorded).toHaveDeadLettered('billing', {
    key: '1',
    attempts: 3,
    error: { code: 'BANK-7', message: /the bank refuses$/ },
  });
  await expect(recorded).toHaveDeadLettered('billing', { key: '2', attempts: 1, error: { message: /paid twice$/ } });
});

it('applies the guards and interceptors of a method, in a context of type isostream', async () => {
  const types: string[] = [];
  class Refuses implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      types.push(context.getType<string>());
      return context.getArgByIndex<Orders>(0).data.id !== 'forbidden';
    }
  }
  class Records implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      types.push(context.getHandler().name);
      return next.handle();
    }
  }
  @Injectable()
  class Billing {
    readonly seen: string[] = [];
    @Consumes(orders, { group: 'billing', retry: { attempts: 1 } })
    @UseGuards(Refuses)
    @UseInterceptors(Records)
    handle({ data }: Orders): void {
      this.seen.push(data.id);
    }
  }
  const { app, clock, streams } = await start(Billing);
  await clock.advanceUntil(
    streams.producer(orders).sendBatch(['fine', 'forbidden'].map((id) => event('order.placed', id))),
  );
  await expect(record(streams, orders, { clock })).toHaveDeadLettered('billing', { key: 'forbidden' });
  expect(app.get(Billing).seen).toEqual(['fine']);
  expect(types).toContain('isostream');
});

it('hands out batches to a method with @ConsumesBatch', async () => {
  @Controller()
  class Ledger {
    readonly sizes: number[] = [];
    @ConsumesBatch(orders, { group: 'ledger', maxEvents: 3, maxWait: '1s' })
    book(batch: Batch<Orders>): void {
      this.sizes.push(batch.events.length);
    }
  }
  const { app, clock, streams } = await start(Ledger);
  await clock.advanceUntil(
    streams.producer(orders).sendBatch(['1', '2', '3', '4'].map((id) => event('order.placed', id))),
  );
  await clock.advance(2_000);
  expect(app.get(Ledger).sizes.reduce((sum, size) => sum + size, 0)).toBe(4);
  expect(Math.max(...app.get(Ledger).sizes)).toBeGreaterThan(1);
});

it('finds methods of a class that is extended', async () => {
  abstract class Base {
    readonly seen: string[] = [];
    @Consumes(orders, { group: 'base' })
    handle({ data }: Orders): void {
      this.seen.push(data.id);
    }
  }
  @Injectable()
  class Extended extends Base {}
  const { app, clock, streams } = await start(Extended);
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await clock.advance(100);
  expect(app.get(Extended).seen).toEqual(['1']);
});

it('tells Terminus how the client is', async () => {
  @Injectable()
  class Billing {
    @Consumes(orders, { group: 'billing', onFailure: 'stop', retry: { attempts: 1 } })
    handle(): void {
      throw new Error('card 4111');
    }
  }
  const { app, clock, streams } = await start(Billing);
  const [terminus, isostream] = [app.get(HealthCheckService), app.get(IsostreamHealth)];
  await clock.advance(100);
  const up = await terminus.check([
    () => isostream.isReady(),
    () => isostream.isLive('live'),
    () => isostream.isStarted('started'),
  ]);
  expect(up.status).toBe('ok');
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await clock.advance(1_000);
  const down = await terminus.check([() => isostream.isLive()]).catch((error: unknown) => error);
  expect(down).toMatchObject({
    response: {
      status: 'error',
      error: { isostream: { status: 'down', consumers: [{ group: 'billing', state: 'failed' }] } },
    },
  });
  expect(JSON.stringify(down)).not.toContain('4111');
});

it('drains consumers while the application still answers, and flushes producers after its requests', async () => {
  const order: string[] = [];
  let release: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => (release = resolve));
  let go: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (go = resolve));
  let sending: (sent: Promise<unknown>) => void = () => undefined;
  const asked = new Promise<{ readonly sent: Promise<unknown> }>((resolve) => (sending = (sent) => resolve({ sent })));
  @Controller()
  class Api {
    @InjectProducer(orders) readonly producer!: Producer<TopicInput<typeof orders>>;
    @Consumes(orders, { group: 'billing', type: 'order.placed', skip: ['order.paid'] })
    async placed(): Promise<void> {
      release();
      await going;
      await this.producer.send(event('order.paid', '1'));
      order.push('handler');
    }
    @Post('orders')
    async create(): Promise<object> {
      const sent = this.producer.send(event('order.paid', '2'));
      sending(sent);
      await sent;
      order.push('request');
      return {};
    }
    onApplicationShutdown(): void {
      order.push('shut down');
    }
  }
  const { app, clock, streams } = await start(Api);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  await clock.advanceUntil(streams.producer(orders).send(event('order.placed', '1')));
  await entered;
  const closed = app.close();
  const answering = fetch(`${url}/orders`, { method: 'POST', headers: { connection: 'close' } });
  // Not while the request is on its way: the deadline of the drain would pass meanwhile.
  await clock.advanceUntil((await asked).sent);
  const answer = await answering;
  expect(answer.status).toBe(201);
  go();
  await clock.advanceUntil(closed);
  expect(order).toEqual(['request', 'handler', 'shut down']);
  expect(() => streams.producer(orders)).toThrow('closed');
});

it('connects with what another provider knows, or takes its client', async () => {
  const settings = { provide: 'SETTINGS', useValue: { source: 'from-settings' } };
  @Module({ providers: [settings], exports: [settings] })
  // oxlint-disable-next-line typescript/no-extraneous-class -- Nest takes modules as classes
  class Settings {}
  @Injectable()
  class Sender {
    @InjectStreams() readonly streams!: Streams;
    @InjectProducer('orders') readonly producer!: Producer<TopicInput<typeof orders>>;
  }
  const module = await Test.createTestingModule({
    imports: [
      IsostreamModule.forRootAsync({
        topics: [orders],
        imports: [Settings],
        inject: ['SETTINGS'],
        useFactory: ({ source }: { source: string }) => ({ adapter: createMemory(), source }),
      }),
    ],
    providers: [Sender],
  }).compile();
  await module.init();
  const { producer, streams } = module.get(Sender);
  await producer.send(event('order.placed', '1'));
  await expect(record(streams, orders)).toHaveReceived({ source: 'from-settings' });
  await module.close();
});

it.each([
  ['twice', 'has two methods', [['order.placed'], ['order.placed']], []],
  ['not at all', 'no method is for order.paid', [['order.placed']], []],
  ['that nobody knows', 'does not declare "order.lost"', [['order.placed'], ['order.lost']], ['order.paid']],
] as const)('refuses a type that is named %s', async (_, message, types, skip) => {
  @Injectable()
  class Billing {
    first(): void {}
    second(): void {}
  }
  for (const [index, type] of types.entries()) {
    const name = index === 0 ? 'first' : 'second';
    const options = { group: 'billing', type, skip } as unknown as { group: string };
    Consumes(orders, options)(Billing.prototype, name, Object.getOwnPropertyDescriptor(Billing.prototype, name) ?? {});
  }
  await expect(start(Billing)).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining(message),
  });
});

it('refuses methods of one group that contradict each other', async () => {
  @Injectable()
  class Billing {
    @Consumes(orders, { group: 'billing', type: 'order.placed', concurrency: 4 })
    first(): void {}
    @Consumes(orders, { group: 'billing', type: 'order.paid', concurrency: 5 })
    second(): void {}
  }
  await expect(start(Billing)).rejects.toThrow('Billing.second has concurrency 5, another method of the group 4');
});

it('refuses a class that lives as long as a request', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class Billing {
    @Consumes(orders, { group: 'billing' })
    handle(): void {}
  }
  await expect(start(Billing)).rejects.toThrow('Make it a singleton');
});

it('checks what a method takes when it compiles', () => {
  class Billing {
    // @ts-expect-error the topic has no event with a number for an id
    @Consumes(orders, { group: 'billing' })
    handle(placed: { readonly data: { readonly id: number } }): number {
      return placed.data.id;
    }
    // @ts-expect-error the topic does not declare this type
    @Consumes(orders, { group: 'other', type: 'order.lost' })
    other(): void {}
  }
  expect(Object.getOwnPropertyNames(Billing.prototype)).toContain('other');
});
