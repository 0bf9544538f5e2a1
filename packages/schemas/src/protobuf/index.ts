import { type Comparison, concluded, type Evolution, evolution, type Finding } from '../compatibility/comparison.ts';
import { type FieldType, type Message, type MessageField, readMessage } from './message.ts';

export type { Comparison, Evolution, Finding, Verdict } from '../compatibility/comparison.ts';

/** One message of a `.proto` text. */
export interface ProtobufSchema {
  readonly text: string;
  /** Its name, with or without the package; by default the one message that no other refers to. */
  readonly message?: string;
}

/**
 * Whether a change of a Protobuf message breaks readers of the old or of the new one, by their bytes.
 * A value that arrives as another one is a break (a cut integer, a changed sign), also where parsers say nothing.
 * Names of fields count where the same name has another number. Source: the wire format and the rules for updating a message
 * type in the Protocol Buffers language guide, made stricter. Throws a `TypeError` for what cannot be parsed.
 */
export function checkProtobufEvolution(before: ProtobufSchema, after: ProtobufSchema): Evolution {
  return evolution(compareProtobuf, before, after);
}

/** Whether a reader with one schema takes every message that a writer with the other may write. */
export function compareProtobuf(reader: ProtobufSchema, writer: ProtobufSchema): Comparison {
  const comparer = new WireComparer();
  comparer.messages(readMessage(reader.text, reader.message), readMessage(writer.text, writer.message), '');
  return concluded(comparer.findings);
}

/** Scalars whose every value arrives unchanged as another: the same wire type, and a range that holds it. */
const widenings: Readonly<Record<string, readonly string[]>> = {
  int32: ['int64'],
  uint32: ['uint64', 'int64'],
  sint32: ['sint64'],
  string: ['bytes'],
};

const add = 'Add a field with a new number and keep the old one';

class WireComparer {
  readonly findings: Finding[] = [];
  readonly #seen = new Map<Message, Set<Message>>();

  messages(reader: Message, writer: Message, path: string): void {
    const seen = this.#seen.get(reader) ?? new Set();
    if (seen.has(writer)) return;
    this.#seen.set(reader, seen.add(writer));
    for (const wanted of reader.fields.values()) {
      const given = writer.fields.get(wanted.number);
      const at = path === '' ? wanted.name : `${path}.${wanted.name}`;
      if (given === undefined) this.#absent(wanted, writer, at);
      else this.#field(wanted, given, at);
    }
    this.#oneofs(reader, writer, path);
  }

