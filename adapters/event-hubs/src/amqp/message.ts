import { jsonOf, nameOf, type PlainEntry, plainOf, textOf, textOfPlain, type Value, ValueReader } from './values.ts';

/** A message of anybody, as far as events need it. Names may repeat. */
export interface AmqpMessage {
  /** Of the service; and of the sender, if it has any. Of those with one name the last counts. */
  readonly annotations: readonly PlainEntry[];
  readonly contentType: string | undefined;
  readonly properties: readonly (readonly [name: string, value: string | Buffer])[];
  /** `null` for a message without one, or with AMQP's own null. A view where it is one piece. */
  readonly body: Buffer | null;
  /** Whether all of it is AMQP. */
  readonly isWhole: boolean;
}

const messageAnnotations = 0x72;
const properties = 0x73;
const applicationProperties = 0x74;
const data = 0x75;
const sequence = 0x76;
const value = 0x77;

/** Header, delivery annotations and footer, which are about the message's way and not about the event. */
const unread: ReadonlySet<number> = new Set([0x70, 0x71, 0x78]);

/** Sections may be named by text as well. */
const names: ReadonlyMap<string, number> = new Map([
  ['amqp:header:list', 0x70],
  ['amqp:delivery-annotations:map', 0x71],
  ['amqp:message-annotations:map', messageAnnotations],
  ['amqp:properties:list', properties],
  ['amqp:application-properties:map', applicationProperties],
  ['amqp:data:binary', data],
  ['amqp:amqp-sequence:list', sequence],
  ['amqp:amqp-value:*', value],
  ['amqp:footer:map', 0x78],
]);

/** Where the properties of a message have the type of its content. */
const contentTypeField = 6;

/**
 * Reads a message whatever its sender put into it. Where the bytes are not valid AMQP, what comes from there on is its body, so
 * that the event can be put aside and not lost.
 */
export function readMessage(bytes: Buffer): AmqpMessage {
  const parts = new Parts();
  const reader = new ValueReader(bytes);
  let start = 0;
  try {
    while (!reader.isAtEnd) {
      start = reader.at;
      const code = reader.section() ?? codeOf(reader.descriptor(), start);
      const plain = code === messageAnnotations || code === applicationProperties ? reader.plainMap() : undefined;
      if (plain === undefined) parts.add(code, reader.value());
      else parts.addPlain(code, plain);
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    parts.addRest(bytes.subarray(start));
  }
  return parts;
}

function codeOf(descriptor: Value | undefined, at: number): number {
  if (descriptor === undefined) throw new RangeError(`no section begins at ${at}`);
  return descriptor.kind === 'literal' ? Number(descriptor.text) : (names.get(nameOf(descriptor)) ?? -1);
}

/** A message as it is read, section by section. */
class Parts implements AmqpMessage {
  readonly annotations: PlainEntry[] = [];
  readonly properties: (readonly [string, string | Buffer])[] = [];
  contentType: string | undefined;
  isWhole = true;
  readonly #data: Buffer[] = [];
  readonly #lists: Value[] = [];
  #value: Value | undefined;

  get body(): Buffer | null {
    if (this.#data.length > 0) return this.#data.length === 1 ? (this.#data[0] ?? null) : Buffer.concat(this.#data);
    if (this.#lists.length > 0) return Buffer.from(jsonOf({ kind: 'list', items: this.#lists }));
    return this.#value === undefined || isNull(this.#value) ? null : bytesOf(this.#value);
  }

  /** Throws RangeError for what no section of a message holds. */
  add(code: number, held: Value): void {
    if (code === data) this.#data.push(bytesOf(held));
    else if (code === sequence) this.#lists.push(...itemsOf(held));
    else if (code === value) this.#value = held;
    else if (code === messageAnnotations)
      for (const [name, each] of entriesOf(held)) this.annotations.push(plainOf(nameOf(name), each));
    else if (code === properties) this.#addProperties(itemsOf(held));
    else if (code === applicationProperties)
      for (const [name, each] of entriesOf(held)) this.properties.push([nameOf(name), textOf(each)]);
    else if (!unread.has(code)) throw new RangeError('a section that no message has');
  }

  /** Like {@link Parts.add}, of a map that was read as it is. */
  addPlain(code: number, entries: readonly PlainEntry[]): void {
    for (const entry of entries)
      if (code === messageAnnotations) this.annotations.push(entry);
      else this.properties.push([entry.name, textOfPlain(entry)]);
  }

  /** Not behind a body: a footer says nothing of the event. */
  addRest(bytes: Buffer): void {
    this.isWhole = false;
    if (this.#data.length === 0 && this.#lists.length === 0 && this.#value === undefined) this.#data.push(bytes);
  }

  #addProperties(fields: readonly Value[]): void {
    const field = fields[contentTypeField];
    if (field?.kind === 'text') this.contentType = field.text;
  }
}

function itemsOf(held: Value): readonly Value[] {
  if (held.kind === 'list') return held.items;
  if (isNull(held)) return [];
  throw new RangeError('a section is not a list');
}

function entriesOf(held: Value): readonly (readonly [Value, Value])[] {
  if (held.kind === 'map') return held.entries;
  if (isNull(held)) return [];
  throw new RangeError('a section is not a map');
}

function isNull(held: Value): boolean {
  return held.kind === 'literal' && held.text === 'null';
}

function bytesOf(held: Value): Buffer {
  const text = textOf(held);
  return typeof text === 'string' ? Buffer.from(text) : text;
}
