import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors/message-of.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, Header, StoredEvent } from '../model/encoded.ts';
import type { PlainAttribute, PlainFormat, PlainRecord } from '../model/format.ts';
import { keyText } from '../model/key-id.ts';
import { type EventInput, type StreamEvent, tombstoneType } from '../model/event.ts';
import { ownHeaders } from './binary.ts';
import type { CodecOptions, Decoded, Encoding, EventCodec } from './codec.ts';
import type { EncodedData, StoredData } from './envelope.ts';
import { type AboutTombstone, EventData, type Lay, placeOf } from './event-data.ts';
import { checkAttributes, checkHeaders, checkInput } from './limits.ts';
import { carried } from './own-headers.ts';
import { check, type Checked } from './schema-check.ts';
import { unwrap, wrap } from './wrapper.ts';

type Read = Decoded<StreamEvent> | Promise<Decoded<StreamEvent>>;

/** A stored event, taken apart as far as that goes without its data. */
interface Opened {
  readonly stored: StoredEvent;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
}

const contentTypeHeader = 'content-type';

/** Payloads without an envelope: what CloudEvents says in attributes is where the topic's format says, or nowhere. */
export class PlainCodec implements EventCodec {
  readonly #topic: Topic;
  readonly #format: PlainFormat;
  readonly #data: EventData;
  readonly #options: CodecOptions;
  /** What a payload is that does not say it. */
  readonly #assumed: string;

  constructor(topic: Topic, format: PlainFormat, options: CodecOptions) {
    this.#topic = topic;
    this.#format = format;
    this.#data = new EventData(topic, options);
    this.#options = options;
    this.#assumed = this.#data.codec?.contentTypes[0] ?? 'application/json';
  }

  encode(input: EventInput): Encoding {
    const { name } = this.#topic;
    checkInput(input, name);
    checkAttributes(input, name);
    const { headers = {}, extensions = {} } = input;
    checkHeaders(headers, extensions, name);
    const absent = (['source', 'subject', 'dataSchema'] as const).find((attribute) => input[attribute] !== undefined);
    if (absent !== undefined || Object.keys(extensions).length > 0)
      throw this.#cannotSay(absent ?? 'extensions', 'Leave it out, put it into data or a header, or use cloudEvents()');
    return this.#data.encode(input, this.#lay);
  }

  name(stored: StoredEvent): { readonly id?: string; readonly type?: string } {
    const opened = this.#open(stored);
    if (opened.stored.value === null) return { id: this.#aboutTombstone(opened).id, type: tombstoneType };
    const record = { key: keyText(stored.key), data: undefined, headers: opened.headers };
    try {
      const type = this.#typeOf(record);
      return { id: this.#idOf(stored, record), ...(type === undefined ? {} : { type }) };
    } catch {
      return { id: placeOf(this.#topic, stored) };
    }
  }

  decode(stored: StoredEvent): Read {
    const opened = this.#open(stored);
    const { value } = opened.stored;
    if (value === null) return this.#data.tombstone(opened.stored, this.#aboutTombstone(opened));
    const payload: StoredData = { kind: 'bytes', bytes: value };
    const { type } = this.#format;
    const known = typeof type === 'string' ? type : 'header' in type ? opened.headers[type.header] : undefined;
    // Its codec has nothing for a type that the topic does not declare: onUnknownType decides.
    if (known !== undefined && !this.#data.schemas.has(known))
      return this.#data.unknownType(this.name(stored).id ?? placeOf(this.#topic, stored), known);
    const { contentType } = opened;
    let data: unknown;
    try {
      data = this.#data.decode(payload, { type: known, contentType, headers: opened.stored.headers }, this.#assumed);
    } catch (cause) {
      return this.#data.notDecoded(known, contentType, cause);
    }
    if (!(data instanceof Promise)) return this.#read(opened, data);
    return this.#data.later<Decoded<StreamEvent>>(
      data,
      (read) => this.#read(opened, read),
      (thrown) => this.#data.notDecoded(known, contentType, thrown),
    );
  }

  #open(stored: StoredEvent): Opened {
    const bare = this.#options.capabilities.headers === 'none' ? unwrap(stored) : stored;
    const { headers, contentType } = ownHeaders(bare.headers);
    return { stored: bare, headers: this.#data.withoutOwn(headers), contentType };
  }

  /** Of a tombstone only headers can say something: what looks into data is not asked. */
  #aboutTombstone({ stored, headers }: Opened): AboutTombstone & Pick<StreamEvent, 'id'> {
    const { id, time } = this.#format;
    const record = { key: null, data: null, headers };
    return {
      id: (isHeader(id) ? textFrom(find(id, record)) : undefined) ?? placeOf(this.#topic, stored),
      time: (isHeader(time) ? timeFrom(find(time, record)) : undefined) ?? new Date(stored.timestamp),
      headers,
    };
  }

  #read({ stored, headers }: Opened, data: unknown): Read {
    const record = { key: keyText(stored.key), data, headers };
    let type: string | undefined;
    let event: Omit<StreamEvent, 'data' | 'type'>;
    try {
      type = this.#typeOf(record);
      const { key } = record;
      const attributes = { id: this.#idOf(stored, record), time: this.#timeOf(stored, record) };
      event = { ...attributes, source: this.#topic.name, key, extensions: {}, headers };
    } catch (cause) {
      return this.#data.undecodable(`its attributes cannot be read: ${messageOf(cause)}`, cause);
    }
    if (type === undefined) return this.#data.undecodable(`the event has no type: ${this.#missing()}`);
    const schema = this.#data.schemas.get(type);
    if (schema === undefined) return this.#data.unknownType(event.id, type);
    const named = type;
    const done = (checked: Checked): Decoded<StreamEvent> =>
      'problem' in checked
        ? this.#data.violates(named, checked.problem)
        : { ok: true, event: { ...event, type: named, data: checked.value } };
    const checked = check(schema, data);
    return checked instanceof Promise ? checked.then(done) : done(checked);
  }

  #typeOf(record: PlainRecord): string | undefined {
    const { type } = this.#format;
    const found = typeof type === 'string' ? type : find(type, record);
    return textFrom(found);
  }

  #idOf(stored: StoredEvent, record: PlainRecord): string {
    const found = this.#format.id === undefined ? undefined : find(this.#format.id, record);
    return textFrom(found) ?? placeOf(this.#topic, stored);
  }

  #timeOf({ timestamp }: StoredEvent, record: PlainRecord): Date {
    const found = this.#format.time === undefined ? undefined : find(this.#format.time, record);
    return timeFrom(found) ?? new Date(timestamp);
  }

  #missing(): string {
    const { type } = this.#format;
    if (typeof type === 'object' && 'header' in type) return `there is no header ${JSON.stringify(type.header)}`;
    if (typeof type === 'object') return `its data has no field ${JSON.stringify(type.field)}`;
    return 'the function for its type found none';
  }

  readonly #lay: Lay = (input, key, sentAt) => {
    const { headers = {} } = input;
    if (input.data === undefined && this.#data.codec !== undefined && !this.#data.isTombstone(input))
      throw this.#cannotSay('the absence of data', 'Give data');
    const attributes = this.#attributes(input, { key, data: input.data, headers }, sentAt);
    const twice = attributes.find(([name]) => Object.hasOwn(headers, name));
    if (twice !== undefined)
      throw this.#data.refuse(
        'invalid-header',
        `header ${JSON.stringify(twice[0])} holds an attribute here. Leave it out`,
      );
    const all: Header[] = [...Object.entries(headers), ...attributes];
    return (data) => this.#assemble(key, all, data);
  };

  /** Only what is not as a reader would take it anyway is said in a header: others expect bare payloads. */
  #assemble(
    key: string | null,
    said: readonly Header[],
    { bytes, contentType, headers: own }: EncodedData,
  ): EncodedEvent {
    const { capabilities } = this.#options;
    const headers = own === undefined ? said : [...said, ...carried(own, capabilities.headers)];
    const isAssumed = contentType === undefined || contentType === this.#assumed;
    const value = bytes === undefined ? new Uint8Array(0) : bytes;
    const all: readonly Header[] = isAssumed ? headers : [...headers, [contentTypeHeader, contentType]];
    return wrap({ key, value, headers: all }, capabilities);
  }

