import { tracing } from '@isostream/opentelemetry';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Middleware } from 'isostream';

/**
 * A span for each send and each attempt, from the request over retries and the dead letter to its redrive. By default they go to the
 * collector of OTEL_EXPORTER_OTLP_ENDPOINT.
 */
export function startTraces(spanProcessor: SpanProcessor = new BatchSpanProcessor(new OTLPTraceExporter())): {
  readonly middleware: Middleware;
  readonly close: () => Promise<void>;
} {
  const provider = new BasicTracerProvider({ spanProcessors: [spanProcessor] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return { middleware: tracing({ parent: 'child' }), close: () => provider.shutdown() };
}
