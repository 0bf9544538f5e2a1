import { StreamError } from '../errors/stream-error.ts';
import { checkNames, refused } from '../options/checks.ts';

/** Every event is a CloudEvent: the default. */
export interface CloudEventsFormat {
  readonly kind: 'cloudEvents';
}

/** What a plain event is asked about. */
export interface PlainRecord {
  readonly key: string | null;
  /** As the codec reads it, before the schema looked at it. */
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a plain event has one of its attributes: in a header, in a field of its data, or wherever a function finds it. */
export type PlainAttribute<Value = string> =
  | { readonly header: string }
  | { readonly field: string }
  | ((record: PlainRecord) => Value | undefined);

export interface PlainOptions {
  /** The type of all events, or where each event has it. */
  readonly type: string | PlainAttribute;
  /** Where the id is; by default `<topic>/<partition>/<position>`, which is the same each time that the event is read. */
  readonly id?: PlainAttribute;
  /** Where the time is, as RFC 3339 text or as milliseconds since the epoch; by default when the event was stored. */
  readonly time?: PlainAttribute<string | number | Date>;
}

/** Payloads without an envelope, as other programs write and read them. */
export interface PlainFormat extends PlainOptions {
  readonly kind: 'plain';
}

/** How an event lies in a record. */
export type Format = CloudEventsFormat | PlainFormat;

const cloudEventsFormat: CloudEventsFormat = Object.freeze({ kind: 'cloudEvents' });

/** Events as CloudEvents 1.0, in headers or as one JSON text: the default format of a topic. */
export function cloudEvents(): CloudEventsFormat {
  return cloudEventsFormat;
}

/**
 * Payloads as other programs write and read them, without an envelope: for a typed topic whose events are not CloudEvents.
 * Attributes that have no place in such a payload (`source`, `subject`, `dataSchema`, `extensions`) are refused when they
 * are sent. Throws `invalid-config` for options that mean nothing.
 */
export function plain(options: PlainOptions): PlainFormat {
  checkNames(options, ['type', 'id', 'time'], 'plain');
  const { type, id, time } = options;
  if (!(typeof type === 'string' && type !== '') && !isAttribute(type))
    throw refused('type', type, `the name of a type, ${places}`, 'plain');
  if (id !== undefined && !isAttribute(id)) throw refused('id', id, places, 'plain');
  if (time !== undefined && !isAttribute(time)) throw refused('time', time, places, 'plain');
  return Object.freeze({ ...options, kind: 'plain' });
}

const places = '{ header: name }, { field: name } or a function of the record';

/** What every provider can carry, and what is not taken by isostream, a provider or the payload itself. */
const headerName = /^(?!(?:content-type$|goog|isostream-))[!-~]{1,128}$/i;

function isAttribute(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const names = Object.entries(value);
  const [[name, place] = []] = names;
  if (names.length !== 1 || typeof place !== 'string' || place === '') return false;
  return name === 'field' || (name === 'header' && headerName.test(place));
}

/** Throws `invalid-config` for a format that neither function made, and for one type that the topic does not declare. */
export function checkFormat(format: unknown, types: readonly string[], where: string): asserts format is Format {
  const kind = typeof format === 'object' && format !== null && 'kind' in format ? format.kind : undefined;
  if (kind !== 'cloudEvents' && kind !== 'plain')
    throw refused('format', format, 'cloudEvents() or plain({ type })', where);
  const type = kind === 'plain' && typeof format === 'object' && format !== null && 'type' in format ? format.type : '';
  if (kind === 'plain' && typeof type === 'string' && !types.includes(type))
    throw new StreamError(
      'invalid-config',
      `format: all events are of type ${JSON.stringify(type)}, which the topic does not declare. Its types are ${types.join(', ')}`,
      { where },
    );
}
