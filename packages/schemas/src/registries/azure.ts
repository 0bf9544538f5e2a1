import { type DataAbout, type ErrorCode, type StoredDataAbout, StreamError } from '@isostream/core';
import { Asked } from './asked.ts';
import { fieldOf, parsed, type RegistryAnswer, RegistryHttp, type RegistryRequest } from './http.ts';
import { NamedSchemas } from './named-schemas.ts';
import { checkChoice, type SchemaChoice, type SchemaNaming } from './naming.ts';
import { checkOptions, wrong } from '../options.ts';
import {
  type Frame,
  type OpenedPayload,
  type RegisteredSchema,
  type SchemaRegistry,
  type SchemaKind,
  undecodable,
  type WrittenSchema,
} from './registry.ts';

export type { SchemaChoice, SchemaNaming } from './naming.ts';
export type { Frame, OpenedPayload, RegisteredSchema, SchemaRegistry, SchemaKind, WrittenSchema } from './registry.ts';

/** A credential of Microsoft Entra, such as `new DefaultAzureCredential()` of `@azure/identity`. */
export interface TokenSource {
  getToken(scope: string, options?: { readonly abortSignal?: AbortSignal }): Promise<{ readonly token: string } | null>;
}

export interface AzureOptions {
  /** The namespace of Event Hubs that holds the schemas: `orders.servicebus.windows.net`, or an http address of a server for tests. */
  readonly namespace: string;
  readonly credential: TokenSource;
  /** The schema group, which has to exist. */
  readonly group: string;
  /**
   * The name of a schema: its own full name, as Microsoft's clients have it, that of the topic, both (`<topic>-<name>`), or what a
   * function says. Default `record`.
   */
  readonly schemaName?: SchemaNaming;
  /**
   * The schema to write with: register the topic's own one (the default), use the latest version of its name, or the schema of this
   * id for each event type.
   */
  readonly schemas?: SchemaChoice<string>;
  /** How long one request may take, in milliseconds. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

const scope = 'https://eventhubs.azure.net/.default';
const version = 'api-version=2022-10';
const formats: Readonly<Record<SchemaKind, string>> = { AVRO: 'Avro', JSON: 'Json', PROTOBUF: '' };
const mediaTypes: Readonly<Record<SchemaKind, string>> = {
  AVRO: 'avro/binary',
  JSON: 'application/json',
  PROTOBUF: 'application/protobuf',
};
const named = /^(?:avro\/binary|application\/json)\+([\w-]+)\s*(?:;|$)/i;
const known = ['namespace', 'group', 'credential', 'schemaName', 'schemas', 'requestTimeoutMs'];
const noPrefix = new Uint8Array(0);

/**
 * Azure Schema Registry. Payloads are bare; the content type of an event names its schema (`avro/binary+<id>`), on Event Hubs as the
 * property of AMQP, on other providers as their header. Each schema is asked for once and kept. Throws `invalid-config` for wrong
 * options.
 */
export function azureRegistry(options: AzureOptions): SchemaRegistry {
  return new Azure(options);
}

class Azure implements SchemaRegistry {
  readonly #http: RegistryHttp;
  readonly #asked = new Asked();
  readonly #named: NamedSchemas<string>;

