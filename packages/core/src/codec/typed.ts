import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors/message-of.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, Header, StoredEvent } from '../model/encoded.ts';
import type { Schema } from '../model/schema.ts';
import { type EventInput, type StreamEvent, tombstoneType } from '../model/event.ts';
import { binaryWriter, fromBinary, ownHeaders } from './binary.ts';
import type { CodecOptions, Decoded, Encoding, EventCodec } from './codec.ts';
import type { EncodedData, Envelope, OutgoingEnvelope } from './envelope.ts';
import { EventData, type Lay, placeOf } from './event-data.ts';
import { keyText } from '../model/key-id.ts';
import { checkAttributes, checkHeaders, checkInput } from './limits.ts';
import { carried, withHeaders } from './own-headers.ts';
import type { Checked } from './schema-check.ts';
import { fromStructured, toStructured } from './structured.ts';
import { checkStored } from './upcast.ts';
import { unwrap } from './wrapper.ts';

const none: Readonly<Record<string, never>> = Object.freeze({});
const noBytes = new Uint8Array(0);
/** Readers know a tombstone by what it lacks; to others this says what it is. */
const writtenTombstone = 'isostream.tombstone';

/**
 * CloudEvents by a topic's schemas.
 * What is stored is the input that the schema accepted, not its output: the reader runs the same schema again, and a
 * transform would otherwise be applied twice.
 */
export class TypedCodec implements EventCodec {
  readonly #topic: Topic;
  readonly #data: EventData;
  readonly #options: CodecOptions;
  /** Absent where events travel as structured JSON. */
  readonly #toBinary: ReturnType<typeof binaryWriter> | undefined;
  /** The newest time as text: events come in bursts, and many share their millisecond. */
  #now = { ms: Number.NaN, text: '' };
  /** The last one that was read, likewise. */
  #read = { ms: Number.NaN, text: '' };

  constructor(topic: Topic, options: CodecOptions) {
    this.#topic = topic;
    this.#data = new EventData(topic, options);
    this.#options = options;
    const { cloudEvents } = options.capabilities;
    this.#toBinary = cloudEvents === null ? undefined : binaryWriter(cloudEvents);
  }

  encode(input: EventInput): Encoding {
    const { name } = this.#topic;
    checkInput(input, name);
    checkAttributes(input, name);
    const { headers = none, extensions = none } = input;
    if (headers !== none || extensions !== none) checkHeaders(headers, extensions, name);
    return this.#data.encode(input, this.#lay);
  }

  name(stored: StoredEvent): { readonly id?: string; readonly type?: string } {
    try {
      const bare = this.#bare(stored);
      const envelope = open(bare);
      if (bare.value === null || envelope?.data.kind === 'tombstone')
        return { id: envelope?.id ?? placeOf(this.#topic, stored), type: tombstoneType };
      return envelope === undefined ? {} : { id: envelope.id, type: envelope.type };
    } catch {
      return {};
    }
  }

  decode(stored: StoredEvent): Decoded<StreamEvent> | Promise<Decoded<StreamEvent>> {
    const bare = this.#bare(stored);
    let envelope: Envelope | undefined;
    try {
      envelope = open(bare);
    } catch (cause) {
      return this.#data.undecodable(`the CloudEvent cannot be read: ${messageOf(cause)}`, cause);
    }
    if (bare.value === null || envelope?.data.kind === 'tombstone') return this.#tombstone(bare, envelope);
    if (envelope === undefined)
      return this.#data.undecodable(
        'the bytes are not a CloudEvent. Read the topic with format: plain({ type }) or raw: true, or have its producers write CloudEvents',
      );
    const { type, contentType, data: payload } = envelope;
    const schema = this.#data.schemas.get(type);
    if (schema === undefined) return this.#data.unknownType(envelope.id, type);
    let data: unknown;
    try {
      data = this.#data.decode(payload, { type, contentType, headers: headersOf(bare, envelope) }, undefined);
    } catch (cause) {
      return this.#data.notDecoded(type, contentType, cause);
    }
    if (!(data instanceof Promise)) return this.#decodeData(stored, envelope, schema, data);
    const read = envelope;
    return this.#data.later<Decoded<StreamEvent>>(
      data,
      (value) => this.#decodeData(stored, read, schema, value),
      (thrown) => this.#data.notDecoded(type, contentType, thrown),
    );
  }

