import type { RawEvent } from 'isostream';
import { visible } from './visible.ts';

/** Where an event lies. */
interface Place {
  readonly partition: string;
  readonly position: string;
}

/** What an event says of itself, in the words of CloudEvents, whichever way it was written. */
interface Reading {
  /** By their names in CloudEvents: `id`, `source`, `type`, `time`, `datacontenttype`, extensions. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What is not an attribute. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Prefixes of attributes in headers, of all protocol bindings of CloudEvents 1.0. */
const prefixes = ['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'];

/**
 * An event as one JSON object, alike on every provider: where it lies, when it was stored, its key, its attributes by their names in
 * CloudEvents, and its data as JSON; text where it is text, and `data_base64` for other bytes.
 */
export function toJson(event: RawEvent, { partition, position }: Place): Record<string, unknown> {
  const { attributes, headers, payload } = read(event);
  return {
    ...attributes,
    partition,
    position,
    stored: event.time.toISOString(),
    key: readable(event.key),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...payload,
  };
}

/** An event in one line for people. */
export function toLine(event: RawEvent, { partition, position }: Place): string {
  const { attributes, payload } = read(event);
  const type = attributes['type'];
  const value = 'data' in payload ? payload['data'] : `base64:${String(payload['data_base64'])}`;
  const parts = [
    event.time.toISOString(),
    `${partition}/${position}`,
    oneLine(event.key),
    typeof type === 'string' ? type : '',
    typeof value === 'string' ? value : JSON.stringify(value ?? null),
  ];
  return parts
    .filter((part) => part !== '')
    .map(visible)
    .join('  ');
}

function read(event: RawEvent): Reading {
  return fromStructured(event) ?? fromHeaders(event);
}

/** A CloudEvent whose attributes stand beside its data in one JSON text. */
function fromStructured({ value, headers }: RawEvent): Reading | undefined {
  const type = contentTypeOf(headers);
  const text = textOf(value);
  const mayBe = type === undefined ? text?.startsWith('{') : type.startsWith('application/cloudevents+json');
  const parsed = mayBe === true && text !== undefined ? parse(text) : undefined;
  if (!isRecord(parsed) || typeof parsed['specversion'] !== 'string' || typeof parsed['id'] !== 'string')
    return undefined;
  const { data, data_base64, ...attributes } = parsed;
  const isWrapped = typeof data_base64 === 'string';
  const payload = isWrapped
    ? payloadOf(Buffer.from(data_base64, 'base64'), attributes['datacontenttype'])
    : { data: data ?? null };
  return { attributes, headers: othersOf(headers, undefined), payload };
}

function fromHeaders({ value, headers }: RawEvent): Reading {
  const prefix = prefixes.find((each) => headers.some(([name]) => name === `${each}specversion`));
  const own = headers.filter(([name]) => prefix !== undefined && name.startsWith(prefix));
  const attributes: Record<string, unknown> = Object.fromEntries(
    own.map(([name, text]) => [name.slice((prefix ?? '').length), readable(text)]),
  );
  const type = contentTypeOf(headers);
  if (type !== undefined) attributes['datacontenttype'] = type;
  return { attributes, headers: othersOf(headers, prefix), payload: payloadOf(value, type) };
}

function othersOf(headers: RawEvent['headers'], prefix: string | undefined): Record<string, unknown> {
  const others = headers.filter(
    ([name]) => name.toLowerCase() !== 'content-type' && (prefix === undefined || !name.startsWith(prefix)),
  );
  return Object.fromEntries(others.map(([name, value]) => [name, readable(value)]));
}

function contentTypeOf(headers: RawEvent['headers']): string | undefined {
  const found = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return found === undefined ? undefined : textOf(found);
}

/** JSON where it is said to be, or where nothing is said and it is. */
function payloadOf(value: string | Uint8Array | null, contentType: unknown): Record<string, unknown> {
  if (value === null) return { data: null };
  const text = textOf(value);
  if (text === undefined) return { data_base64: Buffer.from(value).toString('base64') };
  const isJson = typeof contentType !== 'string' || /^[^;]*[/+]json\b/i.test(contentType);
  const data = isJson ? parse(text) : undefined;
  return { data: data === undefined ? text : data };
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneLine(value: string | Uint8Array | null): string {
  const shown = readable(value);
  return shown === null ? 'null' : typeof shown === 'string' ? shown : `base64:${shown.base64}`;
}

function readable(value: string | Uint8Array | null): string | null | { readonly base64: string } {
  if (value === null) return value;
  return textOf(value) ?? { base64: Buffer.from(value).toString('base64') };
}

/** `undefined` for bytes that are not text. */
function textOf(value: string | Uint8Array | null): string | undefined {
  if (value === null || typeof value === 'string') return value ?? undefined;
  const text = Buffer.from(value).toString('utf8');
  return Buffer.from(text).equals(value) ? text : undefined;
}