  constructor(options: AzureOptions) {
    checkOptions(options, known, 'registry');
    const { namespace, credential, group, requestTimeoutMs: timeoutMs = 5_000 } = options;
    checkChoice(
      options.schemaName,
      'schemaName',
      options.schemas,
      (id) => typeof id === 'string' && /^[\w-]+$/.test(id),
    );
    // Whatever a program without types may give.
    const [given, called, place]: readonly unknown[] = [credential, group, namespace];
    if (typeof place !== 'string' || place === '')
      throw wrong(
        'namespace is missing. Give the host name of one of Event Hubs, such as orders.servicebus.windows.net',
        'registry',
      );
    if (typeof given !== 'object' || given === null || !('getToken' in given))
      throw wrong(
        'credential is not one of Microsoft Entra. Give new DefaultAzureCredential() of @azure/identity',
        'registry',
      );
    if (typeof called !== 'string' || called === '')
      throw wrong('group is missing. Give the name of the schema group', 'registry');
    this.#named = new NamedSchemas({
      asked: this.#asked,
      schemas: options.schemas,
      naming: options.schemaName ?? 'record',
      requireWritable,
      byId: (id, missing) => this.#byId(id, missing),
      latest: (name, missing) => this.#latest(pathOf(group, name), missing),
      register: (name, schema) => this.#register(pathOf(group, name), schema),
    });
    this.#http = new RegistryHttp({
      url: namespace.includes('://') ? namespace : `https://${namespace}`,
      timeoutMs,
      headers: async (signal) => ({ authorization: `Bearer ${await tokenOf(credential, signal)}` }),
      isMissing: (answer) => fieldOf(answer, 'error') !== undefined,
      reasonOf: (answer) => fieldOf(fieldOf(answer, 'error'), 'message'),
      codeOf: (status, reason) => (status === 400 && /compatib/i.test(reason) ? 'conflict' : undefined),
    });
  }

  contentTypes(type: SchemaKind): readonly string[] {
    return [`${mediaTypes[type]}+*`];
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    return this.#named.writing(schema, about);
  }

  async newest(schema: WrittenSchema, about: DataAbout): Promise<RegisteredSchema | undefined> {
    return this.#named.newest(schema, about);
  }

  open(bytes: Uint8Array, { contentType = '' }: StoredDataAbout): OpenedPayload {
    const id = named.exec(contentType)?.[1];
    if (id === undefined) throw undecodable(`has no content type that names its schema, such as avro/binary+<id>`);
    return { id, bytes, start: 0 };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    return this.#asked.known(id) ?? this.#asked.once(id, () => this.#byId(String(id), 'undecodable'));
  }

  frame({ id }: RegisteredSchema, type: SchemaKind): Frame {
    return { contentType: `${mediaTypes[type]}+${id}`, prefix: noPrefix };
  }

  #byId(id: string, missing: ErrorCode): Promise<RegisteredSchema> {
    return this.#read({ method: 'GET', path: `/$schemaGroups/$schemas/${id}?${version}`, missing });
  }

  async #register(path: string, { type, text }: WrittenSchema): Promise<RegisteredSchema> {
    const request: RegistryRequest = {
      method: 'PUT',
      path: `${path}?${version}`,
      missing: 'invalid-config',
      body: text,
      contentType: `application/json; serialization=${formats[type]}`,
    };
    return { id: this.#idIn(await this.#http.ask(request), request), type, text, references: [] };
  }

  async #latest(path: string, missing: ErrorCode): Promise<RegisteredSchema> {
    const request: RegistryRequest = { method: 'GET', path: `${path}/versions?${version}`, missing };
    const answer = parsed((await this.#http.ask(request)).text);
    // One name in older versions of the interface, another in newer ones.
    const versions = fieldOf(answer, 'schemaVersions') ?? fieldOf(answer, 'value');
    const latest = Array.isArray(versions) ? Math.max(...versions.map(Number)) : Number.NaN;
    if (!Number.isInteger(latest)) throw this.#http.senseless(request);
    return this.#read({ ...request, path: `${path}/versions/${latest}?${version}` });
  }

  async #read(request: RegistryRequest): Promise<RegisteredSchema> {
    const answer = await this.#http.ask(request);
    const format = /serialization=(\w+)/i.exec(answer.headers.get('content-type') ?? '')?.[1];
    if (format === undefined) throw this.#http.senseless(request);
    return { id: this.#idIn(answer, request), type: format.toUpperCase(), text: answer.text, references: [] };
  }

  #idIn({ headers }: RegistryAnswer, request: RegistryRequest): string {
    const id = headers.get('schema-id');
    if (id === null || id === '') throw this.#http.senseless(request);
    return id;
  }
}

function pathOf(group: string, name: string): string {
  return `/$schemaGroups/${encodeURIComponent(group)}/schemas/${encodeURIComponent(name)}`;
}

async function tokenOf(credential: TokenSource, abortSignal: AbortSignal): Promise<string> {
  let answer: { readonly token: string } | null;
  try {
    answer = await credential.getToken(scope, { abortSignal });
  } catch (cause) {
    const status: unknown = fieldOf(cause, 'statusCode');
    const isAway = (typeof status === 'number' && status >= 500) || /^E[A-Z_]+$/.test(String(fieldOf(cause, 'code')));
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StreamError(
      isAway ? 'unavailable' : 'unauthenticated',
      `the credential for the schema registry gave no token: ${reason}. ${isAway ? 'It is asked again' : 'Check the credential'}`,
      { where: 'registry', cause },
    );
  }
  if (typeof answer?.token === 'string' && answer.token !== '') return answer.token;
  throw new StreamError('unauthenticated', 'the credential for the schema registry gave no token. Check it', {
    where: 'registry',
  });
}

function requireWritable({ type, references = [] }: WrittenSchema): void {
  const problem =
    type === 'PROTOBUF'
      ? 'Azure Schema Registry has no format for Protobuf. Leave registry out, use another one, or use Avro or JSON Schema'
      : 'Azure Schema Registry keeps no references between schemas. Give one schema that holds them all';
  if (type === 'PROTOBUF' || references.length > 0)
    throw new StreamError('unsupported', problem, { where: 'registry' });
}
