import { type DataAbout, type ErrorCode, type StoredDataAbout, StreamError } from '@isostream/core';
import { Asked } from './asked.ts';
import { fieldOf, parsed, type RegistryAddress, RegistryHttp, type RegistryRequest } from './http.ts';
import { NamedSchemas } from './named-schemas.ts';
import { checkChoice, type SchemaChoice, type SchemaNaming } from './naming.ts';
import { textsOf } from '../codecs/references.ts';
import { checkOneOf, checkOptions, wrong } from '../options.ts';
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
  /**
   * Where an event says its schema: by its id in front of the payload, or by its GUID in the header `__value_schema_id`, which leaves
   * the payload bare and needs a registry that gives GUIDs. Both are read. Default `prefix`.
   */
  readonly schemaId?: 'prefix' | 'header';
}

const mediaType = 'application/vnd.schemaregistry.v1+json';
const schemaIdHeader = '__value_schema_id';
const prefixBytes = 5;
const noPrefix = new Uint8Array(0);
const noIndex = new Uint8Array(0);

/**
 * A registry with Confluent's interface (Confluent, Apicurio, Karapace, Redpanda). Payloads have the schema's id in front, or its GUID
 * in a header; both are read, whichever is written. Each schema is asked for once and kept.
 */
export function confluentRegistry(options: ConfluentOptions): SchemaRegistry {
  return new Confluent(options);
}

class Confluent implements SchemaRegistry {
  readonly headers: readonly string[] = [schemaIdHeader];
  readonly #http: RegistryHttp;
  readonly #options: ConfluentOptions;
  readonly #asked = new Asked();
  readonly #named: NamedSchemas<number>;
  /** Schemas that others refer to, by the path of their version, which never changes. */
  readonly #referred = new Map<string, unknown>();

