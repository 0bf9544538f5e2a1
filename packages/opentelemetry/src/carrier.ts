import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

/** What carries a context: text headers of an event, pairs of bytes of a raw one, or extensions of a CloudEvent. */
export type Carrier = Readonly<Record<string, string>>;

export const setter: TextMapSetter<Record<string, string>> = {
  set(carrier, key, value) {
    carrier[key] = value;
  },
};

export const getter: TextMapGetter<Carrier> = {
  get: (carrier, key) => carrier[key],
  keys: (carrier) => Object.keys(carrier),
};

/** Where clients of others write the W3C context if not under its own names: Google's client of Pub/Sub, and older ones of Azure. */
const othersNames: readonly (readonly [parent: string, state?: string])[] = [
  ['googclient_traceparent', 'googclient_tracestate'],
  ['diagnostic-id'],
];

/** What an event says of its trace: in its headers, or else in the extensions that CloudEvents has for it. */
export function carriedBy(event: unknown): Carrier {
  const headers = textOf(Reflect.get(Object(event), 'headers'));
  if (headers['traceparent'] !== undefined) return headers;
  const extensions = textOf(Reflect.get(Object(event), 'extensions'));
  if (extensions['traceparent'] !== undefined) return { ...headers, ...extensions };
  for (const [parent, state] of othersNames) {
    const traceparent = headers[parent];
    const tracestate = state === undefined ? undefined : headers[state];
    if (traceparent !== undefined)
      return { ...headers, traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
  }
  return headers;
}

function textOf(headers: unknown): Carrier {
  const entries: readonly unknown[] = Array.isArray(headers)
    ? headers
    : Object.entries(typeof headers === 'object' && headers !== null ? headers : {});
  const found: Record<string, string> = {};
  for (const entry of entries) {
    if (!Array.isArray(entry)) continue;
    const pair: readonly unknown[] = entry;
    const [name, value] = pair;
    if (typeof name !== 'string') continue;
    if (typeof value === 'string') found[name.toLowerCase()] = value;
    if (value instanceof Uint8Array) found[name.toLowerCase()] = Buffer.from(value).toString('latin1');
  }
  return found;
}

/** The event with this context added, without what it said of another; a raw event has headers only. */
export function carrying<Event extends object>(event: Event, carrier: Carrier, hasHeaders: boolean): Event {
  const isRaw = !('type' in event);
  if (isRaw) {
    if (!hasHeaders) return event;
    const given: unknown = Reflect.get(event, 'headers');
    const headers: readonly unknown[] = Array.isArray(given) ? given : [];
    const kept = headers.filter(
      (entry: unknown) => !(Array.isArray(entry) && String(entry[0]).toLowerCase() in carrier),
    );
    const added = Object.entries(carrier).map(([name, value]) => [name, value]);
    return { ...event, headers: [...kept, ...added] };
  }
  const field = hasHeaders ? 'headers' : 'extensions';
  const given: unknown = Reflect.get(event, field);
  return { ...event, [field]: { ...(typeof given === 'object' ? given : {}), ...carrier } };
}
