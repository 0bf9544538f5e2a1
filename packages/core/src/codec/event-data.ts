import { messageOf } from '../errors/message-of.ts';
import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { CodedData, DataCodec, StoredDataAbout } from '../model/data-codec.ts';
import { type Topic, eventTypes } from '../model/define-topic.ts';
import type { Schema } from '../model/schema.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import { keyText } from '../model/key-id.ts';
import { type EventInput, type StreamEvent, tombstoneType } from '../model/event.ts';
import { versionsOf } from '../model/versions.ts';
import { bounded } from '../time/bounded.ts';
import type { Clock } from '../time/clock.ts';
import type { Decoded, Encoding, PendingEvent } from './codec.ts';
import { decodeData, type EncodedData, encodeData, type StoredData } from './envelope.ts';
import { attributesHeld, held } from './held.ts';
import { json } from './json-codec.ts';
import { checkKey, checkOwnKey } from './limits.ts';
import { essenceOf, mediaTypeOf } from './media-type.ts';
import { withoutHeaders } from './own-headers.ts';
import { check, type Checked } from './schema-check.ts';

export type NotDecoded = Extract<Decoded<unknown>, { readonly ok: false }>;

interface Waiting {
  readonly clock: Clock;
  readonly decodeMs?: number;
}

/** What a format makes of an event with this key, sent then: the record, once its data is bytes. Throws for what it has no place for. */
export type Lay = (input: EventInput, key: string | null, sentAt: number) => (data: EncodedData) => EncodedEvent;

/** What is known of a tombstone besides its key, by whoever wrote it. */
export type AboutTombstone = Partial<Pick<StreamEvent, 'id' | 'source' | 'time' | 'subject' | 'extensions'>> &
  Pick<StreamEvent, 'headers'>;

/** What is the same in every format: the types of a topic, their data, their key, and its tombstones. */
export class EventData {
  readonly topic: Topic;
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Absent for JSON, which needs nothing of what others need. */
  readonly codec: DataCodec | undefined;
  readonly #waiting: Waiting;
  /** By event type: the newest version, where there are several. */
  readonly #versions = new Map<string, string>();

  constructor(topic: Topic, waiting: Waiting) {
    this.topic = topic;
    this.schemas = new Map(Object.entries(topic.events ?? {}));
    this.codec = topic.codec === json() ? undefined : topic.codec;
    this.#waiting = waiting;
    for (const [type, schema] of this.schemas) {
      const versions = versionsOf(schema);
      if (versions !== undefined) this.#versions.set(type, versions.dataSchema);
    }
  }

  /**
   * Key function and format are asked about data that the schema allows, and about no other. Where schema or codec answer later,
   * that is the event as it is now: what its sender changes meanwhile was not sent.
   */
  encode(input: EventInput, lay: Lay): Encoding {
    if (input.headers !== undefined) this.#refuseOwn(input.headers);
    if (this.isTombstone(input)) return this.#encodeTombstone(input, lay);
    const checked = check(this.#schemaOf(input), input.data);
    if (checked instanceof Promise) return this.#encodeLater(input, checked, lay);
    this.#requireValid(input, checked);
    const key = this.#key(input);
    const data = this.#encode(input);
    const sentAt = this.#waiting.clock.now();
    if (typeof data !== 'function') return lay(input, key, sentAt)(data);
    const finish = lay(attributesHeld(input), key, sentAt);
    return async () => finish(await data());
  }

  /** The headers of a stored event, without those of the codec. */
  withoutOwn(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const own = this.codec?.headers;
    return own === undefined ? headers : withoutHeaders(headers, own);
  }

  #refuseOwn(headers: Readonly<Record<string, string>>): void {
    const name = this.codec?.headers?.find((own) => Object.hasOwn(headers, own));
    if (name !== undefined)
      throw this.refuse(
        'invalid-header',
        `header ${JSON.stringify(name)} belongs to the codec ${this.codec?.name}. Leave it out`,
      );
  }

  isTombstone({ type }: EventInput): boolean {
    return this.topic.tombstones === true && type === tombstoneType;
  }

