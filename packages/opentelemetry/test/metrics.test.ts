import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { durationBuckets, metricNames, metricTable, prometheusName } from '@isostream/core/metrics';
import { createMemory } from '@isostream/memory';
import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, type MetricProducer, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { metrics, type Metrics, tracing } from '../src/index.ts';
import { openReceiver, type ReceivedMetric } from './support.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function open(produced: Metrics, options: Partial<Parameters<typeof createStreams>[0]> = {}): Promise<Streams> {
  const streams = await createStreams({ adapter: createMemory(), topics: [orders], ...options });
  produced.watch(streams);
  opened.push(() => streams.close());
  return streams;
}

/** Three events, one of which fails twice. */
async function work(streams: Streams): Promise<void> {
  const producer = streams.producer(orders);
  await producer.sendBatch(['a', 'b', 'bad'].map((key) => ({ key, value: Buffer.from(key) })));
  const consumer = streams.consumer(orders, { group: 'g', retry: { attempts: 2, backoff: { initial: 0 } } });
  void consumer.run(({ key }) => {
    if (key === 'bad') throw new Error('no');
  });
  for (;;) {
    const [lag] = await streams.admin.lag(orders, 'g');
    if (lag?.events === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const valueOf = (received: readonly ReceivedMetric[], name: string): unknown => {
  const found = received.find((metric) => metric.name === name);
  const all = found?.sum?.dataPoints ?? found?.gauge?.dataPoints ?? found?.histogram?.dataPoints;
  // As their labels say: which handler returned first is up to the machine.
  const told = all?.map(({ attributes, asDouble, count }): [Record<string, unknown>, unknown] => [
    Object.fromEntries(attributes.map(({ key, value }) => [key, value['stringValue']])),
    asDouble ?? count,
  ]);
  return told?.toSorted(([one], [other]) => String(one['result']).localeCompare(String(other['result'])));
};

it('metrics and spans arrive at a collector by OTLP over HTTP, with the names and attributes of the conventions', async () => {
  const receiver = await openReceiver();
  opened.push(() => receiver.close());
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  opened.push(
    () => context.disable(),
    () => propagation.disable(),
  );
  const produced = metrics();
  opened.push(() => produced.close());
  // A reader of the SDK takes it as it is.
  const producer: MetricProducer = produced;
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` }),
    exportIntervalMillis: 3_600_000,
    metricProducers: [producer],
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }))],
  });
  const streams = await open(produced, { middleware: [tracing({ tracerProvider })] });
  await work(streams);
  await Promise.all([meterProvider.forceFlush(), tracerProvider.forceFlush()]);

  const common = { 'messaging.system.name': 'memory', 'messaging.destination.name': 'orders' };
  const group = { ...common, 'messaging.consumer.group.name': 'g' };
  const processed = { ...group, 'messaging.operation.name': 'process' };
  expect(valueOf(receiver.metrics, 'messaging.client.sent.messages')).toEqual([
    [{ ...common, 'messaging.operation.name': 'send' }, 3],
    // The dead letter is an event as well.
    [{ ...common, 'messaging.destination.name': 'orders.g.dlq', 'messaging.operation.name': 'send' }, 1],
  ]);
  expect(valueOf(receiver.metrics, 'messaging.client.consumed.messages')).toEqual([[processed, 4]]);
  const failed = { 'error.type': 'handler-failed' };
  expect(valueOf(receiver.metrics, 'messaging.process.duration')).toStrictEqual([
    [{ ...processed, result: 'dead-letter', ...failed }, 1],
    [{ ...processed, result: 'ok' }, 2],
    [{ ...processed, result: 'retry', ...failed }, 1],
  ]);
  expect(valueOf(receiver.metrics, 'isostream.consumer.lag')).toEqual([[group, 0]]);
  expect(valueOf(receiver.metrics, 'isostream.ready')).toEqual([[{ 'messaging.system.name': 'memory' }, 1]]);

  const histogram = receiver.metrics.find(({ name }) => name === 'messaging.process.duration')?.histogram;
  expect(histogram?.dataPoints[0]?.explicitBounds).toEqual(durationBuckets);
  expect(histogram?.dataPoints[0]?.bucketCounts).toHaveLength(durationBuckets.length + 1);
  const sent = receiver.metrics.find(({ name }) => name === 'messaging.client.sent.messages');
  expect(sent).toMatchObject({ unit: '{message}', sum: { isMonotonic: true, aggregationTemporality: 2 } });
  for (const { name, unit } of receiver.metrics) expect(metricTable).toHaveProperty([name, 'unit'], unit);
  expect(JSON.stringify(receiver.metrics)).not.toMatch(/"bad"/);
  expect(receiver.spans.map(({ name }) => name).toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'process orders'),
    ...Array.from({ length: 3 }, () => 'send orders'),
  ]);
  await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()]);
});

it('the Prometheus exporter of the SDK spells them as the generated rules expect', async () => {
  const produced = metrics();
  opened.push(() => produced.close());
  const reader = new PrometheusExporter({ preventServerStart: true, metricProducers: [produced] });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const streams = await open(produced);
  await work(streams);
  const { resourceMetrics } = await reader.collect();
  const text = new PrometheusSerializer().serialize(resourceMetrics);
  const typed = [...text.matchAll(/^# TYPE (isostream\S+|messaging\S+) /gm)].map(([, name = '']) => name);
  const expected = new Set(metricNames.map((name) => prometheusName(name, 'sdk')));
  expect(typed.length).toBeGreaterThan(10);
  expect(typed.filter((name) => !expected.has(name))).toEqual([]);
  await meterProvider.shutdown();
});

it('nothing is counted once it is closed', async () => {
  const produced = metrics();
  const streams = await open(produced);
  produced.close();
  await streams.producer(orders).send({ key: 'k', value: Buffer.from('v') });
  const { resourceMetrics } = await produced.collect();
  expect(resourceMetrics.scopeMetrics[0]?.metrics).toEqual([]);
});
