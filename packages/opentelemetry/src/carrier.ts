import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

/** What carries a context: text headers of an event, or extensions of a CloudEvent. */
export type Carrier = Readonly<Record<string, string>>;

export const setter: TextMapSetter<Record<string, string>> = {
  set(carrier, key, value) {
    carrier[key] = value;
  },
};

/** Where clients of others write the W3C context if not under its own names: Google's client of Pub/Sub, and older ones of Azure. */
const othersNames: readonly (readonly [parent: string, state?: string])[] = [
  ['googclient_traceparent', 'googclient_tracestate'],
  ['diagnostic-id'],
];

/** Reads what an event says of its trace where it stands: in its headers, or else in the extensions that CloudEvents has for it. */
export const getter: TextMapGetter<object> = {
  get(event, key) {
    const headers = 'headers' in event ? event.headers : undefined;
    const extensions = 'extensions' in event ? event.extensions : undefined;
    if (key !== 'traceparent' && key !== 'tracestate') return textOf(headers, key) ?? textOf(extensions, key);
    // Both of one place.
    for (const place of [headers, extensions]) {
      const parent = textOf(place, 'traceparent');
      if (parent !== undefined) return key === 'traceparent' ? parent : textOf(place, key);
    }
    for (const [parentName, stateName] of othersNames) {
      const parent = textOf(headers, parentName);
      if (parent === undefined) continue;
      if (key === 'traceparent') return parent;
      return stateName === undefined ? undefined : textOf(headers, stateName);
    }
    return undefined;
  },
  keys(event) {
    const headers: unknown = Reflect.get(event, 'headers');
    const extensions: unknown = Reflect.get(event, 'extensions');
    return [headers, extensions].flatMap(namesOf);
  },
};

/** What this header says, of either letter case: of an object, or of pairs whose values are text or bytes. */
function textOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (Array.isArray(headers)) return textOfPair(headers, name);
  for (const found in headers) {
    if (!isNamed(found, name)) continue;
    const value: unknown = Reflect.get(headers, found);
    if (typeof value === 'string') return value;
  }
  return undefined;
}

/** The last of this name. */
function textOfPair(pairs: readonly unknown[], name: string): string | undefined {
  for (let index = pairs.length - 1; index >= 0; index--) {
    const pair: unknown = pairs[index];
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || !isNamed(pair[0], name)) continue;
    const value: unknown = pair[1];
    if (typeof value === 'string') return value;
    if (value instanceof Uint8Array)
      return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
  }
  return undefined;
}

function isNamed(found: string, name: string): boolean {
  return found === name || (found.length === name.length && found.toLowerCase() === name);
}

function namesOf(headers: unknown): readonly string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (!Array.isArray(headers)) return Object.keys(headers).map((name) => name.toLowerCase());
  return headers.flatMap((pair: unknown) => (Array.isArray(pair) ? [String(pair[0]).toLowerCase()] : []));
}

/** A context in the two forms that events carry it in: fields of a typed one, pairs of a raw one. */
export interface Carried {
  readonly fields: Carrier;
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

export function carriedIn(fields: Carrier): Carried {
  return { fields, pairs: Object.entries(fields) };
}

/** The event with this context added, without what it said of another; a raw event has headers only. */
export function carrying<Event extends object>(event: Event, { fields, pairs }: Carried, hasHeaders: boolean): Event {
  const isRaw = !('type' in event);
  if (isRaw) {
    if (!hasHeaders) return event;
    const given: unknown = 'headers' in event ? event.headers : undefined;
    const before: readonly unknown[] = Array.isArray(given) ? given : [];
    if (before.length === 0) return { ...event, headers: [...pairs] };
    const kept = before.filter((entry: unknown) => !(Array.isArray(entry) && String(entry[0]).toLowerCase() in fields));
    return { ...event, headers: [...kept, ...pairs] };
  }
  const field = hasHeaders ? 'headers' : 'extensions';
  const given: unknown = Reflect.get(event, field);
  return { ...event, [field]: typeof given === 'object' ? { ...given, ...fields } : { ...fields } };
}
