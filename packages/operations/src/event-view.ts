import type { RawEvent } from '@isostream/core';
import { compactJson, memberText } from './json-text.ts';

/** Where an event lies. */
export interface Place {
  readonly partition: string;
  readonly position: string;
}

/** Text, nothing, or bytes that are not text. */
export type Shown = string | null | { readonly base64: string };

/** What an event holds, as text: numbers that JavaScript would round stay as they were written. */
export interface PayloadView {
  /** `none` is a tombstone. */
  readonly kind: 'json' | 'text' | 'bytes' | 'none';
  /** JSON without blanks, text as it is, bytes as base64. */
  readonly text: string;
  /** How many bytes the stored payload has. */
  readonly bytes: number;
}

/** An event alike on every provider, in whichever way it was written. */
export interface EventView extends Place {
  /** When it was stored, as an ISO time. */
  readonly stored: string;
  readonly key: Shown;
  /** By their names in CloudEvents: `id`, `source`, `type`, `time`, `datacontenttype`, extensions; empty for other events. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Headers that are not attributes; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: Shown])[];
  readonly payload: PayloadView;
}

/** Prefixes of attributes in headers, of all protocol bindings of CloudEvents 1.0. */
const prefixes = ['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'];

/** Reads an event as it was stored. */
export function viewOf(event: RawEvent, { partition, position }: Place): EventView {
  const stored = Number.isNaN(event.time.getTime()) ? '' : event.time.toISOString();
  return { partition, position, stored, key: shown(event.key), ...(structured(event) ?? binary(event)) };
}

type Reading = Pick<EventView, 'attributes' | 'headers' | 'payload'>;

/** A CloudEvent whose attributes stand beside its data in one JSON text. */
function structured({ value, headers }: RawEvent): Reading | undefined {
  const type = contentTypeOf(headers);
  const text = textOf(value);
  const mayBe = type === undefined ? text?.startsWith('{') : type.startsWith('application/cloudevents+json');
  const parsed = mayBe === true && text !== undefined ? parse(text) : undefined;
  if (!isRecord(parsed) || typeof parsed['specversion'] !== 'string' || typeof parsed['id'] !== 'string')
    return undefined;
  const { data: _, data_base64, ...attributes } = parsed;
  const bytes = value?.byteLength ?? 0;
  const payload =
    typeof data_base64 === 'string'
      ? { ...payloadOf(Buffer.from(data_base64, 'base64'), attributes['datacontenttype']), bytes }
      : { kind: 'json' as const, text: memberText(text ?? '', 'data') ?? 'null', bytes };
  return { attributes, headers: othersOf(headers, undefined), payload };
}

function binary({ value, headers }: RawEvent): Reading {
  const prefix = attributePrefix(headers);
  const own = headers.filter(([name]) => prefix !== undefined && name.startsWith(prefix));
  const attributes: Record<string, unknown> = Object.fromEntries(
    own.map(([name, text]) => [name.slice((prefix ?? '').length), shown(text)]),
  );
  const type = contentTypeOf(headers);
  if (type !== undefined) attributes['datacontenttype'] = type;
  return { attributes, headers: othersOf(headers, prefix), payload: payloadOf(value, type) };
}

/** What the names of attributes begin with among these headers; `undefined` where they hold none. */
export function attributePrefix(headers: RawEvent['headers']): string | undefined {
  return prefixes.find((each) => headers.some(([name]) => name === `${each}specversion`));
}

function othersOf(headers: RawEvent['headers'], prefix: string | undefined): readonly (readonly [string, Shown])[] {
  return headers
    .filter(([name]) => name.toLowerCase() !== 'content-type' && (prefix === undefined || !name.startsWith(prefix)))
    .map(([name, value]) => [name, shown(value)] as const);
}

function contentTypeOf(headers: RawEvent['headers']): string | undefined {
  const found = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return found === undefined ? undefined : textOf(found);
}

/** JSON where it is said to be, or where nothing is said and it is. */
function payloadOf(value: Uint8Array | null, contentType: unknown): PayloadView {
  if (value === null) return { kind: 'none', text: '', bytes: 0 };
  const bytes = value.byteLength;
  const text = textOf(value);
  if (text === undefined) return { kind: 'bytes', text: Buffer.from(value).toString('base64'), bytes };
  const mayBeJson = typeof contentType !== 'string' || /^[^;]*[/+]json\b/i.test(contentType);
  if (mayBeJson && parse(text) !== undefined) return { kind: 'json', text: compactJson(text), bytes };
  return { kind: 'text', text, bytes };
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

function shown(value: string | Uint8Array | null): Shown {
  if (value === null) return value;
  return textOf(value) ?? { base64: Buffer.from(value).toString('base64') };
}

/** `undefined` for bytes that are not text. */
function textOf(value: string | Uint8Array | null): string | undefined {
  if (value === null || typeof value === 'string') return value ?? undefined;
  const text = Buffer.from(value).toString('utf8');
  return Buffer.from(text).equals(value) ? text : undefined;
}
