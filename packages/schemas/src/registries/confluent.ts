import { type DataAbout, type Header, StreamError } from '@isostream/core';
import { fieldOf, type RegistryAddress, RegistryHttp } from './http.ts';
import {
  type OpenedPayload,
  type RegisteredSchema,
  type SchemaRegistry,
  undecodable,
  type WrittenSchema,
} from './registry.ts';

export type { RegistryAddress } from './http.ts';
export type { RegisteredSchema, SchemaRegistry, WrittenSchema } from './registry.ts';

export interface ConfluentOptions extends RegistryAddress {
  /**
   * The subject of a schema: `<topic>-value`, the schema's own full name, both (`<topic>-<name>`), or what a function says.
   * Default `topic`, which suits topics with one event type.
   */
  readonly subject?: 'topic' | 'record' | 'topic-record' | ((schema: WrittenSchema, about: DataAbout) => string);
  /**
   * The schema to write with: register the topic's own one (the default), use the latest of its subject, or the one of this id for
   * each event type.
   */
  readonly schemas?: 'register' | 'latest' | { readonly ids: Readonly<Record<string, number>> };
}

const prefixBytes = 5;
const noIndex = new Uint8Array(0);

/**
 * A registry with Confluent's interface (Confluent, Apicurio, Karapace, Redpanda). Payloads have the schema's id in front; on
 * reading, events that name it by a GUID in a header are understood as well. Each schema is asked for once and kept.
 */
export function confluentRegistry(options: ConfluentOptions): SchemaRegistry {
  return new Confluent(options);
}

class Confluent implements SchemaRegistry {
  readonly vendor = 'confluent';
  readonly #http: RegistryHttp;
  readonly #options: ConfluentOptions;
  readonly #known = new Map<string, RegisteredSchema>();
  /** Questions that are open: whoever has the same one waits with the first. */
  readonly #asking = new Map<string, Promise<RegisteredSchema>>();

