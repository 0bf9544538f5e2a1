import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors/message-of.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import type { EventInput, StreamEvent } from '../model/topic.ts';
import { binaryWriter, fromBinary } from './binary.ts';
import type { CodecOptions, Decoded, EventCodec, PendingEvent } from './codec.ts';
import type { EncodedData, Envelope, OutgoingEnvelope } from './envelope.ts';
import { EventData } from './event-data.ts';
import { keyText } from '../model/key-id.ts';
import { checkAttributes, checkHeaders, checkInput, checkOwnKey } from './limits.ts';
import { check, type Checked } from './schema-check.ts';
import { fromStructured, toStructured } from './structured.ts';
import { unwrap } from './wrapper.ts';

const none: Readonly<Record<string, never>> = Object.freeze({});
const noBytes = new Uint8Array(0);

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

  constructor(topic: Topic, options: CodecOptions) {
    this.#topic = topic;
    this.#data = new EventData(topic, options);
    this.#options = options;
    const { cloudEvents } = options.capabilities;
    this.#toBinary = cloudEvents === null ? undefined : binaryWriter(cloudEvents);
  }

  encode(input: EventInput): EncodedEvent | Promise<EncodedEvent> | PendingEvent {
    checkInput(input, this.#topic.name);
    const schema = this.#data.schemaOf(input);
    // A tombstone has no data to validate.
    if (input.data === null) return this.#encodeValid(input);
    const checked = check(schema, input.data);
    if (checked instanceof Promise) return this.#encodeOnceChecked(input, checked);
    this.#requireValid(input.type, checked);
    return this.#encodeValid(input);
  }

  name(stored: StoredEvent): { readonly id?: string; readonly type?: string } {
    try {
      const envelope = this.#open(stored);
      return envelope === undefined ? {} : { id: envelope.id, type: envelope.type };
    } catch {
      return {};
    }
  }

  decode(stored: StoredEvent): Decoded<StreamEvent> | Promise<Decoded<StreamEvent>> {
    let envelope: Envelope | undefined;
    try {
      envelope = this.#open(stored);
    } catch (cause) {
      return this.#data.undecodable(`the CloudEvent cannot be read: ${messageOf(cause)}`, cause);
    }
    if (envelope === undefined)
      return this.#data.undecodable(
        'the bytes are not a CloudEvent. Read the topic with format: plain({ type }) or raw: true, or have its producers write CloudEvents',
      );
    const { type, contentType } = envelope;
    if (!this.#data.schemas.has(type)) return this.#data.unknownType(envelope.id, type);
    let data: unknown;
    try {
      data = this.#data.decode(envelope.data, { type, contentType, headers: stored.headers }, undefined);
    } catch (cause) {
      return this.#data.notDecoded(type, contentType, cause);
    }
    if (!(data instanceof Promise)) return this.#decodeData(stored, envelope, data);
    const read = envelope;
    return this.#data.later<Decoded<StreamEvent>>(
      data,
      (value) => this.#decodeData(stored, read, value),
      (thrown) => this.#data.notDecoded(type, contentType, thrown),
    );
  }

  /** The envelope, whether its type is declared or not; `undefined` for what is not a CloudEvent. Throws for one that cannot be read. */
  #open(stored: EncodedEvent): Envelope | undefined {
    const { headers, value } = this.#toBinary === undefined ? unwrap(stored) : stored;
    return fromBinary(headers, value) ?? fromStructured(value);
  }

  #decodeData(
    stored: StoredEvent,
    envelope: Envelope,
    data: unknown,
  ): Decoded<StreamEvent> | Promise<Decoded<StreamEvent>> {
    if (envelope.data.kind === 'tombstone') return { ok: true, event: this.#event(stored, envelope, null) };
    const schema = this.#data.schemas.get(envelope.type);
    if (schema === undefined) return this.#data.unknownType(envelope.id, envelope.type);
    const checked = check(schema, data);
    if (checked instanceof Promise) return checked.then((result) => this.#decodeChecked(stored, envelope, result));
    return this.#decodeChecked(stored, envelope, checked);
  }

  /** Encoded as it is now: what its sender changes while the schema looks at it was neither sent nor looked at. */
  #encodeOnceChecked(input: EventInput, checked: Promise<Checked>): Promise<EncodedEvent> | PendingEvent {
    const { type } = input;
    let encode: () => EncodedEvent;
    try {
      const encoded = this.#encodeValid(input);
      if (typeof encoded === 'function')
        return async () => {
          this.#requireValid(type, await checked);
          return encoded();
        };
      encode = () => encoded;
    } catch (error) {
      encode = () => {
        throw error;
      };
    }
    return checked.then((result) => {
      this.#requireValid(type, result);
      return encode();
    });
  }

  #requireValid(type: string, checked: Checked): void {
    if ('problem' in checked)
      throw this.#data.refuse('schema-violation', `data of ${JSON.stringify(type)}: ${checked.problem}`);
  }

  #encodeValid(input: EventInput): EncodedEvent | PendingEvent {
    checkAttributes(input, this.#topic.name);
    const key = this.#data.key(input);
    checkOwnKey(input, key, this.#topic.name);
    const { headers = none, extensions = none } = input;
    if (headers !== none || extensions !== none) checkHeaders(headers, extensions, this.#topic.name);
    const data = this.#data.encode(input);
    if (typeof data !== 'function') return this.#assemble(input, key, data);
    // What its sender changes while somebody is asked was not sent.
    const now = this.#options.clock.now();
    const copy = {
      ...input,
      time: new Date(input.time ?? now),
      headers: { ...headers },
      extensions: { ...extensions },
    };
    return async () => this.#assemble(copy, key, await data());
  }

  #assemble(input: EventInput, key: string | null, { bytes, contentType }: EncodedData): EncodedEvent {
    const { source, clock } = this.#options;
    const time = input.time?.getTime() ?? clock.now();
    const envelope: OutgoingEnvelope = {
      id: input.id ?? randomUUID(),
      type: input.type,
      source: input.source ?? source,
      time: this.#timeText(time),
      subject: input.subject,
      contentType,
      dataSchema: input.dataSchema,
      extensions: input.extensions ?? none,
      headers: input.headers ?? none,
      data: bytes,
    };
    if (this.#toBinary === undefined) return { key, value: toStructured(envelope, key), headers: [] };
    return { key, value: bytes === undefined ? noBytes : bytes, headers: this.#toBinary(envelope) };
  }

  #timeText(ms: number): string {
    if (ms !== this.#now.ms) this.#now = { ms, text: new Date(ms).toISOString() };
    return this.#now.text;
  }

  #decodeChecked(stored: StoredEvent, envelope: Envelope, checked: Checked): Decoded<StreamEvent> {
    if ('problem' in checked) return this.#data.violates(envelope.type, checked.problem);
    return { ok: true, event: this.#event(stored, envelope, checked.value) };
  }

  #event(stored: StoredEvent, envelope: Envelope, data: unknown): StreamEvent {
    const { id, type, source, time, subject, dataSchema, headers } = envelope;
    const key = keyText(stored.key);
    const parsed = time === undefined ? stored.timestamp : Date.parse(time);
    const when = new Date(Number.isNaN(parsed) ? stored.timestamp : parsed);
    const event = { id, type, source, time: when, key, data, extensions: extensionsOf(envelope, key), headers };
    return subject === undefined && dataSchema === undefined
      ? event
      : {
          ...event,
          ...(subject === undefined ? {} : { subject }),
          ...(dataSchema === undefined ? {} : { dataSchema }),
        };
  }
}

/** Without the one that only repeats the key, as structured events of ours have it. */
function extensionsOf({ extensions }: Envelope, key: string | null): Readonly<Record<string, string>> {
  const { partitionkey, ...others } = extensions;
  return partitionkey !== undefined && partitionkey === key ? others : extensions;
}
