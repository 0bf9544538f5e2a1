import type { Topic } from '@isostream/core';
import { StreamError } from '@isostream/core/adapter';
import { describeTopics, jsonSchemaOf, type TopicContract } from './contract.ts';

/** What a document says besides the topics. */
export interface AsyncApiOptions {
  /** Of the application, and its version. */
  readonly title: string;
  readonly version: string;
  /** Names of topics that the application sends to, and of those that it reads. Each is an operation. */
  readonly sends?: readonly string[];
  readonly receives?: readonly string[];
}

/** An AsyncAPI document, version 3.0.0, as data. */
export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly channels: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, unknown>>;
  readonly components: {
    readonly messages: Readonly<Record<string, unknown>>;
    readonly schemas: Readonly<Record<string, unknown>>;
  };
}

/**
 * The AsyncAPI document of these topics: a channel for each, a message for each event type, with the schema of its data.
 * Throws `unsupported` for a schema that cannot be said as JSON Schema, `invalid-config` for an operation on a topic that is not
 * among them.
 */
export function asyncApiOf(topics: readonly Topic[], options: AsyncApiOptions): AsyncApi {
  const { sends = [], receives = [], title, version } = options;
  const contract = describeTopics(topics);
  const components = new Components();
  const channels: Record<string, unknown> = {};
  const messages = new Map<string, readonly string[]>();
  for (const [name, described] of Object.entries(contract.topics)) {
    const topic = topics.find((each) => each.name === name);
    const keys = topic === undefined ? [] : messagesOf(topic, components);
    const channel = partKey(name);
    messages.set(name, keys);
    channels[channel] = {
      address: name,
      messages: Object.fromEntries(keys.map((key) => [key, { $ref: `#/components/messages/${key}` }])),
      'x-isostream': settingsOf(described),
    };
  }
  const operation = (action: 'send' | 'receive', name: string): readonly [string, unknown] => {
    const keys = messages.get(name);
    if (keys === undefined)
      throw new StreamError('invalid-config', `no topic is called "${name}", so nothing can ${action} there`, {
        where: 'asyncapi',
      });
    const channel = `#/channels/${partKey(name)}`;
    const refs = keys.map((key) => ({ $ref: `${channel}/messages/${key}` }));
    return [`${action}-${partKey(name)}`, { action, channel: { $ref: channel }, messages: refs }];
  };
  return {
    asyncapi: '3.0.0',
    info: { title, version },
    channels,
    operations: Object.fromEntries([
      ...sends.map((name) => operation('send', name)),
      ...receives.map((name) => operation('receive', name)),
    ]),
    components: { messages: components.messages, schemas: components.schemas },
  };
}

/** Messages and schemas under names that are free. */
class Components {
  readonly messages: Record<string, unknown> = {};
  readonly schemas: Record<string, unknown> = {};

  message(key: string, message: object): string {
    const free = freeKey(this.messages, partKey(key));
    this.messages[free] = message;
    return free;
  }

  /** Adds a schema of its own root, whose references then lead into this document. */
  schema(key: string, schema: unknown): { readonly $ref: string } {
    const root = freeKey(this.schemas, partKey(key));
    this.schemas[root] = {};
    const { $schema: _, definitions, $defs, ...rest } = isRecord(schema) ? schema : {};
    const names = new Map<string, string>();
    const parts = [definitions, $defs].flatMap((each) => (isRecord(each) ? Object.entries(each) : []));
    for (const [name] of parts) {
      const part = freeKey(this.schemas, `${root}.${partKey(name)}`);
      this.schemas[part] = {};
      names.set(name, part);
    }
    for (const [name, part] of parts) this.schemas[names.get(name) ?? ''] = moved(part, root, names);
    this.schemas[root] = schema === true || schema === false ? schema : moved(rest, root, names);
    return { $ref: `#/components/schemas/${root}` };
  }
}

function messagesOf(topic: Topic, components: Components): readonly string[] {
  const { name, events, codec, format } = topic;
  if (events === undefined)
    return [
      components.message(`${name}.raw`, {
        name: 'raw',
        title: `Bytes on ${name}`,
        contentType: 'application/octet-stream',
        payload: {},
      }),
    ];
  const contentType = codec?.contentTypes[0] ?? 'application/json';
  const isPlain = format?.kind === 'plain';
  const keys = Object.keys(events)
    .toSorted()
    .map((type) => {
      const schema = jsonSchemaOf(events[type], `topic "${name}", event "${type}"`, 'draft-07');
      return components.message(`${name}.${type}`, {
        name: type,
        title: type,
        contentType,
        ...(isPlain ? {} : { summary: `A CloudEvent of the type ${type}; the payload is its data` }),
        payload: components.schema(`${name}.${type}`, schema),
      });
    });
  if (topic.tombstones !== true) return keys;
  const tombstone = { name: 'tombstone', title: 'tombstone', summary: 'Removes its key', payload: { type: 'null' } };
  return [...keys, components.message(`${name}.tombstone`, tombstone)];
}

/** All of a contract but its schemas, which are components. */
function settingsOf(contract: TopicContract): object {
  return Object.fromEntries(Object.entries(contract).filter(([name]) => name !== 'events' && name !== 'older'));
}

/** A schema in its new place: what it refers to has moved as well. */
function moved(schema: unknown, root: string, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(schema)) return schema.map((part) => moved(part, root, names));
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword !== '$ref' || typeof value !== 'string') return [keyword, moved(value, root, names)];
      const [, name, rest = ''] = /^#\/(?:definitions|\$defs)\/([^/]+)(.*)$/.exec(value) ?? [];
      const target = name === undefined ? undefined : names.get(decoded(name));
      if (target !== undefined) return [keyword, `#/components/schemas/${target}${rest}`];
      return [keyword, value.startsWith('#') ? `#/components/schemas/${root}${value.slice(1)}` : value];
    }),
  );
}

function decoded(name: string): string {
  return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What keys of components may be made of. */
function partKey(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
}

function freeKey(taken: Readonly<Record<string, unknown>>, key: string): string {
  let free = key;
  for (let count = 2; Object.hasOwn(taken, free); count++) free = `${key}-${count}`;
  return free;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
