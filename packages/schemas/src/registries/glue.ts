import { deflateSync, inflateSync } from 'node:zlib';
import {
  type Compatibility,
  CreateSchemaCommand,
  GetSchemaByDefinitionCommand,
  GetSchemaVersionCommand,
  GlueClient,
  type GlueClientConfig,
  type GetSchemaVersionCommandInput,
  RegisterSchemaVersionCommand,
} from '@aws-sdk/client-glue';
import { type DataAbout, type ErrorCode, type Size, StreamError } from '@isostream/core';
import { toBytes } from '@isostream/core/adapter';
import { Asked } from './asked.ts';
import { glueError, nameOf, registryError } from './glue-errors.ts';
import { NamedSchemas } from './named-schemas.ts';
import { checkChoice, type SchemaChoice, type SchemaNaming } from './naming.ts';
import { checkOneOf, checkOptions } from '../options.ts';
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

export interface GlueOptions {
  /** Default: that of the environment or profile, as the SDK finds it. */
  readonly region?: string;
  /** An address other than that of AWS, such as `http://127.0.0.1:5000` of an emulator. */
  readonly endpoint?: string;
  /** Default: those of the environment, profile or role, as the SDK finds them. */
  readonly credentials?: GlueClientConfig['credentials'];
  /** The registry in which schemas are registered. Default `default-registry`, which Glue makes by itself. */
  readonly registry?: string;
  /**
   * The name of a schema: that of the topic, the schema's own full name, both (`<topic>-<name>`), or what a function says. Default
   * `topic`, which suits topics with one event type.
   */
  readonly schemaName?: SchemaNaming;
  /**
   * The schema to write with: register the topic's own one (the default), use the latest version of its name, or the version of this
   * id for each event type.
   */
  readonly schemas?: SchemaChoice<string>;
  /** Of a schema that is registered for the first time. Default `BACKWARD`. */
  readonly compatibility?: Compatibility;
  /** What is written is made smaller by it. Both are read. Default `none`. */
  readonly compression?: 'none' | 'zlib';
  /** What the payload of one event may unpack to. A larger one is `undecodable`, and is not written. Default 16 MB. */
  readonly maxUnpackedBytes?: Size;
  /** How long one request may take, in milliseconds. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

type Send = (client: GlueClient, abortSignal: AbortSignal) => Promise<Version>;
interface Version {
  readonly SchemaVersionId?: string | undefined;
  readonly Status?: string | undefined;
  readonly SchemaVersionStatus?: string | undefined;
  readonly SchemaDefinition?: string | undefined;
  readonly DataFormat?: string | undefined;
}

interface SchemaPlace {
  readonly RegistryName: string;
  readonly SchemaName: string;
}

const headerBytes = 18;
const noIndex = new Uint8Array(0);
const [version, plain, zlib] = [3, 0, 5] as const;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * AWS Glue Schema Registry, by the SDK `@aws-sdk/client-glue`. Before each payload stand a 3, whether it is compressed, and the id of
 * its schema's version. Each schema is asked for once and kept. Throws `invalid-config` for wrong options.
 */
export function glueRegistry(options: GlueOptions = {}): SchemaRegistry {
  return new Glue(options);
}

class Glue implements SchemaRegistry {
  readonly messageIndexing = 'number';
  readonly #options: GlueOptions;
  readonly #client: GlueClient;
  readonly #timeoutMs: number;
  readonly #maxUnpackedBytes: number;
  readonly #asked = new Asked();
  readonly #named: NamedSchemas<string>;

