import type { Header, Key } from './encoded.ts';
import type { Schema } from './schema.ts';

/** What an application may say of an event besides its data. */
export interface EventAttributes<Type extends string = string> {
  readonly type: Type;
  /** Unique per event; a random UUID by default. Handlers can use it to make their effects idempotent. */
  readonly id?: string;
  /** When it happened; the time of the call by default. It is data: retention and starts at a time go by when the event is stored. */
  readonly time?: Date;
  readonly subject?: string;
  readonly source?: string;
  /** Where a description of `data` is to be found: an absolute URI. */
  readonly dataSchema?: string;
  /** Attributes that CloudEvents itself does not define, such as `traceparent`: names of lower-case letters and digits. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Events of one type: `type`, `data` and what an application may add. `data` may be left out where its schema takes `undefined`. */
export type EventInput<Type extends string = string, Data = unknown> = EventAttributes<Type> &
  (undefined extends Data ? { readonly data?: Data } : { readonly data: Data });

/** An event as a handler gets it. */
export interface StreamEvent<Type extends string = string, Data = unknown> {
  readonly id: string;
  readonly type: Type;
  readonly source: string;
  readonly time: Date;
  readonly subject?: string;
  readonly key: string | null;
  readonly data: Data;
  readonly dataSchema?: string;
  /** Attributes that CloudEvents itself does not define, as text; empty where there are none. */
  readonly extensions: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The type of tombstones. */
export const tombstoneType = 'tombstone';

/** A tombstone: says that its key is removed. It has no data that a key could follow from, so it brings its key along. */
export interface TombstoneInput extends EventAttributes<typeof tombstoneType> {
  readonly key: string;
  readonly data?: null;
}

/** A tombstone as a handler gets it. */
export interface TombstoneEvent extends StreamEvent<typeof tombstoneType, null> {
  readonly key: string;
}

/** An event of a raw topic: bytes as they are, no envelope. */
export interface RawInput {
  readonly key: Key;
  readonly value: Uint8Array | null;
  readonly headers?: readonly Header[];
  /**
   * When it counts as stored, which retention and starts at a time go by: for copies that keep their place in time. Refused
   * with `unsupported` where the service alone says so (capability `storedTime`). The time of storing by default.
   */
  readonly time?: Date;
}

/** An event of a raw topic as a handler gets it. */
export interface RawEvent {
  readonly key: Key;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  /** When it was stored, or counts as stored. */
  readonly time: Date;
}

/** Event types of a topic and the schema of each one's `data`. */
export type EventSchemas = Readonly<Record<string, Schema>>;

/** The union of events that a handler can meet: `data` is what the schema puts out. */
export type EventOf<Events extends EventSchemas> = {
  [Type in keyof Events & string]: StreamEvent<Type, SchemaOutput<Events[Type]>>;
}[keyof Events & string];

/** The union of events that `send` takes: `data` is what the schema takes in. */
export type InputOf<Events extends EventSchemas> = {
  [Type in keyof Events & string]: EventInput<Type, SchemaInput<Events[Type]>>;
}[keyof Events & string];

export type SchemaInput<S> = S extends Schema<infer Input, infer _> ? Input : never;
export type SchemaOutput<S> = S extends Schema<infer _, infer Output> ? Output : never;
