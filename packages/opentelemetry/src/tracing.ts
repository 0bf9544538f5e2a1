import type { HandlerContext, Middleware, MiddlewareScope } from '@isostream/core';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { type Carried, carriedIn, carrying, getter, setter } from './carrier.ts';
import { names, ownNames, systemName } from './names.ts';
import { attempted, ended } from './spans.ts';
import { isUnsampled, remembered } from './unsampled.ts';

export interface TracingOptions {
  /** Where spans go; the globally registered provider by default. */
  readonly tracerProvider?: TracerProvider;
  /**
   * How the span of a handler refers to the one that sent its event: by a link in a trace of its own, as the conventions have it, or as its
   * child. Default `link`.
   */
  readonly parent?: 'link' | 'child';
  /**
   * What becomes of an event whose trace is known not to be sampled, by the active span or by what it carries. `follow` makes no span and
   * passes that context on. `ask` asks the sampler again, for one that decides otherwise than the trace; it costs several
   * microseconds per event. Default `follow`.
   */
  readonly unsampled?: 'follow' | 'ask';
}

/**
 * Middleware that makes a span of each `send` and of each attempt of a handler. The context of the sender travels as W3C `traceparent`
 * and `tracestate`: in headers, or as CloudEvents extensions where the provider has no headers. Stays out of the way of events: a
 * tracer that throws changes nothing.
 */
export function tracing(options: TracingOptions = {}): Middleware {
  const { parent = 'link', unsampled = 'follow' } = options;
  const tracer = tracerOf(options.tracerProvider);
  const spans = new Spans(tracer);
  const carriedUnsampled = remembered(carriedWithin);
  return {
    send(event, next, scope) {
      let span: Span | undefined;
      let within = ROOT_CONTEXT;
      let sent = event;
      try {
        const active = context.active();
        let carried: Carried;
        if (unsampled === 'follow' && isUnsampled(active)) carried = carriedUnsampled(active);
        else {
          span = spans.send(scope, event, active);
          within = trace.setSpan(active, span);
          carried = carriedWithin(within);
        }
        // Also what is not sampled: whoever handles it is to know.
        sent = carrying(event, carried, scope.capabilities.headers !== 'none');
      } catch {
        // What tracing does must not be what an event fails of.
      }
      if (span === undefined || !span.isRecording()) return next(sent);
      const recorded = span;
      return ended(recorded, async () => {
        const receipt = await context.with(within, () => next(sent));
        attempted(() => {
          if (receipt.partition !== undefined) recorded.setAttribute(names.partition, receipt.partition);
          if (receipt.position !== undefined) recorded.setAttribute(ownNames.position, receipt.position);
        });
        return receipt;
      });
    },

    handle(event, handler, next, scope) {
      let span: Span | undefined;
      let within: Context;
      try {
        const origin = propagation.extract(ROOT_CONTEXT, event, getter);
        const sender = trace.getSpanContext(origin);
        // Linked, its baggage stays behind, as that of an event that is sampled does.
        if (unsampled === 'follow' && sender !== undefined && isUnsampled(origin))
          within = parent === 'child' ? origin : trace.setSpanContext(ROOT_CONTEXT, sender);
        else {
          const outside = parent === 'child' && sender !== undefined ? origin : ROOT_CONTEXT;
          const links = sender === undefined ? [] : [{ context: sender }];
          span = spans.process(scope, { event, handler, links, outside });
          within = trace.setSpan(outside, span);
        }
      } catch {
        return next();
      }
      // What a handler starts is not sampled where its event is not.
      if (span === undefined || !span.isRecording()) return context.with(within, next);
      return ended(span, () => context.with(within, () => next()));
    },
  };
}

/** What is written into an event that is sent within this context. */
function carriedWithin(within: Context): Carried {
  const fields: Record<string, string> = {};
  propagation.inject(within, fields, setter);
  return carriedIn(fields);
}

/** Asks the provider once; the global one may be registered after the middleware is made. */
function tracerOf(given: TracerProvider | undefined): () => Tracer {
  let last: { readonly provider: TracerProvider; readonly tracer: Tracer } | undefined;
  return () => {
    const provider = given ?? trace.getTracerProvider();
    if (last?.provider !== provider) last = { provider, tracer: provider.getTracer('@isostream/opentelemetry') };
    return last.tracer;
  };
}

interface Kind {
  readonly name: string;
  /** Known before any event: what a sampler may decide by. */
  readonly attributes: Attributes;
}

interface Processed {
  readonly event: object;
  readonly handler: HandlerContext;
  readonly links: { readonly context: ReturnType<Span['spanContext']> }[];
  readonly outside: Context;
}

/** Starts spans. What a topic's spans have in common is made once, what only its event knows is set on those that are recorded. */
class Spans {
  readonly #tracer: () => Tracer;
  readonly #sends = new WeakMap<MiddlewareScope, Kind>();
  readonly #processes = new WeakMap<MiddlewareScope, Kind & { readonly group: string | undefined }>();

  constructor(tracer: () => Tracer) {
    this.#tracer = tracer;
  }

  send(scope: MiddlewareScope, event: object, within: Context): Span {
    let kind = this.#sends.get(scope);
    if (kind === undefined) this.#sends.set(scope, (kind = kindOf(scope, 'send')));
    const { name, attributes } = kind;
    const span = this.#tracer().startSpan(name, { kind: SpanKind.PRODUCER, attributes }, within);
    if (span.isRecording()) span.setAttributes(idOf(event));
    return span;
  }

  process(scope: MiddlewareScope, { event, handler, links, outside }: Processed): Span {
    const { group } = handler;
    let kind = this.#processes.get(scope);
    if (kind === undefined || kind.group !== group) {
      const { name, attributes } = kindOf(scope, 'process');
      kind = { name, attributes: group === undefined ? attributes : { ...attributes, [names.group]: group }, group };
      this.#processes.set(scope, kind);
    }
    const { name, attributes } = kind;
    const span = this.#tracer().startSpan(name, { kind: SpanKind.CONSUMER, attributes, links }, outside);
    if (span.isRecording()) span.setAttributes({ ...idOf(event), ...placeOf(handler) });
    return span;
  }
}

function kindOf(scope: MiddlewareScope, operation: 'send' | 'process'): Kind {
  const attributes = {
    [names.system]: systemName(scope.provider),
    [names.destination]: scope.topic,
    [names.operation]: operation,
    [names.operationType]: operation,
  };
  return { name: `${operation} ${scope.topic}`, attributes };
}

function placeOf({ partition, position, attempt }: HandlerContext): Attributes {
  return { [names.partition]: partition, [ownNames.position]: position, [ownNames.attempt]: attempt };
}

function idOf(event: object): Attributes {
  const id: unknown = Reflect.get(event, 'id');
  return typeof id === 'string' ? { [names.messageId]: id } : {};
}
