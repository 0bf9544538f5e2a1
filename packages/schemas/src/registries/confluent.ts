import { type DataAbout, type StoredDataAbout, StreamError } from '@isostream/core';
import { Asked } from './asked.ts';
import { fieldOf, parsed, type RegistryAddress, RegistryHttp, type RegistryRequest } from './http.ts';
import { checkChoice, nameFor, pinnedId, type SchemaChoice, type SchemaNaming } from './naming.ts';
import { checkOptions, wrong } from '../options.ts';
import {
  type Frame,
  headerOf,
  type OpenedPayload,
  type RegisteredSchema,
  type SchemaRegistry,
  type SchemaKind,
  undecodable,
  type WrittenSchema,
} from './registry.ts';

export type { RegistryAddress } from './http.ts';
export type { SchemaChoice, SchemaNaming } from './naming.ts';
export type { Frame, OpenedPayload, RegisteredSchema, SchemaRegistry, SchemaKind, WrittenSchema } from './registry.ts';

export interface ConfluentOptions extends RegistryAddress {
  /**
   * The subject of a schema: `<topic>-value`, the schema's own full name, both (`<topic>-<name>`), or what a function says.
   * Default `topic`, which suits topics with one event type.
   */
  readonly subject?: SchemaNaming;
  /**
   * The schema to write with: register the topic's own one (the default), use the latest of its subject, or the one of this id for
   * each event type.
   */
  readonly schemas?: SchemaChoice<number>;
}

const mediaType = 'application/vnd.schemaregistry.v1+json';
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
  readonly #http: RegistryHttp;
  readonly #options: ConfluentOptions;
  readonly #asked = new Asked();

  constructor(options: ConfluentOptions) {
    checkOptions(options, ['url', 'auth', 'subject', 'schemas', 'requestTimeoutMs'], 'registry');
    const { url, auth, requestTimeoutMs: timeoutMs = 5_000 } = options;
    const headers = {
      accept: `${mediaType}, application/json`,
      ...(auth === undefined ? {} : { authorization: authorization(auth) }),
    };
    this.#http = new RegistryHttp({
      url,
      timeoutMs,
      headers: () => headers,
      isMissing: (answer) => String(fieldOf(answer, 'error_code')).startsWith('404'),
      reasonOf: (answer) => fieldOf(answer, 'message'),
    });
    this.#options = options;
    checkChoice(options.subject, 'subject', options.schemas, isId);
  }

  contentTypes(type: SchemaKind): readonly string[] {
    return [`application/vnd.confluent.${type.toLowerCase()}`];
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    const { schemas = 'register', subject: naming = 'topic' } = this.#options;
    if (typeof schemas === 'object') {
      const id = pinnedId(schemas.ids, about);
      return this.#asked.once(`pinned ${id}`, () => this.#byId(`/schemas/ids/${id}`, id, 'invalid-config'));
    }
    const subject = encodeURIComponent(nameFor(naming, schema, about, '-value'));
    if (schemas === 'latest') return this.#asked.once(`latest ${subject}`, () => this.#latest(subject));
    return this.#asked.once(`${subject} ${schema.text}`, async () => {
      const answer = await this.#register(subject, await this.#body(schema));
      return { id: idOf(answer), type: schema.type, text: schema.text, references: [] };
    });
  }

  open(bytes: Uint8Array, { headers }: StoredDataAbout): OpenedPayload {
    const named = headerOf(headers, '__value_schema_id');
    if (named !== undefined) return { ...namedBy(named), bytes, start: 0 };
    if (bytes[0] !== 0 || bytes.byteLength < prefixBytes)
      throw undecodable('does not begin with the id of a schema, and has no header that names one');
    return { id: numberAt(bytes, 1), bytes, start: prefixBytes };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    return this.#asked.known(id) ?? this.#asked.once(id, () => this.#byId(path, id, 'undecodable'));
  }

  frame({ id }: RegisteredSchema, type: SchemaKind, index: Uint8Array = noIndex): Frame {
    const prefix = Buffer.alloc(prefixBytes + index.byteLength);
    prefix.writeUInt32BE(Number(id), 1);
    prefix.set(index, prefixBytes);
    const [contentType = ''] = this.contentTypes(type);
    return { contentType, prefix };
  }

  #register(subject: string, body: object): Promise<unknown> {
    return this.#post(`/subjects/${subject}/versions`, body);
  }

  async #body({ type, text, references = [] }: WrittenSchema): Promise<object> {
    const named: object[] = [];
    for (const { name, schema } of references) {
      // Others of the same names are found there as well: so the clients of Confluent call them.
      const subject = encodeURIComponent(name);
      const body = await this.#body(schema);
      await this.#register(subject, body);
      const found = await this.#post(`/subjects/${subject}`, body);
      named.push({ name, subject: name, version: Number(fieldOf(found, 'version')) });
    }
    return {
      schema: text,
      ...(type === 'AVRO' ? {} : { schemaType: type }),
      ...(named.length === 0 ? {} : { references: named }),
    };
  }

  #post(path: string, body: object): Promise<unknown> {
    const text = JSON.stringify(body);
    return this.#ask({ method: 'POST', path, missing: 'invalid-config', body: text, contentType: mediaType });
  }

  #get(path: string, missing: 'undecodable' | 'invalid-config'): Promise<unknown> {
    return this.#ask({ method: 'GET', path, missing });
  }

  async #ask(request: RegistryRequest): Promise<unknown> {
    const answer = parsed((await this.#http.ask(request)).text);
    if (answer === undefined) throw this.#http.senseless(request);
    return answer;
  }

  async #byId(path: string, id: number | string, missing: 'undecodable' | 'invalid-config'): Promise<RegisteredSchema> {
    const answer = await this.#get(path, missing);
    return { id, ...(await this.#described(answer)) };
  }

  async #latest(subject: string): Promise<RegisteredSchema> {
    const answer = await this.#get(`/subjects/${subject}/versions/latest`, 'invalid-config');
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
      const referred = await this.#get(path, 'invalid-config');
      texts.push(...(await this.#references(referred, seen)), textOf(referred));
    }
    return texts;
  }
}

/** Four bytes, of which a view would cost more than the rest. */
function numberAt(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let index = start; index < start + 4; index++) number = number * 256 + (bytes[index] ?? 0);
  return number;
}

function isId(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 32;
}

function idOf(answer: unknown): number {
  const id = fieldOf(answer, 'id');
  if (isId(id)) return id;
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

function authorization(auth: NonNullable<RegistryAddress['auth']>): string {
  // Whatever a program without types may give.
  const given = new Map<string, unknown>(Object.entries(auth));
  const [username, password, token] = [given.get('username'), given.get('password'), given.get('token')];
  if (given.size === 1 && typeof token === 'string' && /^[\u0021-\u007e]+$/.test(token)) return `Bearer ${token}`;
  if (given.size === 2 && typeof username === 'string' && typeof password === 'string')
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  throw wrong('auth is neither { username, password } nor { token }, each of them text', 'registry');
}
