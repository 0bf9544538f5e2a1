import { type Context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';

/** Whether this context belongs to a trace that is not sampled, and nothing of it is recorded here. */
export function isUnsampled(within: Context): boolean {
  const span = trace.getSpan(within);
  if (span === undefined || span.isRecording()) return false;
  const spanContext = span.spanContext();
  return (spanContext.traceFlags & TraceFlags.SAMPLED) === 0 && isSpanContextValid(spanContext);
}

/** What was made of the context last: many events are sent within one. A context never changes. */
export function remembered<Made>(make: (within: Context) => Made): (within: Context) => Made {
  let last: { readonly within: Context; readonly made: Made } | undefined;
  return (within) => {
    if (last?.within !== within) last = { within, made: make(within) };
    return last.made;
  };
}