  #absent(wanted: MessageField, writer: Message, path: string): void {
    const moved = [...writer.fields.values()].find(({ name }) => name === wanted.name);
    if (moved !== undefined)
      this.#break(
        path,
        `the writer has "${wanted.name}" as number ${moved.number}, the reader as ${wanted.number}: the value is lost`,
        'Keep the number of a field for ever',
      );
    else if (wanted.cardinality === 'required')
      this.#break(
        path,
        `the reader requires "${wanted.name}", which the writer does not have`,
        'Make it optional in the reader',
      );
  }

  #field(wanted: MessageField, given: MessageField, path: string): void {
    if (wanted.name !== given.name)
      this.findings.push({
        kind: 'advice',
        path,
        problem: `number ${wanted.number} is "${given.name}" for the writer: fine in bytes, another name in JSON and in generated code`,
        cure: 'If the field means something else now, give it a new number and reserve the old one',
      });
    if (wanted.cardinality === 'required' && given.cardinality !== 'required')
      return this.#break(
        path,
        `the reader requires "${wanted.name}", which the writer may leave out`,
        'Make it optional in the reader',
      );
    if (isMany(given) && !isMany(wanted))
      return this.#break(path, 'the writer has a list, the reader keeps only its last value', add);
    if (given.cardinality === 'repeated' && wanted.cardinality === 'map')
      return this.#break(
        path,
        'the writer has a list, which may hold a key twice; the reader has a map and keeps the last',
        add,
      );
    if (wanted.cardinality === 'map' && given.cardinality !== 'map')
      return this.#break(path, 'the reader has a map, the writer a single value', add);
    this.#type(wanted.type, given.type, path);
  }

  #type(wanted: FieldType, given: FieldType, path: string): void {
    if (wanted.kind === 'message' && given.kind === 'message') {
      if (wanted.isGroup !== given.isGroup) this.#break(path, 'a group and a message are written differently', add);
      else this.messages(wanted.message(), given.message(), path);
    } else if (wanted.kind === 'imported' && given.kind === 'imported') {
      if (wanted.name !== given.name)
        this.findings.push({
          kind: 'unknown',
          path,
          problem: `"${given.name}" is read as "${wanted.name}", and neither is in the given text`,
          cure: add,
        });
    } else if (wanted.kind === 'enum' && given.kind === 'enum') this.#enum(wanted, given, path);
    else if (isNumber(wanted) && isNumber(given)) this.#number(wanted, given, path);
    else if (!isSameScalar(wanted, given)) this.#break(path, `${describe(given)} is read as ${describe(wanted)}`, add);
  }

  #enum(wanted: FieldType & { kind: 'enum' }, given: FieldType & { kind: 'enum' }, path: string): void {
    for (const [name, number] of Object.entries(given.values)) {
      const own = wanted.values[name];
      if (own !== undefined && own !== number)
        this.#break(
          path,
          `"${name}" is ${number} for the writer and ${own} for the reader`,
          'Keep the number of a value for ever',
        );
      else if (wanted.isClosed && !Object.values(wanted.values).includes(number))
        this.#break(
          path,
          `the reader's closed enum drops ${number} ("${name}")`,
          'Add the value to readers first, or use an open enum (proto3)',
        );
    }
    // A closed enum writes only its own numbers; an open one any.
    if (wanted.isClosed && !given.isClosed)
      this.#break(
        path,
        'the writer has an open enum, the reader a closed one',
        'Keep the syntax of the file that defines the enum',
      );
  }

  /** An enum is an int32 on the wire. */
  #number(wanted: FieldType, given: FieldType, path: string): void {
    if (wanted.kind === 'enum' && wanted.isClosed)
      return this.#break(path, 'a number is read as a closed enum, which drops what it does not know', add);
    const [to, from] = [wanted, given].map((type) => (type.kind === 'scalar' ? type.name : 'int32'));
    if (to !== from && !(from !== undefined && to !== undefined && widenings[from]?.includes(to) === true))
      this.#break(path, `${describe(given)} is read as ${describe(wanted)}`, add);
  }

  /** What a writer may set together must not meet in one `oneof`: only the last one is kept. */
  #oneofs(reader: Message, writer: Message, path: string): void {
    const fields = [...reader.fields.values()];
    for (const oneof of new Set(fields.map((field) => field.oneof))) {
      if (oneof === undefined) continue;
      const members = fields.filter((field) => field.oneof === oneof);
      const given = members.flatMap(({ number }) => writer.fields.get(number) ?? []);
      const groups = new Set(given.map((field) => field.oneof ?? field.number));
      if (groups.size > 1) {
        const names = given.map(({ name }) => `"${name}"`).join(', ');
        this.#break(
          path === '' ? oneof : `${path}.${oneof}`,
          `the writer may set ${names} together; the reader keeps one of them`,
          'Put only new fields into a oneof',
        );
      }
    }
  }

  #break(path: string, problem: string, cure: string): void {
    this.findings.push({ kind: 'breaking', path, problem, cure });
  }
}

function isMany({ cardinality }: MessageField): boolean {
  return cardinality === 'repeated' || cardinality === 'map';
}

function isNumber(type: FieldType): boolean {
  return type.kind === 'enum' || (type.kind === 'scalar' && type.name in { int32: 0, int64: 0, uint32: 0, uint64: 0 });
}

function isSameScalar(wanted: FieldType, given: FieldType): boolean {
  if (wanted.kind !== 'scalar' || given.kind !== 'scalar') return false;
  return wanted.name === given.name || widenings[given.name]?.includes(wanted.name) === true;
}

function describe(type: FieldType): string {
  if (type.kind === 'message') return `message ${type.message().name}`;
  return type.kind === 'enum' ? `enum ${type.name}` : type.name;
}
