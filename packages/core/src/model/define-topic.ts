import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import { checkNames, oneOf, refused } from '../options/checks.ts';
import { checkCodec, type DataCodec } from './data-codec.ts';
import { checkFormat, type Format } from './format.ts';
import { checkStorage, type TopicStorage } from './storage.ts';
import {
  type EventInput,
  type EventOf,
  type EventSchemas,
  type InputOf,
  type RawEvent,
  type RawInput,
  type TombstoneEvent,
  type TombstoneInput,
  tombstoneType,
} from './event.ts';
import { versionsOf } from './versions.ts';

/** What a topic is: its name, what its events are, what keeps them in order, and how it is stored. */
export interface Topic<Input = unknown, Output = unknown> extends TopicStorage {
  readonly name: string;
  /** The schemas by event type; `undefined` on a raw topic. */
  readonly events: EventSchemas | undefined;
  /** The key of an event; `null` on a topic that gives order up, and on raw topics, whose events carry their key. */
  readonly key: ((event: EventInput) => string) | null;
  /** Tombstones can be sent, and reach handlers; else they are events of a type that is not declared. */
  readonly tombstones?: boolean;
  /** How an event lies in a record; CloudEvents where absent. */
  readonly format?: Format;
  /** How data becomes bytes; JSON where absent. */
  readonly codec?: DataCodec;
  /** As a raw topic declares it. */
  readonly storedTime?: 'service' | 'sender';
  /** Carries the types; never set. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** What `send` takes on a topic, and what its handlers get. */
export type TopicInput<T> = T extends Topic<infer Input, infer _> ? Input : never;
export type TopicOutput<T> = T extends Topic<infer _, infer Output> ? Output : never;

export interface TypedTopicOptions<
  Events extends EventSchemas,
  Tombstones extends boolean = boolean,
> extends TopicStorage {
  readonly events: Events;
  /**
   * Events with equal keys keep their order. `null` must be written out to give order up. Called only with data that the
   * schema of its type allows.
   */
  readonly key: ((event: InputOf<Events>) => string) | null;
  /**
   * `true`: tombstones can be sent (`{ type: 'tombstone', key }`) and handlers get them, also those of others. Default `false`:
   * one that is met is an event of a type that is not declared.
   */
  readonly tombstones?: Tombstones;
  /** How an event lies in a record: `cloudEvents()`, the default, or `plain({ type })` for payloads without an envelope. */
  readonly format?: Format;
  /** How `data` becomes bytes: `json()`, the default, or one of `@isostream/schemas`. */
  readonly codec?: DataCodec;
}

export interface RawTopicOptions extends TopicStorage {
  /** Events are bytes as they stand: for topics that others write or read. */
  readonly raw: true;
  /**
   * Who says when an event was stored. `sender`, the default, lets events set it by their `time` where the provider keeps
   * one; `service` refuses that, and on a topic that is created the service's clock alone counts, as on typed topics.
   */
  readonly storedTime?: 'service' | 'sender';
}

/**
 * Declares a topic: one value that types the producer, the consumer and the storage.
 * Pure: nothing is created before `connect`. Throws `invalid-config` for options that are none, and for a
 * name that not every provider can take; a raw topic, which may be that of others, may have any name that some provider takes.
 */
export function defineTopic<const Events extends EventSchemas, const Tombstones extends boolean = false>(
  name: string,
  options: TypedTopicOptions<Events, Tombstones>,
): Topic<
  InputOf<Events> | (Tombstones extends true ? TombstoneInput : never),
  EventOf<Events> | (Tombstones extends true ? TombstoneEvent : never)
>;
export function defineTopic(name: string, options: RawTopicOptions): Topic<RawInput, RawEvent>;
export function defineTopic(name: string, options: TypedTopicOptions<EventSchemas> | RawTopicOptions): Topic {
  const isRaw = isObject(options) && 'raw' in options;
  checkName(name, isRaw);
  checkNames(options, isRaw ? rawNames : typedNames, place(name));
  checkStorage(options, place(name));
  if ('raw' in options) {
    const { raw, ...storage } = options;
    const given: unknown = raw;
    if (given !== true) throw refused('raw', raw, 'true, or leave it out', place(name));
    if (storage.storedTime !== undefined) oneOf('storedTime', storage.storedTime, ['service', 'sender'], place(name));
    return Object.freeze({ ...storage, name, events: undefined, key: null });
  }
  const { events, key } = options;
  checkEvents(name, events);
  if (key === undefined) throw invalid(name, 'has no key. Give key: (event) => …, or write key: null to give order up');
  if (key !== null && typeof key !== 'function')
    throw refused('key', key, 'a function of the event, or null to give order up', place(name));
  checkTombstones(name, options);
  if (options.format !== undefined) checkFormat(options.format, Object.keys(events), place(name));
  if (options.codec !== undefined) checkCodec(options.codec, place(name));
  const versioned = Object.keys(events).find((type) => versionsOf(events[type] ?? {}) !== undefined);
  if (options.format?.kind === 'plain' && versioned !== undefined)
    throw invalid(
      name,
      `has versions of ${JSON.stringify(versioned)}, for which the plain format has no place. Use cloudEvents()`,
    );
  return Object.freeze({ ...options, name });
}

const storageNames = ['partitions', 'retention', 'compaction', 'replication', 'maxEventBytes'];
const typedNames = ['events', 'key', 'tombstones', 'format', 'codec', ...storageNames];
const rawNames = ['raw', 'storedTime', ...storageNames];

/** Throws `invalid-config` for what is not made by {@link defineTopic}. */
export function checkTopic(topic: unknown, where: string): void {
  const isTopic =
    isObject(topic) && 'name' in topic && typeof topic.name === 'string' && 'events' in topic && 'key' in topic;
  if (!isTopic) throw refused('topic', topic, 'what defineTopic returns', where);
}

/** The types of a topic's events, of which a map of handlers has one each; `undefined` on a raw topic. */
export function eventTypes({ events, tombstones }: Topic): readonly string[] | undefined {
  if (events === undefined) return undefined;
  return tombstones === true ? [...Object.keys(events), tombstoneType] : Object.keys(events);
}

function checkTombstones(name: string, { tombstones, key, events }: TypedTopicOptions<EventSchemas>): void {
  if (tombstones === undefined) return;
  const given: unknown = tombstones;
  if (typeof given !== 'boolean') throw refused('tombstones', given, 'true, or leave it out', place(name));
  if (tombstones && key === null)
    throw invalid(
      name,
      'declares tombstones, which remove keys, and has none. Give key: (event) => …, or leave them out',
    );
  if (tombstones && Object.hasOwn(events, tombstoneType))
    throw invalid(name, `declares tombstones and a type "${tombstoneType}" of its own. Give that another name`);
}

function checkEvents(name: string, events: unknown): asserts events is EventSchemas {
  const types = isObject(events) && !Array.isArray(events) ? Object.entries<unknown>({ ...events }) : [];
  if (types.length === 0)
    throw invalid(name, 'declares no events. Give events: { type: schema }, or raw: true for bytes as they stand');
  for (const [type, schema] of types) {
    if (type === '' || !type.isWellFormed() || Buffer.byteLength(type) > maxTypeBytes)
      throw invalid(name, `declares the event type ${shown(type)}. A type is 1 to ${maxTypeBytes} bytes of text`);
    if (!isSchema(schema))
      throw invalid(
        name,
        `has no schema for ${JSON.stringify(type)}, but ${shown(schema)}. Give one that follows Standard Schema, such as those of zod, valibot or arktype`,
      );
  }
}

/** What every provider carries in one attribute. */
const maxTypeBytes = 1_024;

function isSchema(value: unknown): boolean {
  if (!isObject(value) || !('~standard' in value)) return false;
  const standard: unknown = value['~standard'];
  return isObject(standard) && 'validate' in standard && typeof standard.validate === 'function';
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

/**
 * Letters, digits, `.`, `_` and `-`, 3 to 100 characters, a letter first: what every provider takes.
 * Pub/Sub sets the alphabet and the first letter, Kinesis the length of 128 less `.<group>.dlq`.
 */
const portableName = /^[A-Za-z][A-Za-z0-9._-]{2,99}$/;
/** What some provider takes: topics of others are called as they like. */
const foreignName = /^(?!\.{1,2}$)[A-Za-z0-9._~+%-]{1,256}$/;

/** Whether every provider takes this name of a topic. */
function isPortable(name: string): boolean {
  return portableName.test(name) && !name.startsWith('goog');
}

function checkName(name: unknown, isRaw: boolean): void {
  if (typeof name === 'string' && (isPortable(name) || (isRaw && foreignName.test(name)))) return;
  const called = typeof name === 'string' ? JSON.stringify(name) : shown(name);
  const message = `topic ${called} is not a portable name. Use 3 to 100 letters, digits, ".", "_" or "-", a letter first, not "goog"`;
  throw new StreamError('invalid-config', message, { where: 'defineTopic' });
}

function place(name: string): string {
  return `defineTopic(${JSON.stringify(name)})`;
}

function invalid(name: string, message: string): StreamError {
  return new StreamError('invalid-config', `topic ${JSON.stringify(name)} ${message}`, { where: 'defineTopic' });
}
