import type { Middleware } from '@isostream/core';
import { metrics, tracing } from '@isostream/opentelemetry';
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

/** What is done around each event besides. */
export interface Around {
  readonly middleware?: readonly Middleware[];
  readonly send?: <Input extends object>(input: Input) => Input;
  readonly handle?: (event: object, work: () => void) => void;
}

/** Does the work while metrics are counted. */
export async function whileCounting<Result>(work: () => Promise<Result>): Promise<Result> {
  const produced = metrics();
  try {
    return await work();
  } finally {
    produced.close();
  }
}

const tracerProvider = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
/** Of a request that is not sampled, as a load balancer or a gateway decides it. */
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

/**
 * Does the work in a process with an SDK: with its context manager, which makes every promise of the process cost more, and within a
 * request that is not sampled.
 */
export async function withinRequest<Result>(
  work: (around: Around) => Promise<Result>,
  around: Around = {},
): Promise<Result> {
  return withSdk(() => context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), () => work(around)));
}

/** The same through our middleware. */
export function whileFollowing<Result>(work: (around: Around) => Promise<Result>): Promise<Result> {
  return withinRequest(work, { middleware: [tracing({ tracerProvider })] });
}

/** The same by hand, with the least calls of the API that carry a context: no instrumentation costs less. */
export function whileFollowingByHand<Result>(work: (around: Around) => Promise<Result>): Promise<Result> {
  return withinRequest(work, { send: (input) => carrying(input, context.active()), handle: withExtracted });
}

/** Does the work outside a trace: the sampler is asked for each event that is sent, and samples none. */
export async function whileAsking<Result>(work: (around: Around) => Promise<Result>): Promise<Result> {
  return withSdk(() => work({ middleware: [tracing({ tracerProvider })] }));
}

/** The same by hand. */
export async function whileAskingByHand<Result>(work: (around: Around) => Promise<Result>): Promise<Result> {
  const tracer = tracerProvider.getTracer('by hand');
  const attributes = { 'messaging.destination.name': 'raw', 'messaging.operation.name': 'send' };
  const asking = <Input extends object>(input: Input): Input => {
    const active = context.active();
    const span = tracer.startSpan('send raw', { kind: SpanKind.PRODUCER, attributes }, active);
    return carrying(input, trace.setSpan(active, span));
  };
  return withSdk(() => work({ send: asking, handle: withExtracted }));
}

function carrying<Input extends object>(input: Input, within: Context): Input {
  const carrier: Record<string, string> = {};
  propagation.inject(within, carrier);
  return { ...input, headers: [['traceparent', carrier['traceparent']]] };
}

function withExtracted(event: object, work: () => void): void {
  context.with(propagation.extract(ROOT_CONTEXT, event, getter), work);
}

/** Of the one header that is there. */
const getter: TextMapGetter<object> = {
  get(event, name) {
    const headers: unknown = name === 'traceparent' && 'headers' in event ? event.headers : undefined;
    const pair: unknown = Array.isArray(headers) ? headers[0] : undefined;
    const value: unknown = Array.isArray(pair) ? pair[1] : undefined;
    return typeof value === 'string' ? value : undefined;
  },
  keys: () => ['traceparent'],
};

async function withSdk<Result>(work: () => Promise<Result>): Promise<Result> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  try {
    return await work();
  } finally {
    context.disable();
    propagation.disable();
  }
}
