import { type Comparison, concluded, type Evolution, type Finding } from '../compatibility/comparison.ts';
import { type FieldType, type Message, type MessageField, type MessageFile, readFile } from './message.ts';

export type { Comparison, Evolution, Finding, Verdict } from '../compatibility/comparison.ts';

/** One message of a `.proto` text. */
export interface ProtobufSchema {
  readonly text: string;
  /** Its name, with or without the package; by default the one message that no other refers to. */
  readonly message?: string;
  /** The texts of the files that it imports, each behind those that it needs. Types of others are `unknown` where they change. */
  readonly imports?: readonly string[];
}

/**
 * Whether a change of a Protobuf message breaks readers of the old or of the new one, by their bytes.
 * A value that arrives as another one is a break (a cut integer, a changed sign), also where parsers say nothing.
 * Names of fields count where the same name has another number. Source: the wire format and the rules for updating a message
 * type in the Protocol Buffers language guide, made stricter. Throws a `TypeError` for what cannot be parsed.
 */
export function checkProtobufEvolution(before: ProtobufSchema, after: ProtobufSchema): Evolution {
  return { backward: compare(after, before, true), forward: compare(before, after, false) };
}

/** Whether a reader with one schema takes every message that a writer with the other may write. */
export function compareProtobuf(reader: ProtobufSchema, writer: ProtobufSchema): Comparison {
  return compare(reader, writer, false);
}

function compare(reader: ProtobufSchema, writer: ProtobufSchema, isReaderNewer: boolean): Comparison {
  const comparer = new WireComparer(isReaderNewer);
  comparer.messages(...messagesOf(reader, writer), '');
  return concluded(comparer.findings);
}

/** Where no name is given, that of the other: a new message may stand before, or beside, the one that is meant. */
function messagesOf(reader: ProtobufSchema, writer: ProtobufSchema): [Message, Message] {
  const [readers, writers] = [readFile(reader.text, reader.imports), readFile(writer.text, writer.imports)];
  const named = (file: MessageFile, name: string): Message => {
    const found = file.find(name);
    if (found === undefined) throw new TypeError(`the Protobuf schema has no message "${name}"`);
    return found;
  };
  const wanted = reader.message === undefined ? undefined : named(readers, reader.message);
  const given = writer.message === undefined ? undefined : named(writers, writer.message);
  if (wanted !== undefined) return [wanted, given ?? writers.find(wanted.name) ?? writers.root()];
  if (given !== undefined) return [readers.find(given.name) ?? readers.root(), given];
  const [ours, theirs] = [readers.root(), writers.root()];
  const sameAsTheirs = readers.find(theirs.name);
  if (sameAsTheirs !== undefined) return [sameAsTheirs, theirs];
  return [ours, writers.find(ours.name) ?? theirs];
}

/** Scalars whose every value arrives unchanged as another: the same wire type, and a range that holds it. */
const widenings: Readonly<Record<string, readonly string[]>> = {
  int32: ['int64'],
  uint32: ['uint64', 'int64'],
  sint32: ['sint64'],
  string: ['bytes'],
  bool: ['int32', 'int64', 'uint32', 'uint64'],
};

const add = 'Add a field with a new number and keep the old one';

class WireComparer {
  readonly findings: Finding[] = [];
  readonly #seen = new Map<Message, Set<Message>>();
  readonly #isReaderNewer: boolean;

  constructor(isReaderNewer: boolean) {
    this.#isReaderNewer = isReaderNewer;
  }

  messages(reader: Message, writer: Message, path: string): void {
    const seen = this.#seen.get(reader) ?? new Set();
    if (seen.has(writer)) return;
    this.#seen.set(reader, seen.add(writer));
    for (const wanted of reader.fields.values()) {
      const given = writer.fields.get(wanted.number);
      const at = path === '' ? wanted.name : `${path}.${wanted.name}`;
      if (given === undefined) this.#absent(wanted, writer, at);
      else if (!this.#isMoved(wanted, writer, at)) this.#field(wanted, given, at);
    }
    this.#oneofs(reader, writer, path);
    if (this.#isReaderNewer) this.#numbers(reader, writer, path);
  }

  /** The value goes to another field, or to none. */
  #isMoved(wanted: MessageField, writer: Message, path: string): boolean {
    const moved = [...writer.fields.values()].find(({ name }) => name === wanted.name);
    if (moved === undefined || moved.number === wanted.number) return false;
    this.#break(
      path,
      `the writer has "${wanted.name}" as number ${moved.number}, the reader as ${wanted.number}: the value is lost`,
      'Keep the number of a field for ever',
    );
    return true;
  }