  constructor(options: GlueOptions) {
    this.#maxUnpackedBytes = checkGiven(options);
    const {
      region,
      endpoint,
      credentials,
      requestTimeoutMs = 5_000,
      registry: RegistryName = 'default-registry',
    } = options;
    this.#options = options;
    this.#timeoutMs = requestTimeoutMs;
    this.#client = new GlueClient({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      // Sends and stored events wait and ask again by themselves.
      maxAttempts: 1,
    });
    this.#named = new NamedSchemas({
      asked: this.#asked,
      schemas: options.schemas,
      naming: options.schemaName ?? 'topic',
      requireWritable,
      byId: (id, missing) => this.#version({ SchemaVersionId: id.toLowerCase() }, missing),
      latest: (SchemaName, missing) =>
        this.#version(
          { SchemaId: { RegistryName, SchemaName }, SchemaVersionNumber: { LatestVersion: true } },
          missing,
        ),
      register: (SchemaName, schema) => this.#register({ RegistryName, SchemaName }, schema),
    });
  }

  contentTypes(type: SchemaKind): readonly string[] {
    return [`application/vnd.aws.glue.${type.toLowerCase()}`];
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    return this.#named.writing(schema, about);
  }

  async newest(schema: WrittenSchema, about: DataAbout): Promise<RegisteredSchema | undefined> {
    return this.#named.newest(schema, about);
  }

  open(bytes: Uint8Array): OpenedPayload {
    const compression = bytes[1];
    if (bytes[0] !== version || bytes.byteLength < headerBytes || (compression !== plain && compression !== zlib))
      throw undecodable('does not begin with the version of a schema in AWS Glue');
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset + 2, 16).toString('hex');
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    return compression === plain
      ? { id, bytes, start: headerBytes }
      : { id, bytes: inflated(bytes, this.#maxUnpackedBytes), start: 0 };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    const SchemaVersionId = String(id);
    return this.#asked.known(id) ?? this.#asked.once(id, () => this.#version({ SchemaVersionId }, 'undecodable'));
  }

  frame({ id }: RegisteredSchema, type: SchemaKind, index: Uint8Array = noIndex): Frame {
    const [contentType = ''] = this.contentTypes(type);
    const isPacked = this.#options.compression === 'zlib';
    const prefix = Buffer.concat([
      Buffer.of(version, isPacked ? zlib : plain),
      Buffer.from(String(id).replaceAll('-', ''), 'hex'),
      ...(isPacked ? [] : [index]),
    ]);
    if (!isPacked) return { contentType, prefix };
    // Which message it is belongs to what is compressed.
    const whole = (payload: Uint8Array) => (index.byteLength === 0 ? payload : Buffer.concat([index, payload]));
    return { contentType, prefix, pack: (payload) => deflated(whole(payload), this.#maxUnpackedBytes) };
  }

  async #version(input: GetSchemaVersionCommandInput, missing: ErrorCode): Promise<RegisteredSchema> {
    const found = await this.#ask(
      'reading a version of a schema',
      (client, abortSignal) => client.send(new GetSchemaVersionCommand(input), { abortSignal }),
      missing,
    );
    const { SchemaVersionId, SchemaDefinition, DataFormat } = found;
    if (SchemaVersionId === undefined || SchemaDefinition === undefined || DataFormat === undefined)
      throw registryError('unavailable', 'AWS Glue Schema Registry answered without a schema');
    return { id: SchemaVersionId.toLowerCase(), type: DataFormat, text: SchemaDefinition, references: [] };
  }

  async #register(SchemaId: SchemaPlace, { type, text: own, source }: WrittenSchema): Promise<RegisteredSchema> {
    const SchemaDefinition = source?.() ?? own;
    const found = await this.#registered(SchemaId, type, SchemaDefinition);
    return { id: available(found, SchemaId.SchemaName), type, text: SchemaDefinition, references: [] };
  }

  /** As the clients of AWS do: the version that is there, else a new one, else the first of a new schema. */
  async #registered(SchemaId: SchemaPlace, DataFormat: SchemaKind, SchemaDefinition: string): Promise<Version> {
    const { compatibility: Compatibility = 'BACKWARD' } = this.#options;
    const { RegistryName, SchemaName } = SchemaId;
    const registering: Send = (client, abortSignal) =>
      client.send(new RegisterSchemaVersionCommand({ SchemaId, SchemaDefinition }), { abortSignal });
    const what = `registering ${JSON.stringify(SchemaName)} in ${JSON.stringify(RegistryName)}`;
    const steps: readonly (readonly [Send, again: string])[] = [
      [
        (client, abortSignal) =>
          client.send(new GetSchemaByDefinitionCommand({ SchemaId, SchemaDefinition }), { abortSignal }),
        'EntityNotFoundException',
      ],
      [registering, 'EntityNotFoundException'],
      [
        (client, abortSignal) =>
          client.send(
            new CreateSchemaCommand({
              RegistryId: { RegistryName },
              SchemaName,
              DataFormat,
              Compatibility,
              SchemaDefinition,
            }),
            { abortSignal },
          ),
        // Another process was first.
        'AlreadyExistsException',
      ],
    ];
    for (const [send, again] of steps) {
      try {
        return await this.#ask(what, send, 'invalid-config');
      } catch (error) {
        if (!StreamError.is(error) || nameOf(error.cause) !== again) throw error;
      }
    }
    return this.#ask(what, registering, 'invalid-config');
  }

  async #ask(what: string, send: Send, missing: ErrorCode): Promise<Version> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.#timeoutMs);
    try {
      return await send(this.#client, controller.signal);
    } catch (thrown) {
      if (!controller.signal.aborted) throw glueError(thrown, what, missing);
      const problem = `AWS Glue Schema Registry: ${what}: it did not answer within ${this.#timeoutMs} ms`;
      throw registryError('timeout', problem, thrown);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The id of a version that may be written with. Glue looks at a new one for a while, and then says whether it fits the others. */
function available(found: Version, name: string): string {
  const { SchemaVersionId, Status = found.SchemaVersionStatus } = found;
  const of = `the version of ${JSON.stringify(name)} in AWS Glue`;
  if (Status === 'FAILURE') throw registryError('conflict', `${of} was refused`);
  if (Status === 'DELETING') throw registryError('invalid-config', `${of} is being deleted`);
  if (Status === 'PENDING') throw registryError('unavailable', `${of} is still being checked`);
  if (SchemaVersionId !== undefined && uuid.test(SchemaVersionId)) return SchemaVersionId.toLowerCase();
  throw registryError('unavailable', `${of} has no id`);
}

/** All at once, since it is bounded: a few kilobytes can claim to be gigabytes. */
function inflated(bytes: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return inflateSync(bytes.subarray(headerBytes), { maxOutputLength });
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw undecodable(
      isTooLarge
        ? `unpacks to more than ${maxOutputLength} bytes. Raise maxUnpackedBytes of glueRegistry() if you trust the writer`
        : 'is not compressed as it says',
      cause,
    );
  }
}

function deflated(payload: Uint8Array, most: number): Uint8Array {
  if (payload.byteLength <= most) return deflateSync(payload);
  const problem = `the payload has ${payload.byteLength} bytes before compression, and readers unpack ${most}`;
  throw refused('event-too-large', `${problem}. Raise maxUnpackedBytes of glueRegistry() here and where it is read`);
}

function requireWritable({ references = [] }: WrittenSchema): void {
  if (references.length > 0)
    throw refused('unsupported', 'AWS Glue keeps no references between schemas. Give one schema that holds them all');
}

const known = [
  ...['region', 'endpoint', 'credentials', 'registry', 'schemaName', 'schemas'],
  ...['compatibility', 'compression', 'maxUnpackedBytes', 'requestTimeoutMs'],
];
/** What a buffer holds on every runtime. */
const mostUnpacked = 2 ** 31;
const levels = ['NONE', 'DISABLED', 'BACKWARD', 'BACKWARD_ALL', 'FORWARD', 'FORWARD_ALL', 'FULL', 'FULL_ALL'];

/** Gives what the payload of one event may unpack to, in bytes. */
function checkGiven(options: GlueOptions): number {
  checkOptions(options, known, 'registry');
  const { endpoint, compression, maxUnpackedBytes = '16mb', requestTimeoutMs = 5_000, schemaName, schemas } = options;
  checkChoice(schemaName, 'schemaName', schemas, (id) => typeof id === 'string' && uuid.test(id));
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw refused('invalid-config', 'endpoint is not an http or https address');
  checkOneOf(compression, 'compression', ['none', 'zlib'], 'registry');
  checkOneOf(options.compatibility, 'compatibility', levels, 'registry');
  if (!(requestTimeoutMs > 0)) throw refused('invalid-config', 'requestTimeoutMs must be more than 0');
  const unpacked = Math.floor(toBytes(maxUnpackedBytes, 'maxUnpackedBytes'));
  if (unpacked >= 1 && unpacked <= mostUnpacked) return unpacked;
  throw refused('invalid-config', `maxUnpackedBytes is ${maxUnpackedBytes}. Give a size from 1 byte to 2 GB`);
}

function refused(code: ErrorCode, message: string): StreamError {
  return new StreamError(code, message, { where: 'registry' });
}