  constructor(options: ConfluentOptions) {
    checkOptions(options, ['url', 'auth', 'subject', 'schemas', 'schemaId', 'requestTimeoutMs'], 'registry');
    checkOneOf(options.schemaId, 'schemaId', ['prefix', 'header'], 'registry');
    const { url, auth, requestTimeoutMs: timeoutMs = 5_000 } = options;
    const headers = {
      accept: `${mediaType}, application/json`,
      ...(auth === undefined ? {} : { authorization: authorization(auth) }),
    };
    this.#http = new RegistryHttp({
      url,
      timeoutMs,
      headers: () => headers,
      // Five digits say what is missing. A plain 404 is the answer to an address that no registry has.
      isMissing: (answer) => /^404\d\d$/.test(String(fieldOf(answer, 'error_code'))),
      reasonOf: (answer) => fieldOf(answer, 'message'),
    });
    this.#options = options;
    checkChoice(options.subject, 'subject', options.schemas, isId);
    this.#named = new NamedSchemas({
      asked: this.#asked,
      schemas: options.schemas,
      naming: options.subject ?? 'topic',
      suffix: '-value',
      byId: (id, missing) => this.#byId(`/schemas/ids/${id}`, id, missing),
      latest: (subject, missing) => this.#latest(subject, missing),
      register: (subject, schema) => this.#register(subject, schema),
      complete: (schema) => this.#withGuid(schema),
    });
  }

  contentTypes(type: SchemaKind): readonly string[] {
    return [`application/vnd.confluent.${type.toLowerCase()}`];
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    return this.#named.writing(schema, about);
  }

  async newest(schema: WrittenSchema, about: DataAbout): Promise<RegisteredSchema | undefined> {
    return this.#named.newest(schema, about);
  }

  open(bytes: Uint8Array, { headers }: StoredDataAbout): OpenedPayload {
    const named = headerOf(headers, schemaIdHeader);
    if (named !== undefined) return { ...namedBy(named), bytes, start: 0 };
    if (bytes[0] !== 0 || bytes.byteLength < prefixBytes)
      throw undecodable('does not begin with the id of a schema, and has no header that names one');
    return { id: numberAt(bytes, 1), bytes, start: prefixBytes };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    return this.#asked.known(id) ?? this.#asked.once(id, () => this.#byId(path, id, 'undecodable'));
  }

  frame({ id, guid = '' }: RegisteredSchema, type: SchemaKind, index: Uint8Array = noIndex): Frame {
    const [contentType = ''] = this.contentTypes(type);
    if (this.#options.schemaId === 'header') {
      const header = Buffer.concat([Uint8Array.of(1), Buffer.from(guid.replaceAll('-', ''), 'hex'), index]);
      return { contentType, prefix: noPrefix, headers: [[schemaIdHeader, header]] };
    }
    const prefix = Buffer.alloc(prefixBytes + index.byteLength);
    prefix.writeUInt32BE(Number(id), 1);
    prefix.set(index, prefixBytes);
    return { contentType, prefix };
  }

  /** With its GUID, where events are to have it. Registries say it with the schema, and some only there. */
  async #withGuid(schema: RegisteredSchema): Promise<RegisteredSchema> {
    if (this.#options.schemaId !== 'header' || schema.guid !== undefined) return schema;
    const { guid } = guidOf(await this.#get(`/schemas/ids/${schema.id}`, 'invalid-config'));
    if (guid !== undefined) return { ...schema, guid };
    const problem = 'the schema registry gives schemas no GUID, which schemaId: "header" writes';
    throw new StreamError('unsupported', `${problem}. Use schemaId: "prefix"`, { where: 'registry' });
  }

  async #register(subject: string, schema: WrittenSchema): Promise<RegisteredSchema> {
    const answer = await this.#add(subject, await this.#body(schema));
    const references = textsOf(schema.references);
    return { id: idOf(answer), type: schema.type, text: schema.text, references, ...guidOf(answer) };
  }

  #add(subject: string, body: object): Promise<unknown> {
    return this.#post(`/subjects/${encodeURIComponent(subject)}/versions`, body);
  }

  async #body({ type, text, references = [] }: WrittenSchema): Promise<object> {
    const named: object[] = [];
    for (const { name, schema } of references) {
      // Others of the same names are found there as well: so the clients of Confluent call them.
      const body = await this.#body(schema);
      await this.#add(name, body);
      const found = await this.#post(`/subjects/${encodeURIComponent(name)}`, body);
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

  #get(path: string, missing: ErrorCode): Promise<unknown> {
    return this.#ask({ method: 'GET', path, missing });
  }

  async #ask(request: RegistryRequest): Promise<unknown> {
    const answer = parsed((await this.#http.ask(request)).text);
    if (answer === undefined) throw this.#http.senseless(request);
    return answer;
  }

  async #byId(path: string, id: number | string, missing: ErrorCode): Promise<RegisteredSchema> {
    const answer = await this.#get(path, missing);
    return { id, ...(await this.#described(answer, missing)) };
  }

  async #latest(subject: string, missing: ErrorCode): Promise<RegisteredSchema> {
    const answer = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/latest`, missing);
    return { id: idOf(answer), ...(await this.#described(answer, 'invalid-config')) };
  }

  async #described(answer: unknown, missing: ErrorCode): Promise<Omit<RegisteredSchema, 'id'>> {
    const type = fieldOf(answer, 'schemaType');
    const references = await this.#references(answer, missing, new Set());
    // What was there before there were others has no name in the interface.
    return {
      type: typeof type === 'string' ? type : 'AVRO',
      text: textOf(answer),
      references,
      ...guidOf(answer),
    };
  }

  /** In the order in which they can be read, each once. */
  async #references(answer: unknown, missing: ErrorCode, seen: Set<string>): Promise<readonly string[]> {
    const references = fieldOf(answer, 'references');
    const texts: string[] = [];
    if (!Array.isArray(references)) return texts;
    for (const reference of references) {
      const path = `/subjects/${encodeURIComponent(String(fieldOf(reference, 'subject')))}/versions/${Number(fieldOf(reference, 'version'))}`;
      if (seen.has(path)) continue;
      seen.add(path);
      const referred = this.#referred.get(path) ?? (await this.#get(path, missing));
      this.#referred.set(path, referred);
      texts.push(...(await this.#references(referred, missing, seen)), textOf(referred));
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

const guidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function guidOf(answer: unknown): Pick<RegisteredSchema, 'guid'> {
  const guid = fieldOf(answer, 'guid');
  return typeof guid === 'string' && guidForm.test(guid) ? { guid: guid.toLowerCase() } : {};
}

/** `01` and the sixteen bytes of a GUID, or `00` and the four of an id; then, of a Protobuf schema, which message it is. */
function namedBy(header: string | Uint8Array): Pick<OpenedPayload, 'id' | 'index'> {
  const bytes = headerBytes(header);
  const length = bytes[0] === 1 ? 17 : prefixBytes;
  if ((bytes[0] ?? 2) > 1 || bytes.byteLength < length)
    throw undecodable(`has a header ${schemaIdHeader} that is neither the GUID nor the id of a schema`);
  const hex = bytes.toString('hex', 1, length);
  const id =
    length === prefixBytes
      ? numberAt(bytes, 1)
      : [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return bytes.byteLength > length ? { id, index: bytes.subarray(length) } : { id };
}

/** Bytes, or text of them; base64 where headers are text, and where a copy of such an event came to be. */
function headerBytes(header: string | Uint8Array): Buffer {
  const bytes = Buffer.from(typeof header === 'string' ? Buffer.from(header) : header);
  return (bytes[0] ?? 2) <= 1 ? bytes : Buffer.from(bytes.toString('latin1'), 'base64');
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
