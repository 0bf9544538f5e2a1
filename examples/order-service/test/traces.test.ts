import { createMemory } from '@isostream/memory';
import { record, toHaveReceived } from '@isostream/testing';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';
import { startTraces } from '../src/traces.ts';

it('has one trace from an order to its bill, and metrics of what was handled', async () => {
  const exporter = new InMemorySpanExporter();
  const { middleware, close } = startTraces(new SimpleSpanProcessor(exporter));
  const { app } = await createService({ adapter: createMemory(), topics: [orders], middleware: [middleware] });
  await app.inject({ method: 'POST', url: '/orders', payload: { id: 'o-1', total: 9 } });
  await toHaveReceived(record(app.streams, orders), { type: 'order.billed', data: { id: 'o-1' } });
  expect((await app.inject('/metrics')).body).toMatch(/^messaging_client_sent_messages_total\{[^}]*\} 2$/m);
  await app.close();

  const spans = exporter.getFinishedSpans();
  const [sent] = spans.filter(({ name }) => name === 'send orders');
  expect(sent).toBeDefined();
  const trace = spans.filter((span) => span.spanContext().traceId === sent?.spanContext().traceId);
  // The order, its handler, and the bill that the handler sends.
  expect(trace.map(({ name }) => name).toSorted()).toEqual(
    expect.arrayContaining(['process orders', 'send orders', 'send orders']),
  );
  expect(trace.filter(({ name }) => name === 'send orders')).toHaveLength(2);
  await close();
});
