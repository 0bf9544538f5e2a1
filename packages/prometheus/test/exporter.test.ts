import { openAdapter } from '@isostream/core/adapter';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createStreams, defineTopic, StreamError, type Streams } from '@isostream/core';
import { metricNames, metricTable, prometheusName } from '@isostream/core/metrics';
import { createMemory } from '@isostream/memory';
import { Counter, Registry } from 'prom-client';
import { afterEach, expect, it, vi } from 'vitest';
import { createPrometheus, prometheusMetrics, type PrometheusExporter } from '../src/index.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const event = (key: string): { key: string; value: Buffer } => ({ key, value: Buffer.from(key) });
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

async function open(
  options: Partial<Parameters<typeof createPrometheus>[0]> = {},
  adapter = createMemory(),
): Promise<{ streams: Streams; exporter: PrometheusExporter }> {
  const streams = await createStreams({ adapter, topics: [orders], topology: 'ensure' });
  const exporter = createPrometheus({ streams: [streams], ...options });
  opened.push(streams, exporter);
  return { streams, exporter };
}

async function serve({ handler }: PrometheusExporter): Promise<(path: string) => Promise<Response>> {
  const server: Server = createServer(handler);
  opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
}

const names = '{messaging_destination_name="orders",messaging_consumer_group_name="g"';

it('counts sends, attempts and what followed from them, without a key or an id', async () => {
  const { streams, exporter } = await open();
  await streams.producer(orders).sendBatch(['good', 'bad'].map(event));
  const consumer = streams.consumer(orders, { group: 'g', retry: { attempts: 2, backoff: { initial: 0 } } });
  const running = consumer.run(({ key }) => {
    if (key === 'bad') throw new Error('no');
  });
  for (;;) {
    const [lag] = await streams.admin.lag(orders, 'g');
    if (lag?.events === 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const text = await exporter.metrics();
  for (const line of [
    'messaging_client_sent_messages_total{messaging_destination_name="orders",messaging_operation_name="send"} 2',
    'messaging_client_operation_duration_seconds_count{messaging_destination_name="orders",messaging_operation_name="send"} 1',
    `messaging_client_consumed_messages_total${names},messaging_operation_name="process"} 3`,
    `isostream_consumer_retries_total${names}} 1`,
    `isostream_consumer_dead_letters_total${names}} 1`,
    `messaging_process_duration_seconds_count${names},messaging_operation_name="process",result="ok"} 1`,
    `messaging_process_duration_seconds_bucket${names},messaging_operation_name="process",result="ok",le="+Inf"} 1`,
    `messaging_process_duration_seconds_count${names},messaging_operation_name="process",result="retry",error_type="handler-failed"} 1`,
    `messaging_process_duration_seconds_count${names},messaging_operation_name="process",result="dead-letter",error_type="handler-failed"} 1`,
    `isostream_consumer_assignment_changes_total${names},change="assigned"} 1`,
    `isostream_consumer_assignments${names}} 1`,
    `isostream_consumer_in_flight${names}} 0`,
    `isostream_consumer_lag${names}} 0`,
    'isostream_producer_buffered{messaging_destination_name="orders"} 0',
    'isostream_reachable{provider="memory"} 1',
    'isostream_live{provider="memory"} 1',
    'isostream_ready{provider="memory"} 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toMatch(/good|bad/);
  const told = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  expect(told.filter((name) => !(name in prometheusMetrics))).toEqual([]);
  await consumer.close();
  await running;
});

it('counts nothing once it is closed', async () => {
  const { streams, exporter } = await open();
  exporter.close();
  await streams.producer(orders).send(event('k'));
  expect(await exporter.metrics()).not.toContain('messaging_client_sent_messages_total');
});

it('has the metrics of the application along', async () => {
  const registry = new Registry();
  new Counter({ name: 'orders_total', help: 'Orders', registers: [registry] }).inc();
  const { exporter } = await open({ registry });
  expect(await exporter.metrics()).toContain('orders_total 1');
  const { exporter: other } = await open({ registry: { metrics: () => Promise.reject(new Error('broken')) } });
  expect(await other.metrics()).toContain('isostream_live{provider="memory"} 1');
});

it('answers probes with what health says, and why not', async () => {
  const { streams, exporter } = await open();
  const get = await serve(exporter);
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics?x=1']) expect((await get(path)).status).toBe(200);
  expect((await get('/nothing')).status).toBe(404);
  const consumer = streams.consumer(orders, { group: 'g', onFailure: 'stop', retry: { attempts: 1 } });
  await streams.producer(orders).send(event('k'));
  await consumer
    .run(() => {
      throw new Error('secret');
    })
    .catch(() => undefined);
  const failed = await get('/livez');
  expect(failed.status).toBe(503);
  expect(await failed.text()).toBe('not live\norders g: failed, 0 partitions\n');
});

it('answers with what is known while the service is away', async () => {
  const memory = openAdapter(createMemory());
  const { streams, exporter } = await open({}, memory);
  const consumer = streams.consumer(orders, { group: 'g' });
  void consumer.run(() => undefined);
  await consumer.ready;
  const away = new StreamError('unavailable', 'nobody is there', { where: 'memory' });
  vi.spyOn(memory.admin, 'describeTopic').mockRejectedValue(away);
  vi.spyOn(memory.admin, 'lag').mockImplementation(() => new Promise(() => undefined));
  const text = await exporter.metrics();
  expect(text).toContain('isostream_ready{provider="memory"} 0');
  expect(text).toContain(`isostream_consumer_assignments${names}} 1`);
  expect(text).not.toContain('isostream_consumer_lag{');
});

it('docs/observability.md has a line for every metric, with its kind and meaning', () => {
  const page = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+_\w+)` +\| `([\w.]+)` +\| (\w+) +\| (.*?) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  expect(documented).toEqual(
    metricNames.map((name) => [prometheusName(name), name, metricTable[name].kind, metricTable[name].help]),
  );
});
