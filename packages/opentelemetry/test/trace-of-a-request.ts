import { createServer } from 'node:http';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connect, defineTopic, type Streams } from 'isostream';
import { expect } from 'vitest';
import { z } from 'zod';
import { tracedBatch, tracing } from '../src/index.ts';
import { systemName } from '../src/names.ts';

const orders = defineTopic('traced-orders', {
  events: { 'order.placed': z.object({ orderId: z.string() }) },
  key: ({ data }) => data.orderId,
  partitions: 1,
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const browser = 'b7ad6b7169203331';
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

/**
 * One HTTP request sends an event; the shipping group fails once, the billing group until it is mended and its letter is redriven. Expects
 * each span of it, in one trace.
 */
export async function traceOfARequest(url: string, provider: string): Promise<void> {
  exporter.reset();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  try {
    await using streams = await connect({
      url,
      topics: [orders],
      middleware: [tracing({ tracerProvider, parent: 'child' })],
    });
    await run(streams, provider);
  } finally {
    context.disable();
    propagation.disable();
  }
}

async function run(streams: Streams, provider: string): Promise<void> {
  let isBroken = true;
  const options = { retry: { attempts: 2, backoff: { initial: 1 } }, from: 'earliest' } as const;
  const [shipping, billing, archive] = ['shipping', 'billing', 'archive'].map((group) =>
    streams.consumer(orders, { group, ...options }),
  );
  void shipping?.run((_event, { attempt }) => {
    if (attempt === 1) throw new TypeError('no van');
  });
  void billing?.run(() => {
    if (isBroken) throw new RangeError('no card');
    trace.getActiveSpan()?.setAttribute('test.within', true);
  });
  void archive?.runBatch(
    tracedBatch(() => void trace.getActiveSpan()?.setAttribute('test.archived', true), { tracerProvider }),
    { maxEvents: 10, maxWait: 1 },
  );
  await Promise.all([shipping?.ready, billing?.ready, archive?.ready]);
  const { partition, position } = await request(streams);
  await spans('process', 'billing', 2);
  await spans('process', 'shipping', 2);
  isBroken = false;
  while ((await streams.redrive(orders, { group: 'billing' })).redriven === 0);
  // Each group has the event again.
  const [failed, failedAgain, mended] = await spans('process', 'billing', 3);
  const [late, inTime] = await spans('process', 'shipping', 3);

  const server = one('POST /orders');
  expect(server).toMatchObject({ kind: SpanKind.SERVER, parentSpanContext: { spanId: browser } });
  const send = one(`send ${orders.name}`);
  expect(send).toMatchObject({ kind: SpanKind.PRODUCER, status: { code: 0 } });
  expect(send.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  const common = { 'messaging.system.name': systemName(provider), 'messaging.destination.name': orders.name };
  const place = {
    ...(partition === undefined ? {} : { 'messaging.destination.partition.id': partition }),
    ...(position === undefined ? {} : { 'isostream.position': position }),
  };
  const id = send.attributes['messaging.message.id'];
  expect(send.attributes).toMatchObject({ ...common, ...place, 'messaging.operation.name': 'send' });

  const attempt = (span: ReadableSpan | undefined, group: string, count: number, error?: string): void => {
    expect(span).toMatchObject({ kind: SpanKind.CONSUMER, status: { code: error === undefined ? 0 : 2 } });
    expect(span?.attributes).toMatchObject({
      ...common,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': group,
      'isostream.attempt': count,
      ...(error === undefined ? {} : { 'error.type': error }),
    });
    expect(span?.parentSpanContext?.spanId).toBe(send.spanContext().spanId);
    expect(span?.links.map(({ context: { spanId } }) => spanId)).toEqual([send.spanContext().spanId]);
  };
  attempt(failed, 'billing', 1, 'RangeError');
  attempt(failedAgain, 'billing', 2, 'RangeError');
  attempt(mended, 'billing', 1);
  attempt(late, 'shipping', 1, 'TypeError');
  attempt(inTime, 'shipping', 2);
  expect(failed?.attributes).toMatchObject(place);
  expect(mended?.attributes['isostream.position']).not.toBe(failed?.attributes['isostream.position']);
  expect(mended?.attributes).toMatchObject({ 'test.within': true, 'messaging.message.id': expect.any(String) });
  if (id !== undefined) expect(mended?.attributes['messaging.message.id']).toBe(id);

  // A batch may hold events of many traces: it is one of its own, and links to each.
  const batch = exporter.getFinishedSpans().find(({ attributes }) => attributes['test.archived'] === true);
  expect(batch?.attributes).toMatchObject({
    'messaging.batch.message_count': 1,
    'messaging.operation.name': 'process',
  });
  expect(batch?.links.map(({ context: { spanId } }) => spanId)).toEqual([send.spanContext().spanId]);
  expect(batch?.parentSpanContext).toBeUndefined();

  const inTrace = exporter.getFinishedSpans().filter((span) => span !== batch && !isBatch(span));
  expect(inTrace.map((span) => span.spanContext().traceId)).toEqual(inTrace.map(() => traceId));
}

function isBatch({ attributes }: ReadableSpan): boolean {
  return attributes['messaging.batch.message_count'] !== undefined;
}

/** Not every provider says where it has stored an event. */
const receipt = z.object({ partition: z.string().optional(), position: z.string().optional() });
type Receipt = z.infer<typeof receipt>;

/** A service that sends an event at each request, and one request to it. */
async function request(streams: Streams): Promise<Receipt> {
  const producer = streams.producer(orders);
  const server = createServer((incoming, response) => {
    const parent = propagation.extract(ROOT_CONTEXT, incoming.headers);
    const tracer = tracerProvider.getTracer('http');
    const span = tracer.startSpan('POST /orders', { kind: SpanKind.SERVER }, parent);
    void context.with(trace.setSpan(parent, span), async () => {
      const stored = await producer.send({ type: 'order.placed', data: { orderId: 'o-1' } });
      span.end();
      response.end(JSON.stringify(stored));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const headers = { connection: 'close', traceparent: `00-${traceId}-${browser}-01` };
  const answer = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', headers });
  const stored = receipt.parse(await answer.json());
  await new Promise((resolve) => server.close(resolve));
  return stored;
}

/** The spans of a group, once there are so many; the time limit of the test is the only one. */
async function spans(operation: string, group: string, count: number): Promise<readonly ReadableSpan[]> {
  for (;;) {
    const found = exporter
      .getFinishedSpans()
      .filter(
        (span) =>
          span.name === `${operation} ${orders.name}` &&
          span.attributes['messaging.consumer.group.name'] === group &&
          !isBatch(span),
      );
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function one(name: string): ReadableSpan {
  const [span, another] = exporter.getFinishedSpans().filter((each) => each.name === name);
  if (span === undefined || another !== undefined) throw new Error(`not one span ${name}`);
  return span;
}