  constructor(options: ConfluentOptions) {
    this.#http = new RegistryHttp(options);
    this.#options = options;
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    const { schemas = 'register' } = this.#options;
    if (typeof schemas === 'object') {
      const id = schemas.ids[about.type];
      if (id === undefined)
        throw new StreamError(
          'invalid-config',
          `schemas.ids has no id for the event type ${JSON.stringify(about.type)}`,
          {
            where: 'registry',
          },
        );
      return this.#once(`id ${id}`, () => this.#byId(`/schemas/ids/${id}`, id, 'invalid-config'));
    }
    const subject = encodeURIComponent(this.#subject(schema, about));
    if (schemas === 'latest') return this.#once(`latest ${subject}`, () => this.#latest(subject));
    return this.#once(`${subject} ${schema.text}`, async () => {
      const answer = await this.#register(subject, await this.#body(schema));
      return { id: idOf(answer), type: schema.type, text: schema.text, references: [] };
    });
  }

  open(bytes: Uint8Array, headers: readonly Header[]): OpenedPayload {
    const named = headers.findLast(([name]) => name === '__value_schema_id')?.[1];
    if (named !== undefined) return { ...namedBy(named), payload: bytes };
    if (bytes[0] !== 0 || bytes.byteLength < prefixBytes)
      throw undecodable('does not begin with the id of a schema, and has no header that names one');
    const id = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32BE(1);
    return { id, payload: bytes.subarray(prefixBytes) };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    return this.#once(`id ${id}`, () => this.#byId(path, id, 'undecodable'));
  }

  frame(id: number | string, payload: Uint8Array, index: Uint8Array = noIndex): Uint8Array {
    const framed = Buffer.allocUnsafe(prefixBytes + index.byteLength + payload.byteLength);
    framed[0] = 0;
    framed.writeUInt32BE(Number(id), 1);
    framed.set(index, prefixBytes);
    framed.set(payload, prefixBytes + index.byteLength);
    return framed;
  }

  #subject(schema: WrittenSchema, about: DataAbout): string {
    const { subject = 'topic' } = this.#options;
    if (typeof subject === 'function') return subject(schema, about);
    if (subject === 'topic') return `${about.topic}-value`;
    const name = schema.name ?? about.type;
    return subject === 'record' ? name : `${about.topic}-${name}`;
  }

  #register(subject: string, body: object): Promise<unknown> {
    return this.#http.ask('POST', `/subjects/${subject}/versions`, 'invalid-config', body);
  }

  async #body({ type, text, references = [] }: WrittenSchema): Promise<object> {
    const named: object[] = [];
    for (const { name, schema } of references) {
      // Others of the same names are found there as well: so the clients of Confluent call them.
      const subject = encodeURIComponent(name);
      const body = await this.#body(schema);
      await this.#register(subject, body);
      const found = await this.#http.ask('POST', `/subjects/${subject}`, 'invalid-config', body);
      named.push({ name, subject: name, version: Number(fieldOf(found, 'version')) });
    }
    return {
      schema: text,
      ...(type === 'AVRO' ? {} : { schemaType: type }),
      ...(named.length === 0 ? {} : { references: named }),
    };
  }

  async #byId(path: string, id: number | string, missing: 'undecodable' | 'invalid-config'): Promise<RegisteredSchema> {
    const answer = await this.#http.ask('GET', path, missing);
    return { id, ...(await this.#described(answer)) };
  }

  async #latest(subject: string): Promise<RegisteredSchema> {
    const answer = await this.#http.ask('GET', `/subjects/${subject}/versions/latest`, 'invalid-config');
    return { id: idOf(answer), ...(await this.#described(answer)) };
  }

  async #described(answer: unknown): Promise<Omit<RegisteredSchema, 'id'>> {
    const type = fieldOf(answer, 'schemaType');
    const references = await this.#references(answer, new Set());
    // What was there before there were others has no name in the interface.
    return { type: typeof type === 'string' ? type : 'AVRO', text: textOf(answer), references };
  }

  /** In the order in which they can be read, each once. */
  async #references(answer: unknown, seen: Set<string>): Promise<readonly string[]> {
    const references = fieldOf(answer, 'references');
    const texts: string[] = [];
    if (!Array.isArray(references)) return texts;
    for (const reference of references) {
      const path = `/subjects/${encodeURIComponent(String(fieldOf(reference, 'subject')))}/versions/${Number(fieldOf(reference, 'version'))}`;
      if (seen.has(path)) continue;
      seen.add(path);
      const referred = await this.#http.ask('GET', path, 'invalid-config');
      texts.push(...(await this.#references(referred, seen)), textOf(referred));
    }
    return texts;
  }

  #once(key: string, ask: () => Promise<RegisteredSchema>): RegisteredSchema | Promise<RegisteredSchema> {
    const known = this.#known.get(key) ?? this.#asking.get(key);
    if (known !== undefined) return known;
    const asking = ask()
      .then((schema) => {
        this.#known.set(key, schema);
        return schema;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }
}

function idOf(answer: unknown): number {
  const id = fieldOf(answer, 'id');
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 32) return id;
  throw new StreamError('unavailable', 'the schema registry answered without an id', { where: 'registry' });
}

function textOf(answer: unknown): string {
  const text = fieldOf(answer, 'schema');
  if (typeof text === 'string') return text;
  throw new StreamError('unavailable', 'the schema registry answered without a schema', { where: 'registry' });
}

/** `01`, then the sixteen bytes of a GUID, then, of a Protobuf schema, which message it is. */
function namedBy(header: string | Uint8Array): Pick<OpenedPayload, 'id' | 'index'> {
  const bytes = typeof header === 'string' ? Buffer.from(header, 'latin1') : Buffer.from(header);
  if (bytes.byteLength < 17 || bytes[0] !== 1) throw undecodable('has a header __value_schema_id that is not a GUID');
  const hex = bytes.toString('hex', 1, 17);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return bytes.byteLength > 17 ? { id, index: bytes.subarray(17) } : { id };
}
