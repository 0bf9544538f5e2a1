import { messageOf } from '../errors/message-of.ts';
import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { CodedData, DataCodec, StoredDataAbout } from '../model/data-codec.ts';
import type { Topic } from '../model/define-topic.ts';
import type { Schema } from '../model/schema.ts';
import type { EventInput } from '../model/topic.ts';
import { bounded } from '../time/bounded.ts';
import type { Clock } from '../time/clock.ts';
import type { Decoded } from './codec.ts';
import { decodeData, type EncodedData, encodeData, type Payload } from './envelope.ts';
import { json } from './json-codec.ts';
import { checkKey } from './limits.ts';
import { essenceOf, mediaTypeOf } from './media-type.ts';

export type NotDecoded = Extract<Decoded<unknown>, { readonly ok: false }>;

interface Waiting {
  readonly clock: Clock;
  readonly decodeMs?: number;
}

/** What is the same in every format: the types of a topic, their data, and their key. */
export class EventData {
  readonly topic: Topic;
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Absent for JSON, which needs nothing of what others need. */
  readonly codec: DataCodec | undefined;
  readonly #waiting: Waiting;

  constructor(topic: Topic, waiting: Waiting) {
    this.topic = topic;
    this.schemas = new Map(Object.entries(topic.events ?? {}));
    this.codec = topic.codec === json() ? undefined : topic.codec;
    this.#waiting = waiting;
  }

  /** The schema of an event that is sent. */
  schemaOf(input: EventInput): Schema {
    const schema = this.schemas.get(input.type);
    if (schema !== undefined) return schema;
    const known = [...this.schemas.keys()].join(', ');
    // Whatever a program without types may give.
    const type: unknown = input.type;
    const given = typeof type === 'string' ? JSON.stringify(type) : shown(type);
    throw this.refuse('invalid-event', `type ${given} is not declared. Valid types: ${known}`);
  }

  key(input: EventInput): string | null {
    if (this.topic.key === null) return null;
    let key: unknown;
    try {
      key = this.topic.key(input);
    } catch (cause) {
      throw this.refuse('invalid-event', 'the key function of the topic threw', cause);
    }
    checkKey(key, this.topic.name);
    return key;
  }

  encode({ type, data }: EventInput): EncodedData | (() => Promise<EncodedData>) {
    const { codec } = this;
    if (codec === undefined || data === null || data === undefined) return this.#encodeJson(type, data);
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
  decode(payload: Payload, about: Omit<StoredDataAbout, 'topic'>, assumed: string | undefined): unknown {
    const { codec } = this;
    const contentType = about.contentType ?? assumed;
    if (codec === undefined || payload.kind !== 'bytes') return decodeData(payload, contentType);
    if (contentType !== undefined && codec.contentTypes.includes(essenceOf(contentType)))
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
    if (thrown.code === 'undecodable' || thrown.code === 'schema-violation')
      return this.undecodable(`${of} ${thrown.message}`, thrown);
    return { ok: false, error: thrown, fate: thrown.retryable ? 'again' : 'stop' };
  }

  unknownType(id: string, type: string): NotDecoded {
    const problem = `event ${JSON.stringify(id)}: type ${JSON.stringify(type)} is not declared`;
    const cure = 'Declare it in defineTopic, or choose what happens to such events with onUnknownType';
    return { ...this.undecodable(`${problem}. ${cure}`), unknownType: true };
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