  /** The schema of an event that is sent. */
  #schemaOf(input: EventInput): Schema {
    const schema = this.schemas.get(input.type);
    if (schema !== undefined) return schema;
    const known = (eventTypes(this.topic) ?? []).join(', ');
    // Whatever a program without types may give.
    const type: unknown = input.type;
    const given = typeof type === 'string' ? JSON.stringify(type) : shown(type);
    throw this.refuse('invalid-event', `type ${given} is not declared. Valid types: ${known}`);
  }

  /** What an event says of its version: the newest one of a type that has several. */
  dataSchemaOf({ type, dataSchema }: EventInput): string | undefined {
    const newest = this.#versions.get(type);
    if (newest === undefined || dataSchema === newest) return dataSchema;
    if (dataSchema === undefined) return newest;
    throw this.refuse(
      'invalid-event',
      `dataSchema of ${JSON.stringify(type)} is ${JSON.stringify(newest)}, the version that is written. Leave it out`,
    );
  }

  #encodeTombstone(input: EventInput, lay: Lay): EncodedEvent {
    if (input.data !== undefined && input.data !== null)
      throw this.refuse(
        'invalid-event',
        'a tombstone has data. Leave it out: a tombstone only says that its key is removed',
      );
    const key: unknown = 'key' in input ? input.key : undefined;
    checkKey(key, this.topic.name, 'Give the key that is removed: { type: "tombstone", key }');
    return lay(input, key, this.#waiting.clock.now())({ bytes: null, contentType: undefined });
  }

  #encodeLater(input: EventInput, checked: Promise<Checked>, lay: Lay): Encoding {
    let encoded: () => EncodedEvent | PendingEvent;
    try {
      const data = this.#encode(input);
      const copy = held(input);
      const sentAt = this.#waiting.clock.now();
      encoded = () => {
        const finish = lay(copy, this.#key(copy), sentAt);
        return typeof data === 'function' ? async () => finish(await data()) : finish(data);
      };
    } catch (thrown) {
      encoded = () => {
        throw thrown;
      };
    }
    return checked.then((result) => {
      this.#requireValid(input, result);
      return encoded();
    });
  }

  #requireValid({ type, data }: EventInput, checked: Checked): void {
    if (!('problem' in checked)) return;
    const cure = data === null ? `. null is data; what removes a key is { type: "${tombstoneType}", key }` : '';
    throw this.refuse('schema-violation', `data of ${JSON.stringify(type)}: ${checked.problem}${cure}`);
  }

  #key(input: EventInput): string | null {
    const { key: keyOf, name } = this.topic;
    const key = keyOf === null ? null : this.#called(keyOf, input);
    checkOwnKey(input, key, name);
    return key;
  }

  #called(keyOf: (input: EventInput) => unknown, input: EventInput): string {
    let key: unknown;
    try {
      key = keyOf(input);
    } catch (cause) {
      throw this.refuse('invalid-event', 'the key function of the topic threw', cause);
    }
    checkKey(key, this.topic.name);
    return key;
  }

  #encode({ type, data }: EventInput): EncodedData | (() => Promise<EncodedData>) {
    const { codec } = this;
    if (codec === undefined || data === undefined) return this.#encodeJson(type, data);
    let encoded: CodedData | (() => Promise<CodedData>);
    try {
      encoded = codec.encode(data, { topic: this.topic.name, type });
    } catch (cause) {
      throw this.#notWritten(codec, type, cause);
    }
    if (typeof encoded !== 'function') return encoded;
    const finish = encoded;
    return async () => {
      try {
        return await finish();
      } catch (cause) {
        throw this.#notWritten(codec, type, cause);
      }
    };
  }

  /** The data, or a promise of it. Throws, or rejects, with whatever is wrong with it. */
  decode(payload: StoredData, about: Omit<StoredDataAbout, 'topic'>, assumed: string | undefined): unknown {
    const { codec } = this;
    const contentType = about.contentType ?? assumed;
    if (codec === undefined || payload.kind !== 'bytes') return decodeData(payload, contentType);
    if (contentType !== undefined && reads(codec, essenceOf(contentType)))
      return codec.decode(payload.bytes, { ...about, topic: this.topic.name });
    // What was written before the topic had this codec, or by somebody else, is what it says it is.
    if (mediaTypeOf(contentType).kind !== 'binary') return decodeData(payload, contentType);
    throw new StreamError(
      'undecodable',
      `is ${contentType}, and the codec ${codec.name} reads ${codec.contentTypes.join(', ')}`,
      { where: 'consumer' },
    );
  }

  /** What a codec answers later, for as long as it may take. */
  later<T>(
    data: Promise<unknown>,
    then: (data: unknown) => T | Promise<T>,
    failed: (thrown: unknown) => T,
  ): Promise<T> {
    const { clock, decodeMs = 10_000 } = this.#waiting;
    return bounded('the codec', () => data, decodeMs, clock).then(then, failed);
  }

  /** What becomes of an event whose data could not be read. */
  notDecoded(type: string | undefined, contentType: string | undefined, thrown: unknown): NotDecoded {
    const of = type === undefined ? 'data' : `data of type ${JSON.stringify(type)}`;
    const name = contentType ?? this.codec?.name ?? 'JSON';
    if (this.codec === undefined || !StreamError.is(thrown))
      return this.undecodable(`${of} is not valid ${name}: ${messageOf(thrown)}`, thrown);
    if (thrown.code === 'undecodable' || thrown.code === 'schema-violation') {
      // A message begins with who noticed; here it goes on from the data instead.
      const place = `${thrown.where}: `;
      const problem = thrown.message.startsWith(place) ? thrown.message.slice(place.length) : thrown.message;
      return this.undecodable(`${of} ${problem}`, thrown);
    }
    return { ok: false, error: thrown, fate: thrown.retryable ? 'again' : 'stop' };
  }

  unknownType(id: string, type: string): NotDecoded {
    const problem = `event ${JSON.stringify(id)}: type ${JSON.stringify(type)} is not declared`;
    const cure = 'Declare it in defineTopic, or choose what happens to such events with onUnknownType';
    return { ...this.undecodable(`${problem}. ${cure}`), unknownType: true };
  }

  /** A tombstone of any format: those of others may say nothing but their key. */
  tombstone(stored: StoredEvent, { headers, ...about }: AboutTombstone): Decoded<StreamEvent> {
    if (this.topic.tombstones !== true) {
      const cure = 'Declare tombstones: true in defineTopic, or choose what happens to such events with onUnknownType';
      return { ...this.undecodable(`a tombstone, and the topic declares none. ${cure}`), unknownType: true };
    }
    const key = keyText(stored.key);
    if (key === null) return this.undecodable('a tombstone without a key, which says nothing');
    return {
      ok: true,
      event: {
        id: placeOf(this.topic, stored),
        source: this.topic.name,
        time: new Date(stored.timestamp),
        extensions: {},
        ...about,
        type: tombstoneType,
        key,
        data: null,
        headers,
      },
    };
  }

  violates(type: string, problem: string): NotDecoded {
    const message = `topic "${this.topic.name}": data of ${JSON.stringify(type)}: ${problem}`;
    return { ok: false, error: new StreamError('schema-violation', message, { where: 'consumer' }) };
  }

  undecodable(message: string, cause?: unknown): NotDecoded {
    return {
      ok: false,
      error: new StreamError('undecodable', `topic "${this.topic.name}": ${message}`, { where: 'consumer', cause }),
    };
  }

  refuse(code: 'invalid-event' | 'invalid-header' | 'schema-violation', message: string, cause?: unknown): StreamError {
    return new StreamError(code, `topic "${this.topic.name}": ${message}`, {
      where: 'producer',
      outcome: 'not-written',
      cause,
    });
  }

  #encodeJson(type: string, data: unknown): EncodedData {
    try {
      return encodeData(data);
    } catch (cause) {
      throw this.refuse(
        'invalid-event',
        `data of ${JSON.stringify(type)} cannot be written as JSON: ${messageOf(cause)}. Give JSON values, or bytes`,
        cause,
      );
    }
  }

  #notWritten(codec: DataCodec, type: string, cause: unknown): StreamError {
    if (StreamError.is(cause)) return cause.withOutcome('not-written');
    const problem = `data of ${JSON.stringify(type)} cannot be written as ${codec.name}: ${messageOf(cause)}`;
    return this.refuse('invalid-event', `${problem}. Give data that its schema takes`, cause);
  }
}

function reads({ contentTypes }: DataCodec, essence: string): boolean {
  return (
    contentTypes.includes(essence) ||
    contentTypes.some((type) => type.endsWith('*') && essence.startsWith(type.slice(0, -1)))
  );
}

/** The id of an event that has none: the same each time that it is read, and another one for each event. */
export function placeOf({ name }: Topic, { partition, position }: StoredEvent): string {
  return `${name}/${partition}/${position}`;
}
