import { createServer } from 'node:http';
import { startConsole } from '@isostream/console';
import { tracing } from '@isostream/opentelemetry';
import { createPrometheus } from '@isostream/prometheus';
import { context, propagation, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { Middleware, Streams } from 'isostream';

/** Spans that are kept for who asks. */
const maxSpans = 20_000;

/** Where to look. */
export interface Addresses {
  /** Has `/metrics`, the probes and `/traces`. */
  readonly metrics: string;
  /** For a browser; has the token of this start in it. */
  readonly console: string;
}

/** What of the example can be looked at from outside while it runs. */
export interface Observing {
  readonly middleware: readonly Middleware[];
  /** Serves metrics, probes and traces of these clients, and a console of the service that they use. */
  serve(streams: readonly Streams[]): Promise<Addresses>;
  close(): Promise<void>;
}

/** A service of your own sends its spans to a collector instead of keeping them. */
export function createObserving(): Observing {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const ends: (() => unknown)[] = [];
  const traces = (): string => {
    const spans = exporter.getFinishedSpans();
    if (spans.length > maxSpans) exporter.reset();
    return JSON.stringify(spans.slice(-maxSpans).map(shown));
  };
  return {
    middleware: [tracing({ tracerProvider, parent: 'child' })],
    async serve(streams) {
      const prometheus = createPrometheus({ streams });
      const server = createServer((request, response) => {
        if (request.url !== '/traces') return prometheus.handler(request, response);
        response.setHeader('content-type', 'application/json').end(traces());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ends.push(
        () => prometheus.close(),
        () => server.closeAllConnections(),
        () => new Promise((resolve) => server.close(resolve)),
      );
      const [first] = streams;
      if (first === undefined) throw new Error('no client to look at');
      const page = await startConsole({ streams: first });
      ends.unshift(() => page.close());
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      return { metrics: `http://127.0.0.1:${port}`, console: page.url };
    },
    async close() {
      for (const end of ends.splice(0)) await end();
      await tracerProvider.shutdown();
      context.disable();
      propagation.disable();
    },
  };
}

function shown(span: ReadableSpan) {
  const { name, attributes, status, duration, parentSpanContext } = span;
  const [seconds, nanoseconds] = duration;
  const { traceId, spanId } = span.spanContext();
  const ms = seconds * 1_000 + nanoseconds / 1_000_000;
  return {
    traceId,
    spanId,
    parent: parentSpanContext?.spanId,
    name,
    ms,
    failed: status.code === SpanStatusCode.ERROR,
    attributes,
  };
}