  /** Nothing breaks today: the next field with this number would. */
  #numbers(reader: Message, writer: Message, path: string): void {
    for (const { name, number } of writer.fields.values())
      if (!reader.fields.has(number) && !reader.isReserved(number))
        this.#advise(
          path === '' ? name : `${path}.${name}`,
          `number ${number} is free again, and what is stored there would be read as another field`,
          `Write "reserved ${number};" into the message`,
        );
    for (const { name, number } of reader.fields.values())
      if (writer.isReserved(number))
        this.#advise(
          path === '' ? name : `${path}.${name}`,
          `number ${number} was reserved: events of an older field may still be stored`,
          'Take a number that was never used',
        );
  }

  #absent(wanted: MessageField, writer: Message, path: string): void {
    if (this.#isMoved(wanted, writer, path)) return;
    if (wanted.cardinality === 'required')
      this.#break(
        path,
        `the reader requires "${wanted.name}", which the writer does not have`,
        'Make it optional in the reader',
      );
  }

  #field(wanted: MessageField, given: MessageField, path: string): void {
    if (wanted.name !== given.name)
      this.#advise(
        path,
        `number ${wanted.number} is "${given.name}" for the writer: fine in bytes, another name in JSON and in generated code`,
        'If the field means something else now, give it a new number and reserve the old one',
      );
    if (wanted.fallback !== given.fallback && wanted.cardinality === 'single' && given.cardinality === 'single')
      this.#advise(
        path,
        `an absent "${wanted.name}" is ${shownDefault(given)} for the writer and ${shownDefault(wanted)} for the reader`,
        'Keep the default of a field, and let writers set the value',
      );
    if (wanted.cardinality !== 'required') this.#presence(wanted, given, path);
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

  /** Whether a 0 is stored: who leaves it out takes it for granted that readers put it back. */
  #presence(wanted: MessageField, given: MessageField, path: string): void {
    const canBeLeftOut = [wanted, given].every(({ type }) => type.kind === 'scalar' || type.kind === 'enum');
    if (!canBeLeftOut || isMany(given) || given.isImplicit === wanted.isImplicit) return;
    const problem = `the writer leaves out a "${wanted.name}" that is ${zeroOf(given)}, and the reader has none then`;
    // Generated code still answers with 0 where it is asked for the value of such a field.
    if (given.isImplicit === true)
      this.#advise(path, problem, 'Let readers take an absent value as that, as older writers mean it');
    else if (wanted.isImplicit === true)
      this.#advise(
        path,
        `a "${wanted.name}" that the writer does not set is ${zeroOf(wanted)} for the reader`,
        'Keep the presence of a field where readers have to tell the two apart',
      );
  }

  #type(wanted: FieldType, given: FieldType, path: string): void {
    if (wanted.kind === 'message' && given.kind === 'message') {
      if (wanted.isGroup !== given.isGroup) this.#break(path, 'a group and a message are written differently', add);
      else this.messages(wanted.message(), given.message(), path);
    } else if (wanted.kind === 'imported' || given.kind === 'imported') this.#imported(wanted, given, path);
    else if (wanted.kind === 'enum' && given.kind === 'enum') this.#enum(wanted, given, path);
    else if (isNumber(wanted) && isNumber(given)) this.#number(wanted, given, path);
    else if (!isSameScalar(wanted, given)) this.#break(path, `${describe(given)} is read as ${describe(wanted)}`, add);
  }

  /** What comes with Protobuf is known to be a message; another type may be one, or an enum. */
  #imported(wanted: FieldType, given: FieldType, path: string): void {
    const names = [wanted, given].map((type) => (type.kind === 'imported' ? type.name : undefined));
    if (names[0] === names[1]) return;
    const isKnown = names.every((name) => name === undefined || wellKnown.test(name));
    const isBroken = [wanted, given].some((type) => type.kind === 'scalar' && (isKnown || !isNumber(type)));
    if (isBroken || (isKnown && !names.includes(undefined)))
      return this.#break(path, `${describe(given)} is read as ${describe(wanted)}`, add);
    this.findings.push({
      kind: 'unknown',
      path,
      problem: `${describe(given)} is read as ${describe(wanted)}, and the given text does not have all of it`,
      cure: 'Compare the texts with what they import, or keep the type',
    });
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

  #advise(path: string, problem: string, cure: string): void {
    this.findings.push({ kind: 'advice', path, problem, cure });
  }

  #break(path: string, problem: string, cure: string): void {
    this.findings.push({ kind: 'breaking', path, problem, cure });
  }
}

/** Without `NullValue`, which is an enum. */
const wellKnown = /^google\.protobuf\.(?!NullValue$)/;

function shownDefault({ fallback }: MessageField): string {
  return fallback === undefined ? 'empty' : JSON.stringify(fallback);
}

function zeroOf({ type }: MessageField): string {
  if (type.kind === 'scalar' && (type.name === 'string' || type.name === 'bytes')) return 'empty';
  return type.kind === 'scalar' && type.name === 'bool' ? 'false' : '0';
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