  #bare(stored: StoredEvent): StoredEvent {
    return this.#toBinary === undefined ? unwrap(stored) : stored;
  }

  /** Whoever wrote it: without an envelope it says nothing but its key, and that is enough. */
  #tombstone(stored: StoredEvent, envelope: Envelope | undefined): Decoded<StreamEvent> {
    // Structured tombstones of ours repeat their key.
    const bare = stored.key === null ? { ...stored, key: envelope?.extensions['partitionkey'] ?? null } : stored;
    if (envelope === undefined)
      return this.#data.tombstone(bare, { headers: this.#data.withoutOwn(ownHeaders(bare.headers).headers) });
    const { id, source, subject } = envelope;
    const headers = this.#data.withoutOwn(envelope.headers);
    const extensions = extensionsOf(envelope, keyText(bare.key));
    const about = { id, source, time: this.#timeOf(envelope, bare), extensions, headers };
    return this.#data.tombstone(bare, subject === undefined ? about : { ...about, subject });
  }

  #decodeData(
    stored: StoredEvent,
    envelope: Envelope,
    schema: Schema,
    data: unknown,
  ): Decoded<StreamEvent> | Promise<Decoded<StreamEvent>> {
    const checked = checkStored(schema, data, envelope.dataSchema);
    if (checked instanceof Promise) return checked.then((result) => this.#decodeChecked(stored, envelope, result));
    return this.#decodeChecked(stored, envelope, checked);
  }

  readonly #lay: Lay = (input, key, sentAt) => (data) => this.#assemble(input, key, sentAt, data);

  #assemble(input: EventInput, key: string | null, sentAt: number, coded: EncodedData): EncodedEvent {
    const { bytes, contentType, headers } = coded;
    const envelope: OutgoingEnvelope = {
      id: input.id ?? randomUUID(),
      type: bytes === null ? writtenTombstone : input.type,
      source: input.source ?? this.#options.source,
      time: this.#timeText(input.time?.getTime() ?? sentAt),
      subject: input.subject,
      contentType,
      dataSchema: this.#data.dataSchemaOf(input),
      extensions: input.extensions ?? none,
      headers: input.headers ?? none,
      data: bytes,
    };
    if (this.#toBinary === undefined) {
      const own = headers === undefined ? envelope : { ...envelope, headers: withHeaders(envelope.headers, headers) };
      return { key, value: toStructured(own, key), headers: [] };
    }
    const written = this.#toBinary(envelope);
    if (headers !== undefined) written.push(...carried(headers, this.#options.capabilities.headers));
    return { key, value: bytes === undefined ? noBytes : bytes, headers: written };
  }

  #timeText(ms: number): string {
    if (ms !== this.#now.ms) this.#now = { ms, text: new Date(ms).toISOString() };
    return this.#now.text;
  }

  /** When it was stored, where it does not say. */
  #timeOf({ time }: Envelope, { timestamp }: StoredEvent): Date {
    if (time === undefined) return new Date(timestamp);
    if (time !== this.#read.text) this.#read = { ms: Date.parse(time), text: time };
    return new Date(Number.isNaN(this.#read.ms) ? timestamp : this.#read.ms);
  }

  #decodeChecked(stored: StoredEvent, envelope: Envelope, checked: Checked): Decoded<StreamEvent> {
    if ('problem' in checked) return this.#data.violates(envelope.type, checked.problem);
    return { ok: true, event: this.#event(stored, envelope, checked.value) };
  }

  #event(stored: StoredEvent, envelope: Envelope, data: unknown): StreamEvent {
    const { id, type, source, subject, dataSchema } = envelope;
    const headers = this.#data.withoutOwn(envelope.headers);
    const key = keyText(stored.key);
    const time = this.#timeOf(envelope, stored);
    const event = { id, type, source, time, key, data, extensions: extensionsOf(envelope, key), headers };
    return subject === undefined && dataSchema === undefined
      ? event
      : {
          ...event,
          ...(subject === undefined ? {} : { subject }),
          ...(dataSchema === undefined ? {} : { dataSchema }),
        };
  }
}

/** The envelope, whether its type is declared or not; `undefined` for what is not a CloudEvent. Throws for one that cannot be read. */
function open({ headers, value }: EncodedEvent): Envelope | undefined {
  return fromBinary(headers, value) ?? fromStructured(value);
}

/** The headers that a codec may look into: of structured events, those in their text as well. */
function headersOf({ headers, value }: EncodedEvent, { data, headers: own }: Envelope): readonly Header[] {
  return data.kind === 'bytes' && data.bytes !== value ? [...Object.entries(own), ...headers] : headers;
}

/** Without the one that only repeats the key, as structured events of ours have it. */
function extensionsOf({ extensions }: Envelope, key: string | null): Readonly<Record<string, string>> {
  if (key === null || extensions['partitionkey'] !== key) return extensions;
  const { partitionkey: _, ...others } = extensions;
  return others;
}
