import type { Batch } from '@isostream/core';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace, type TracerProvider } from '@opentelemetry/api';
import { getter } from './carrier.ts';
import { names } from './names.ts';
import { attempted, ended } from './spans.ts';

/**
 * A handler for `runBatch`, within a span of the whole batch that links to the sender of each event. The span is active while the handler
 * runs; it ends with an error where the handler throws.
 */
export function tracedBatch<Event extends object>(
  handler: (batch: Batch<Event>) => unknown,
  options: { readonly tracerProvider?: TracerProvider } = {},
): (batch: Batch<Event>) => Promise<void> {
  return async (batch) => {
    const run = async (): Promise<void> => {
      await handler(batch);
    };
    const span = attempted(() => {
      const [first] = batch.events;
      const place = first === undefined ? undefined : batch.context(first);
      const links = batch.events.flatMap((event) => {
        const sender = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, event, getter));
        return sender === undefined ? [] : [{ context: sender }];
      });
      const attributes = {
        [names.operation]: 'process',
        [names.operationType]: 'process',
        [names.batchCount]: batch.events.length,
        ...(place === undefined ? {} : { [names.destination]: place.topic }),
        ...(place?.group === undefined ? {} : { [names.group]: place.group }),
      };
      const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer('@isostream/opentelemetry');
      const name = `process ${place?.topic ?? 'batch'}`;
      return tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes, links }, ROOT_CONTEXT);
    });
    if (span === undefined) return run();
    return ended(span, () => context.with(trace.setSpan(ROOT_CONTEXT, span), run));
  };
}
