import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors/message-of.ts';
import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import type { Schema } from '../model/schema.ts';
import type { EventInput, StreamEvent } from '../model/topic.ts';
import { binaryWriter, fromBinary } from './binary.ts';
import type { Codec, CodecOptions, Decoded } from './codec.ts';
import { decodeData, type EncodedData, encodeData, type Envelope, type OutgoingEnvelope } from './envelope.ts';
import { checkAttributes, checkHeaders, checkInput, checkKey, checkOwnKey } from './limits.ts';
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
export class TypedCodec implements Codec<EventInput, StreamEvent> {
  readonly #topic: Topic;
  readonly #schemas: ReadonlyMap<string, Schema>;
  readonly #options: CodecOptions;
  /** Absent where events travel as structured JSON. */
  readonly #toBinary: ReturnType<typeof binaryWriter> | undefined;
  /** The newest time as text: events come in bursts, and many share their millisecond. */
  #now = { ms: Number.NaN, text: '' };

  constructor(topic: Topic, options: CodecOptions) {
    this.#topic = topic;
    this.#schemas = new Map(Object.entries(topic.events ?? {}));
    this.#options = options;
    const { cloudEvents } = options.capabilities;
    this.#toBinary = cloudEvents === null ? undefined : binaryWriter(cloudEvents);
  }

  encode(input: EventInput): EncodedEvent | Promise<EncodedEvent> {
    checkInput(input, this.#topic.name);
    const schema = this.#schemas.get(input.type);
    if (schema === undefined) {
      const known = [...this.#schemas.keys()].join(', ');
      // Whatever a program without types may give.
      const type: unknown = input.type;
      const given = typeof type === 'string' ? JSON.stringify(type) : shown(type);
      throw this.#refuse('invalid-event', `type ${given} is not declared. Valid types: ${known}`);
    }
    // A tombstone has no data to validate.
    if (input.data === null) return this.#encodeValid(input);
    const checked = check(schema, input.data);
    if (checked instanceof Promise) return this.#encodeOnceChecked(input, checked);
    return this.#encodeChecked(input, checked);
  }

  /** The envelope, whether its type is declared or not; `undefined` for what is not a CloudEvent. Throws for one that cannot be read. */
  open(stored: EncodedEvent): Envelope | undefined {
    const { headers, value } = this.#toBinary === undefined ? unwrap(stored) : stored;
    return fromBinary(headers, value) ?? fromStructured(value);
  }

  decode(stored: StoredEvent): Decoded<StreamEvent> | Promise<Decoded<StreamEvent>> {
    let envelope: Envelope | undefined;
    try {
      envelope = this.open(stored);
    } catch (cause) {
      return this.#undecodable(`the CloudEvent cannot be read: ${messageOf(cause)}`, cause);
    }
    if (envelope === undefined)
      return this.#undecodable(
        'the bytes are not a CloudEvent. Read the topic with raw: true, or have its producers write CloudEvents',
      );
    const schema = this.#schemas.get(envelope.type);
    if (schema === undefined)
      return {
        ...this.#undecodable(
          `event ${JSON.stringify(envelope.id)}: type ${JSON.stringify(envelope.type)} is not declared. Declare it in defineTopic, or choose what happens to such events with onUnknownType`,
        ),
        unknownType: true,
      };
    let data: unknown;
    try {
      data = decodeData(envelope.data, envelope.contentType);
    } catch (cause) {
      return this.#undecodable(
        `data of type ${JSON.stringify(envelope.type)} is not valid ${envelope.contentType ?? 'JSON'}: ${messageOf(cause)}`,
        cause,
      );
    }
    if (envelope.data.kind === 'tombstone') return { ok: true, event: this.#event(stored, envelope, null) };
    const checked = check(schema, data);
    if (checked instanceof Promise) return checked.then((result) => this.#decodeChecked(stored, envelope, result));
    return this.#decodeChecked(stored, envelope, checked);
  }

  /** Encoded as it is now: what its sender changes while the schema looks at it was neither sent nor looked at. */
  #encodeOnceChecked(input: EventInput, checked: Promise<Checked>): Promise<EncodedEvent> {
    const { type } = input;
    let encode: () => EncodedEvent;
    try {
      const encoded = this.#encodeValid(input);
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

  #encodeChecked(input: EventInput, checked: Checked): EncodedEvent {
    this.#requireValid(input.type, checked);
    return this.#encodeValid(input);
  }

  #requireValid(type: string, checked: Checked): void {
    if ('problem' in checked)
      throw this.#refuse('schema-violation', `data of ${JSON.stringify(type)}: ${checked.problem}`);
  }