  /** The headers that say what the format finds there. What it finds elsewhere has to be there already. */
  #attributes(input: EventInput, record: PlainRecord, sentAt: number): readonly Header[] {
    const { type } = this.#format;
    // What looks into data finds nothing in a tombstone, which has no type of its own either.
    const hasData = !this.#data.isTombstone(input);
    const id = hasData || isHeader(this.#format.id) ? this.#format.id : undefined;
    const time = hasData || isHeader(this.#format.time) ? this.#format.time : undefined;
    const headers: Header[] = [];
    if (hasData) {
      if (isHeader(type)) headers.push([type.header, input.type]);
      else if (this.#typeOf(record) !== input.type)
        throw this.#cannotSay(
          `the type ${JSON.stringify(input.type)} here`,
          'Give data of which the format finds this type',
        );
    }
    if (isHeader(id)) headers.push([id.header, input.id ?? randomUUID()]);
    else if (input.id !== undefined && (id === undefined || textFrom(find(id, record)) !== input.id))
      throw this.#cannotSay('this id', 'Leave it out, or say in plain({ id }) where it is');
    if (isHeader(time)) headers.push([time.header, new Date(input.time ?? sentAt).toISOString()]);
    else if (
      input.time !== undefined &&
      (time === undefined || timeFrom(find(time, record))?.getTime() !== input.time.getTime())
    )
      throw this.#cannotSay('this time', 'Leave it out, or say in plain({ time }) where it is');
    return headers;
  }

  #cannotSay(what: string, cure: string): ReturnType<EventData['refuse']> {
    return this.#data.refuse('invalid-event', `the plain format of the topic has no place for ${what}. ${cure}`);
  }
}

function isHeader(where: unknown): where is { readonly header: string } {
  return typeof where === 'object' && where !== null && 'header' in where;
}

function find(where: PlainAttribute<unknown>, record: PlainRecord): unknown {
  if (typeof where === 'function') return where(record);
  if ('header' in where) return Object.hasOwn(record.headers, where.header) ? record.headers[where.header] : undefined;
  const { data } = record;
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, where.field)) return undefined;
  return new Map<string, unknown>(Object.entries(data)).get(where.field);
}

function textFrom(found: unknown): string | undefined {
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'bigint' ? String(found) : undefined;
}

/** RFC 3339, or milliseconds since the epoch, also as text. */
function timeFrom(found: unknown): Date | undefined {
  const value = typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found;
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Date)) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
