import type { PlainFormat, Topic } from '@isostream/core';
import { StreamError, toBytes, toMilliseconds } from '@isostream/core/adapter';

/** What a service promises about its topics, as data: a file to keep beside the code and to compare the next version with. */
export interface Contract {
  readonly format: 'isostream-contract';
  readonly version: 1;
  readonly topics: Readonly<Record<string, TopicContract>>;
}

export interface TopicContract {
  /** JSON Schema of each event type's data as it may be written; absent on raw topics. */
  readonly events?: Readonly<Record<string, unknown>>;
  /** JSON Schemas of older versions of an event type, which are brought up to its schema; absent where there are none. */
  readonly older?: Readonly<Record<string, readonly unknown[]>>;
  /** The source of the key function; `null` where order was given up, absent on raw topics. */
  readonly key?: string | null;
  /** Tombstones are sent, and reach handlers; absent where they are not declared. */
  readonly tombstones?: true;
  /** How events lie in their records, with what says where attributes are; absent for CloudEvents. */
  readonly format?: string;
  /** The name of the codec of data; absent for JSON. */
  readonly codec?: string;
  /** The schemas that the codec writes each event type with; absent where it has none of its own. */
  readonly codecSchemas?: Readonly<Record<string, unknown>>;
  readonly partitions?: number;
  /** `null` is for ever. */
  readonly retentionMs?: number | null;
  readonly retentionBytes?: number;
  readonly compaction?: boolean;
  readonly maxEventBytes?: number;
}

/**
 * The contract of these topics. Topics of the same name must be the same.
 * Throws `unsupported` for a schema that cannot be said as JSON Schema, and names the topic, the event type and the cure.
 */
export function describeTopics(topics: readonly Topic[]): Contract {
  const described = new Map<string, TopicContract>();
  for (const topic of topics.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const contract = describe(topic);
    const known = described.get(topic.name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(contract))
      throw contractError(
        'conflict',
        `topic "${topic.name}" is declared twice, in different ways. Declare it once, and import it`,
      );
    described.set(topic.name, contract);
  }
  return { format: 'isostream-contract', version: 1, topics: Object.fromEntries(described) };
}

/** Reads a contract as `JSON.parse` returns it. Throws `invalid-config` for anything else. */
export function readContract(value: unknown): Contract {
  if (
    isRecord(value) &&
    value['format'] === 'isostream-contract' &&
    value['version'] === 1 &&
    isRecord(value['topics'])
  ) {
    const topics = Object.entries(value['topics']).filter((entry): entry is [string, TopicContract] =>
      isRecord(entry[1]),
    );
    return { format: 'isostream-contract', version: 1, topics: Object.fromEntries(topics) };
  }
  throw contractError('invalid-config', 'not a contract. Write one with "isostream contracts export"');
}

function describe(topic: Topic): TopicContract {
  const { partitions, retention, compaction, maxEventBytes } = topic;
  const { time, bytes } = typeof retention === 'object' ? retention : { time: retention, bytes: undefined };
  return {
    ...(topic.events === undefined
      ? {}
      : { events: eventsOf(topic), ...olderOf(topic), key: topic.key === null ? null : sourceOf(topic.key) }),
    ...(topic.tombstones === true ? { tombstones: true } : {}),
    ...(topic.format?.kind === 'plain' ? { format: formatOf(topic.format) } : {}),
    ...(topic.codec === undefined || topic.codec.name === 'json' ? {} : { codec: topic.codec.name }),
    ...codecSchemasOf(topic),
    ...(partitions === undefined ? {} : { partitions }),
    ...(time === undefined ? {} : { retentionMs: time === 'forever' ? null : toMilliseconds(time, 'retention') }),
    ...(bytes === undefined ? {} : { retentionBytes: toBytes(bytes, 'retention.bytes') }),
    ...(compaction === undefined ? {} : { compaction }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes: toBytes(maxEventBytes, 'maxEventBytes') }),
  };
}

function eventsOf({ name, events = {} }: Topic): Record<string, unknown> {
  const types = Object.keys(events).toSorted();
  return Object.fromEntries(
    types.map((type) => [type, jsonSchemaOf(events[type], `topic "${name}", event "${type}"`, 'draft-2020-12')]),
  );
}

function codecSchemasOf({ events = {}, codec }: Topic): Pick<TopicContract, 'codecSchemas'> {
  const found = Object.keys(events)
    .toSorted()
    .flatMap((type): [string, unknown][] => {
      const schema = codec?.schemas?.own(type);
      return schema === undefined ? [] : [[type, schema]];
    });
  return found.length === 0 ? {} : { codecSchemas: Object.fromEntries(found) };
}

/** Of types with versions: what an upcast takes can be read as well. */
function olderOf({ name, events = {} }: Topic): Pick<TopicContract, 'older'> {
  const older = Object.keys(events)
    .toSorted()
    .flatMap((type): [string, readonly unknown[]][] => {
      const schemas = olderSchemas(events[type]);
      const what = `topic "${name}", an older version of event "${type}"`;
      return schemas.length === 0 ? [] : [[type, schemas.map((each) => jsonSchemaOf(each, what, 'draft-2020-12'))]];
    });
  return older.length === 0 ? {} : { older: Object.fromEntries(older) };
}

function olderSchemas(schema: unknown): readonly unknown[] {
  const versions = isRecord(schema) ? schema['versions'] : undefined;
  const older: unknown = isRecord(versions) ? versions['older'] : undefined;
  return Array.isArray(older) ? older.flatMap((each: unknown) => (isRecord(each) ? [each['schema']] : [])) : [];
}

/** By the Standard JSON Schema interface, which zod 4.2, ArkType 2.1.28 and others implement. What goes in is what is stored. */
export function jsonSchemaOf(schema: unknown, what: string, target: 'draft-2020-12' | 'draft-07'): unknown {
  const standard = isRecord(schema) ? schema['~standard'] : undefined;
  const converter = isRecord(standard) ? standard['jsonSchema'] : undefined;
  const input = isRecord(converter) ? converter['input'] : undefined;
  if (typeof input !== 'function')
    throw contractError(
      'unsupported',
      `${what}: the schema does not say itself as JSON Schema. Use a library with Standard JSON Schema, such as zod 4.2 or newer`,
    );
  try {
    const written: unknown = Reflect.apply(input, converter, [{ target }]);
    return written;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it has no JSON form';
    throw contractError(
      'unsupported',
      `${what}: ${why}. Say what is stored as JSON (a date as text, a bigint as text) and convert it in the handler`,
      cause,
    );
  }
}

function formatOf({ type, id, time }: PlainFormat): string {
  const told = (_: string, value: unknown): unknown => (isAttribute(value) ? sourceOf(value) : value);
  return `plain ${JSON.stringify({ type, id, time }, told)}`;
}

function isAttribute(value: unknown): value is (record: never) => unknown {
  return typeof value === 'function';
}

/** Without what a formatter or a compiler changes. */
function sourceOf(key: (event: never) => unknown): string {
  return key
    .toString()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/;? ?\}$/g, ' }')
    .trim();
}

function contractError(
  code: 'conflict' | 'invalid-config' | 'unsupported',
  message: string,
  cause?: unknown,
): StreamError {
  return new StreamError(code, message, { where: 'contracts', cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
