import type { Middleware } from '@isostream/core';
import { metrics, tracing } from '@isostream/opentelemetry';
import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

/** Does the work while metrics are counted. */
export async function whileCounting<Result>(work: () => Promise<Result>): Promise<Result> {
  const produced = metrics();
  try {
    return await work();
  } finally {
    produced.close();
  }
}

/** Does the work with a tracer that samples nothing, and what carries its context. */
export async function whileTracing<Result>(
  work: (middleware: readonly Middleware[]) => Promise<Result>,
): Promise<Result> {
  const tracerProvider = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  try {
    return await work([tracing({ tracerProvider })]);
  } finally {
    context.disable();
    propagation.disable();
  }
}
