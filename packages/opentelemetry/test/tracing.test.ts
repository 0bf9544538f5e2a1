import { createStreams, defineTopic, type RawEvent, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { context, propagation, ROOT_CONTEXT, trace, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { carriedIn, carrying, getter } from '../src/carrier.ts';
import { tracing, type TracingOptions } from '../src/index.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
/** Samples also what belongs to a trace that is not. */
const sampling = new BasicTracerProvider({
  sampler: new AlwaysOnSampler(),
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(() => exporter.reset());
afterAll(() => {
  context.disable();
  propagation.disable();
});

const event = { key: 'k', value: Buffer.from('v') };
const open = (options: TracingOptions = {}): Promise<Streams> =>
  createStreams({
    adapter: createMemory(),
    topics: [orders],
    middleware: [tracing({ tracerProvider, ...options })],
  });

/** The finished spans, once there are so many; the time limit of the test is the only one. */
async function spans(count: number): Promise<readonly ReadableSpan[]> {
  while (exporter.getFinishedSpans().length < count) await new Promise((resolve) => setImmediate(resolve));
  return exporter.getFinishedSpans();
}

const linked = ({ links }: ReadableSpan): readonly string[] => links.map(({ context: { spanId } }) => spanId);

it('a trace goes from the sender over a retry and a dead letter to the redriven event', async () => {
  await using streams = await open();
  const tracer = tracerProvider.getTracer('test');
  await tracer.startActiveSpan('request', async (request) => {
    await streams.producer(orders).send(event);
    request.end();
  });
  let isBroken = true;
  const seen: RawEvent[] = [];
  const consumer = streams.consumer(orders, { group: 'g', retry: { attempts: 2, backoff: { initial: 0 } } });
  void consumer.run((given) => {
    if (isBroken) throw new TypeError('no');
    seen.push(given);
    trace.getActiveSpan()?.setAttribute('within', true);
  });
  const [send, request, first, second] = await spans(4);
  if (send === undefined || request === undefined || first === undefined || second === undefined)
    throw new Error('four spans');

  expect(send).toMatchObject({
    name: 'send orders',
    kind: 3,
    parentSpanContext: { spanId: request.spanContext().spanId },
  });
  expect(send.attributes).toMatchObject({
    'messaging.system.name': 'memory',
    'messaging.destination.name': 'orders',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.partition.id': expect.any(String),
  });
  for (const [attempt, span] of [first, second].entries()) {
    expect(span).toMatchObject({ name: 'process orders', kind: 4, status: { code: 2, message: 'no' } });
    expect(span.attributes).toMatchObject({
      'messaging.consumer.group.name': 'g',
      'isostream.attempt': attempt + 1,
      'error.type': 'TypeError',
    });
    expect(linked(span)).toEqual([send.spanContext().spanId]);
    expect(span.parentSpanContext).toBeUndefined();
  }

  isBroken = false;
  while ((await streams.redrive(orders, { group: 'g' })).redriven === 0);
  const again = (await spans(5))[4];
  expect(again).toMatchObject({ name: 'process orders', status: { code: 0 }, attributes: { within: true } });
  // The letter kept what its event said of its trace.
  expect(again === undefined ? [] : linked(again)).toEqual([send.spanContext().spanId]);
});

it('a handler is a child of the sender where that is asked for', async () => {
  await using streams = await open({ parent: 'child' });
  await streams.producer(orders).send(event);
  void streams.consumer(orders, { group: 'g' }).run(() => undefined);
  const [send, process] = await spans(2);
  expect(process?.parentSpanContext?.spanId).toBe(send?.spanContext().spanId);
});

it('a send that fails says why', async () => {
  await using streams = await open();
  const producer = streams.producer(orders);
  await producer.send({ ...event, value: new Uint8Array(30_000_000) }).catch(() => undefined);
  expect((await spans(1))[0]).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'event-too-large' } });
});

it('what is not sampled is carried as such, and the handler runs within it', async () => {
  const unsampled = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
  await using streams = await open({ tracerProvider: unsampled });
  await streams.producer(orders).send(event);
  const flags: unknown[] = [];
  const consumer = streams.consumer(orders, { group: 'g' });
  await consumer.run(({ headers }) => {
    flags.push(
      String(getter.get({ headers }, 'traceparent')).slice(-3),
      trace.getActiveSpan()?.spanContext().traceFlags,
    );
    void consumer.close();
  });
  expect(flags).toEqual(['-00', 0]);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it.each(['link', 'child'] as const)(
  'an event of a trace that is not sampled has no span and carries its context on, as a %s',
  async (parent) => {
    await using streams = await open({ parent });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const within = propagation.extract(ROOT_CONTEXT, { traceparent });
    const second = { ...event, key: 'second' };
    await context.with(within, () => streams.producer(orders).send(event));
    const seen: unknown[] = [];
    const consumer = streams.consumer(orders, { group: 'g' });
    await consumer.run(async (given) => {
      seen.push(getter.get(given, 'traceparent'), trace.getActiveSpan()?.isRecording());
      if (given.key === 'second') void consumer.close();
      else await streams.producer(orders).send(second);
    });
    expect(seen).toEqual([traceparent, false, traceparent, false]);
    expect(exporter.getFinishedSpans()).toEqual([]);
  },
);

it('a sampler that decides otherwise than the trace is asked where it is to be', async () => {
  await using streams = await open({ unsampled: 'ask', tracerProvider: sampling });
  const within = propagation.extract(ROOT_CONTEXT, {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  });
  await context.with(within, () => streams.producer(orders).send(event));
  void streams.consumer(orders, { group: 'g' }).run(() => undefined);
  expect((await spans(2)).map(({ name }) => name)).toEqual(['send orders', 'process orders']);
});

it('baggage travels with the context', async () => {
  await using streams = await open();
  const both = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] });
  propagation.disable();
  propagation.setGlobalPropagator(both);
  const tenant = propagation.createBaggage({ tenant: { value: 't-1' } });
  await context.with(propagation.setBaggage(ROOT_CONTEXT, tenant), () => streams.producer(orders).send(event));
  const origin = new Promise<unknown>((resolve) => {
    void streams.consumer(orders, { group: 'g' }).run((given) => {
      resolve(propagation.getBaggage(propagation.extract(ROOT_CONTEXT, given, getter))?.getEntry('tenant')?.value);
    });
  });
  expect(await origin).toBe('t-1');
});

