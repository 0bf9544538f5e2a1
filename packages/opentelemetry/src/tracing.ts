import type { HandlerContext, Middleware, MiddlewareScope } from '@isostream/core';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { carriedBy, carrying, getter, setter } from './carrier.ts';
import { names, ownNames, systemName } from './names.ts';
import { attempted, ended } from './spans.ts';

export interface TracingOptions {
  /** Where spans go; the globally registered provider by default. */
  readonly tracerProvider?: TracerProvider;
  /**
   * How the span of a handler refers to the one that sent its event: by a link in a trace of its own, as the conventions have it, or as its
   * child. Default `link`.
   */
  readonly parent?: 'link' | 'child';
}

/**
 * Middleware that makes a span of each `send` and of each attempt of a handler. The context of the sender travels as W3C `traceparent`
 * and `tracestate`: in headers, or as CloudEvents extensions where the provider has no headers. Stays out of the way of events: a
 * tracer that throws changes nothing.
 */
export function tracing(options: TracingOptions = {}): Middleware {
  const { parent = 'link' } = options;
  const tracer = (): Tracer =>
    (options.tracerProvider ?? trace.getTracerProvider()).getTracer('@isostream/opentelemetry');
  return {
    send(event, next, scope) {
      const active = context.active();
      const span = attempted(() =>
        tracer().startSpan(`send ${scope.topic}`, {
          kind: SpanKind.PRODUCER,
          attributes: { ...attributes(scope, 'send'), ...idOf(event) },
        }),
      );
      if (span === undefined) return next();
      const within = trace.setSpan(active, span);
      const sent = attempted(() => {
        const carrier: Record<string, string> = {};
        propagation.inject(within, carrier, setter);
        return carrying(event, carrier, scope.capabilities.headers !== 'none');
      });
      // Not sampled: nothing is recorded, but whoever handles it is to know.
      if (!span.isRecording()) return next(sent ?? event);
      return ended(span, async () => {
        const receipt = await context.with(within, () => next(sent ?? event));
        attempted(() => {
          if (receipt.partition !== undefined) span.setAttribute(names.partition, receipt.partition);
          if (receipt.position !== undefined) span.setAttribute(ownNames.position, receipt.position);
        });
        return receipt;
      });
    },

    handle(event, handler, next, scope) {
      const started = attempted(() => {
        const origin = propagation.extract(ROOT_CONTEXT, carriedBy(event), getter);
        const sender = trace.getSpanContext(origin);
        const within = parent === 'child' && sender !== undefined ? origin : ROOT_CONTEXT;
        const span = tracer().startSpan(
          `process ${scope.topic}`,
          {
            kind: SpanKind.CONSUMER,
            attributes: { ...attributes(scope, 'process'), ...idOf(event), ...placeOf(handler) },
            links: sender === undefined ? [] : [{ context: sender }],
          },
          within,
        );
        return { span, within: trace.setSpan(within, span) };
      });
      if (started === undefined) return next();
      // What the handler starts is not sampled either.
      if (!started.span.isRecording()) return context.with(started.within, () => next());
      return ended(started.span, () => context.with(started.within, () => next()));
    },
  };
}

function attributes(scope: MiddlewareScope, operation: 'send' | 'process'): Record<string, string> {
  return {
    [names.system]: systemName(scope.provider),
    [names.destination]: scope.topic,
    [names.operation]: operation,
    [names.operationType]: operation,
  };
}

function placeOf({ partition, position, group, attempt }: HandlerContext): Record<string, string | number> {
  return {
    [names.partition]: partition,
    [ownNames.position]: position,
    [ownNames.attempt]: attempt,
    ...(group === undefined ? {} : { [names.group]: group }),
  };
}

function idOf(event: object): Record<string, string> {
  const id: unknown = Reflect.get(event, 'id');
  return typeof id === 'string' ? { [names.messageId]: id } : {};
}
