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
import { type DataAbout, type ErrorCode, StreamError } from '@isostream/core';
import { Asked } from './asked.ts';
import { glueError, nameOf, registryError } from './glue-errors.ts';
import { checkChoice, nameFor, pinnedId, type SchemaChoice, type SchemaNaming } from './naming.ts';
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

const headerBytes = 18;
const [version, plain, zlib] = [3, 0, 5] as const;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** More than any service stores: a payload that claims more is refused before there is no memory left. */
const largestPayload = 64 * 1_048_576;

/**
 * AWS Glue Schema Registry, by the SDK `@aws-sdk/client-glue`. Before each payload stand a 3, whether it is compressed, and the id of
 * its schema's version. Each schema is asked for once and kept. Throws `invalid-config` for wrong options.
 */
export function glueRegistry(options: GlueOptions = {}): SchemaRegistry {
  return new Glue(options);
}

class Glue implements SchemaRegistry {
  readonly #options: GlueOptions;
  readonly #client: GlueClient;
  readonly #timeoutMs: number;
  readonly #asked = new Asked();

  constructor(options: GlueOptions) {
    checkGiven(options);
    const { region, endpoint, credentials, requestTimeoutMs = 5_000 } = options;
    this.#options = options;
    this.#timeoutMs = requestTimeoutMs;
    this.#client = new GlueClient({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      // Sends and stored events wait and ask again by themselves.
      maxAttempts: 1,
    });
  }

  contentTypes(type: SchemaKind): readonly string[] {
    return [`application/vnd.aws.glue.${type.toLowerCase()}`];
  }

  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema> {
    const { schemas = 'register', schemaName = 'topic', registry = 'default-registry' } = this.#options;
    requireWritable(schema);
    if (typeof schemas === 'object') {
      const SchemaVersionId = pinnedId(schemas.ids, about).toLowerCase();
      return this.#asked.once(`pinned ${SchemaVersionId}`, () => this.#version({ SchemaVersionId }, 'invalid-config'));
    }
    const SchemaName = nameFor(schemaName, schema, about, '');
    const SchemaId = { RegistryName: registry, SchemaName };
    if (schemas === 'latest')
      return this.#asked.once(`latest ${SchemaName}`, () =>
        this.#version({ SchemaId, SchemaVersionNumber: { LatestVersion: true } }, 'invalid-config'),
      );
    return this.#asked.once(`${SchemaName} ${schema.text}`, async () => {
      const found = await this.#register(registry, SchemaName, schema);
      return { id: available(found, SchemaName), type: schema.type, text: schema.text, references: [] };
    });
  }

  open(bytes: Uint8Array): OpenedPayload {
    const compression = bytes[1];
    if (bytes[0] !== version || bytes.byteLength < headerBytes || (compression !== plain && compression !== zlib))
      throw undecodable('does not begin with the version of a schema in AWS Glue');
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset + 2, 16).toString('hex');
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    return compression === plain ? { id, bytes, start: headerBytes } : { id, bytes: inflated(bytes), start: 0 };
  }

  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema> {
    const SchemaVersionId = String(id);
    return this.#asked.known(id) ?? this.#asked.once(id, () => this.#version({ SchemaVersionId }, 'undecodable'));
  }

  frame({ id }: RegisteredSchema, type: SchemaKind): Frame {
    const [contentType = ''] = this.contentTypes(type);
    const isPacked = this.#options.compression === 'zlib';
    const prefix = Buffer.concat([
      Buffer.of(version, isPacked ? zlib : plain),
      Buffer.from(String(id).replaceAll('-', ''), 'hex'),
    ]);
    return isPacked ? { contentType, prefix, pack: (payload) => deflateSync(payload) } : { contentType, prefix };
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

  /** As the clients of AWS do: the version that is there, else a new one, else the first of a new schema. */
  async #register(RegistryName: string, SchemaName: string, { type, text }: WrittenSchema): Promise<Version> {
    const { compatibility = 'BACKWARD' } = this.#options;
    const SchemaDefinition = text;
    const SchemaId = { RegistryName, SchemaName };
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
              DataFormat: type,
              Compatibility: compatibility,
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

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes.subarray(headerBytes), { maxOutputLength: largestPayload });
  } catch (cause) {
    throw undecodable('is not compressed as it says', cause);
  }
}

function requireWritable({ type, references = [] }: WrittenSchema): void {
  if (references.length > 0)
    throw refused('unsupported', 'AWS Glue keeps no references between schemas. Give one schema that holds them all');
  if (type === 'PROTOBUF')
    throw refused('unsupported', 'Protobuf is not written to AWS Glue here. Use Avro or JSON Schema there');
}

const known = [
  ...['region', 'endpoint', 'credentials', 'registry', 'schemaName', 'schemas'],
  ...['compatibility', 'compression', 'requestTimeoutMs'],
];
const levels = ['NONE', 'DISABLED', 'BACKWARD', 'BACKWARD_ALL', 'FORWARD', 'FORWARD_ALL', 'FULL', 'FULL_ALL'];

function checkGiven(options: GlueOptions): void {
  checkOptions(options, known, 'registry');
  const { endpoint, compression, requestTimeoutMs = 5_000, schemaName, schemas } = options;
  checkChoice(schemaName, 'schemaName', schemas, (id) => typeof id === 'string' && uuid.test(id));
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw refused('invalid-config', 'endpoint is not an http or https address');
  checkOneOf(compression, 'compression', ['none', 'zlib'], 'registry');
  checkOneOf(options.compatibility, 'compatibility', levels, 'registry');
  if (!(requestTimeoutMs > 0)) throw refused('invalid-config', 'requestTimeoutMs must be more than 0');
}

function refused(code: ErrorCode, message: string): StreamError {
  return new StreamError(code, message, { where: 'registry' });
}