it('a tracer that throws changes nothing', async () => {
  const broken: TracerProvider = {
    getTracer: () => {
      throw new Error('broken');
    },
  };
  await using streams = await open({ tracerProvider: broken });
  await streams.producer(orders).send(event);
  const handled = new Promise((resolve) => void streams.consumer(orders, { group: 'g' }).run(resolve));
  expect(await handled).toMatchObject({ key: 'k' });
});

describe('the context of an event', () => {
  const carrier = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

  it.each([
    ['text headers', { headers: carrier }],
    [
      'headers of a raw event, also of other letter case',
      { headers: [['Traceparent', Buffer.from(carrier.traceparent)]] },
    ],
    ['extensions', { headers: {}, extensions: carrier }],
    ['the attribute that Google’s Pub/Sub client writes', { headers: { googclient_traceparent: carrier.traceparent } }],
    ['the property that older Azure clients write', { headers: { 'Diagnostic-Id': carrier.traceparent } }],
  ])('is read from %s', (_, given) => {
    expect(getter.get(given, 'traceparent')).toBe(carrier.traceparent);
  });

  it('is written as headers, as an extension where there are none, and replaces another', () => {
    const carried = carriedIn(carrier);
    const typed = { type: 't', headers: { a: 'b', traceparent: 'old' } };
    expect(carrying(typed, carried, true)).toEqual({ type: 't', headers: { a: 'b', ...carrier } });
    expect(carrying({ type: 't' }, carried, false)).toEqual({ type: 't', extensions: carrier });
    const raw = { key: 'k', value: null, headers: [['traceparent', 'old']] };
    expect(carrying(raw, carried, true).headers).toEqual([['traceparent', carrier.traceparent]]);
    expect(carrying({ key: 'k', value: null }, carried, false)).toEqual({ key: 'k', value: null });
  });
});
