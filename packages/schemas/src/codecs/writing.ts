import type { CodedData, DataAbout } from '@isostream/core';
import type { Frame, RegisteredSchema } from '../registries/registry.ts';

/** What writes the values of one event type to one topic. */
export type Write<Value> = (value: Value) => CodedData;

interface Asking<Value> {
  readonly about: DataAbout;
  readonly ask: () => RegisteredSchema | Promise<RegisteredSchema>;
  readonly prepare: (schema: RegisteredSchema) => Write<Value>;
  /** A copy, of what its sender may change while the registry is asked. */
  readonly hold: (value: Value) => Value;
}

/** What each event type of each topic is written with: found once, by asking for its schema, then at hand. */
export class Writing<Value> {
  readonly #ready = new Map<string, Map<string, Write<Value>>>();

  /** Absent until the schema was asked for. */
  ready({ topic, type }: DataAbout): Write<Value> | undefined {
    return this.#ready.get(topic)?.get(type);
  }

  /** At once where the registry knows the schema, else by a function that asks for it each time that it is called. */
  ask(value: Value, { about, ask, prepare, hold }: Asking<Value>): CodedData | (() => Promise<CodedData>) {
    const write = (schema: RegisteredSchema): Write<Value> => {
      const made = prepare(schema);
      const ofTopic = this.#ready.get(about.topic) ?? new Map<string, Write<Value>>();
      this.#ready.set(about.topic, ofTopic.set(about.type, made));
      return made;
    };
    const asked = ask();
    if (!(asked instanceof Promise)) return write(asked)(value);
    asked.catch(() => undefined);
    const held = hold(value);
    let first: Promise<RegisteredSchema> | undefined = asked;
    return async () => {
      // The first question is part of the first attempt.
      const answer = first ?? ask();
      first = undefined;
      return write(await answer)(held);
    };
  }
}

/** The payload as it is stored: packed, and behind what names its schema. */
export function framed(frame: Frame, payload: Uint8Array): CodedData {
  const { prefix, pack } = frame;
  const packed = pack === undefined ? payload : pack(payload);
  if (prefix.byteLength === 0) return coded(frame, packed);
  const bytes = Buffer.allocUnsafe(prefix.byteLength + packed.byteLength);
  // Byte by byte: a call that copies costs more than the few bytes of a prefix.
  for (let index = 0; index < prefix.byteLength; index++) bytes[index] = prefix[index] ?? 0;
  bytes.set(packed, prefix.byteLength);
  return coded(frame, bytes);
}

/** Bytes that are framed already, with what goes with them. */
export function coded({ contentType, headers }: Frame, bytes: Uint8Array): CodedData {
  return headers === undefined ? { bytes, contentType } : { bytes, contentType, headers };
}