  #encodeValid(input: EventInput): EncodedEvent {
    const { source, clock } = this.#options;
    checkAttributes(input, this.#topic.name);
    const key = this.#key(input);
    checkOwnKey(input, key, this.#topic.name);
    const { headers = none, extensions = none } = input;
    if (headers !== none || extensions !== none) checkHeaders(headers, extensions, this.#topic.name);
    const time = input.time?.getTime() ?? clock.now();
    const { bytes, contentType } = this.#data(input);
    const envelope: OutgoingEnvelope = {
      id: input.id ?? randomUUID(),
      type: input.type,
      source: input.source ?? source,
      time: this.#timeText(time),
      subject: input.subject,
      contentType,
      dataSchema: input.dataSchema,
      extensions,
      headers,
      data: bytes,
    };
    if (this.#toBinary === undefined) return { key, value: toStructured(envelope, key), headers: [] };
    return { key, value: bytes === undefined ? noBytes : bytes, headers: this.#toBinary(envelope) };
  }

  #timeText(ms: number): string {
    if (ms !== this.#now.ms) this.#now = { ms, text: new Date(ms).toISOString() };
    return this.#now.text;
  }

  #key(input: EventInput): string | null {
    if (this.#topic.key === null) return null;
    let key: unknown;
    try {
      key = this.#topic.key(input);
    } catch (cause) {
      throw this.#refuse('invalid-event', 'the key function of the topic threw', cause);
    }
    checkKey(key, this.#topic.name);
    return key;
  }

  #data(input: EventInput): EncodedData {
    try {
      return encodeData(input.data);
    } catch (cause) {
      throw this.#refuse(
        'invalid-event',
        `data of ${JSON.stringify(input.type)} cannot be written as JSON: ${messageOf(cause)}. Give JSON values, or bytes`,
        cause,
      );
    }
  }

  #decodeChecked(stored: StoredEvent, envelope: Envelope, checked: Checked): Decoded<StreamEvent> {
    if ('problem' in checked) {
      const message = `topic "${this.#topic.name}": data of ${JSON.stringify(envelope.type)}: ${checked.problem}`;
      return { ok: false, error: new StreamError('schema-violation', message, { where: 'consumer' }) };
    }
    return { ok: true, event: this.#event(stored, envelope, checked.value) };
  }

  #event(stored: StoredEvent, envelope: Envelope, data: unknown): StreamEvent {
    const { id, type, source, time, subject, dataSchema, headers } = envelope;
    const key =
      stored.key === null || typeof stored.key === 'string' ? stored.key : Buffer.from(stored.key).toString('base64');
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

  #undecodable(message: string, cause?: unknown): { readonly ok: false; readonly error: StreamError } {
    return {
      ok: false,
      error: new StreamError('undecodable', `topic "${this.#topic.name}": ${message}`, { where: 'consumer', cause }),
    };
  }

  #refuse(code: 'invalid-event' | 'schema-violation', message: string, cause?: unknown): StreamError {
    return new StreamError(code, `topic "${this.#topic.name}": ${message}`, {
      where: 'producer',
      outcome: 'not-written',
      cause,
    });
  }
}

/** Without the one that only repeats the key, as structured events of ours have it. */
function extensionsOf({ extensions }: Envelope, key: string | null): Readonly<Record<string, string>> {
  const { partitionkey, ...others } = extensions;
  return partitionkey !== undefined && partitionkey === key ? others : extensions;
}
