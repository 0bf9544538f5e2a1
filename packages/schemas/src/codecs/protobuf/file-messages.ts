import { fromBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { isEntry } from './file-text.ts';

/** A message of a file, by its full name, with those nested in it in their order. */
export interface NamedMessage {
  readonly name: string;
  readonly nested: NamedMessage[];
  /** Whether it is what a map holds, which nobody wrote as a message. */
  isEntry: boolean;
}

/** The messages of a schema as registries keep it: the text of a `.proto` file, or its descriptor in base64. Throws for neither. */
export function messagesOf(schema: string): readonly NamedMessage[] {
  const file = descriptorIn(schema);
  return file === undefined
    ? fromText(schema)
    : file.messageType.map((message) => fromDescriptor(message, prefixOf(file.package)));
}

/** The descriptor in base64; `undefined` for what is not one, as a text. */
export function descriptorIn(schema: string): FileDescriptorProto | undefined {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(schema)) return undefined;
  return fromBinary(FileDescriptorProtoSchema, Buffer.from(schema, 'base64'));
}

/** The full name of the message at this path; `undefined` where there is none. */
export function nameAt(messages: readonly NamedMessage[], [first = 0, ...rest]: readonly number[]): string | undefined {
  const message = messages.filter((one) => !one.isEntry)[first];
  return message === undefined || rest.length === 0 ? message?.name : nameAt(message.nested, rest);
}

/** The path of the message of this name; `undefined` where there is none. */
export function pathOf(messages: readonly NamedMessage[], name: string): readonly number[] | undefined {
  for (const [index, message] of messages.filter((one) => !one.isEntry).entries()) {
    if (message.name === name) return [index];
    const rest = name.startsWith(`${message.name}.`) ? pathOf(message.nested, name) : undefined;
    if (rest !== undefined) return [index, ...rest];
  }
  return undefined;
}

/** The names of all messages of a file, those of maps too, in the order of their letters: so AWS's clients number them. */
export function sortedNames(messages: readonly NamedMessage[]): readonly string[] {
  const all = (some: readonly NamedMessage[]): string[] => some.flatMap(({ name, nested }) => [name, ...all(nested)]);
  return all(messages).toSorted((one, other) => (one < other ? -1 : 1));
}

function fromDescriptor(message: DescriptorProto, prefix: string): NamedMessage {
  const name = prefix + message.name;
  const nested = message.nestedType.map((one) => fromDescriptor(one, `${name}.`));
  return { name, nested, isEntry: isEntry(message) };
}

const tokens = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.]+|[{}=;<>]/g;

/** Only names and nesting: what is written with a schema is read with the reader's own. */
function fromText(text: string): readonly NamedMessage[] {
  const words = (text.match(tokens) ?? []).filter((word) => !/^["'/]/.test(word));
  if (!words.includes(';')) throw new TypeError('it is neither a .proto file nor a descriptor in base64');
  const named = words.indexOf('package');
  const file = {
    name: named >= 0 && words[named + 2] === ';' ? (words[named + 1] ?? '') : '',
    nested: [],
    isEntry: false,
  };
  const scopes: NamedMessage[] = [file];
  for (const [index, word] of words.entries()) {
    const scope = scopes.at(-1) ?? file;
    if (word === '}') scopes.pop();
    // `map<string, int64> parts = 5;`, and how AWS's clients write it: as the message that it is.
    if (word === 'map' && words[index + 1] === '<') scope.nested.push(entryOf(scope, words[index + 5] ?? ''));
    if (word === 'map_entry' && words[index + 2] === 'true') scope.isEntry = true;
    if (word !== '{') continue;
    const name = nameBefore(words, index);
    // Other blocks (oneof, extend, options) hold what belongs to the message around them.
    if (name === undefined) scopes.push(scope);
    else {
      const message = { name: prefixOf(scope.name) + name, nested: [], isEntry: false };
      scope.nested.push(message);
      scopes.push(message);
    }
  }
  return file.nested;
}

/** Of `message Name {` and of `group Name = 1 {`. */
function nameBefore(words: readonly string[], brace: number): string | undefined {
  if (words[brace - 2] === 'message') return words[brace - 1];
  return words[brace - 2] === '=' && words[brace - 4] === 'group' ? words[brace - 3] : undefined;
}

function entryOf(scope: NamedMessage, field: string): NamedMessage {
  const camel = field.replaceAll(/(?:^|_+)([^_])/g, (_, letter: string) => letter.toUpperCase());
  return { name: `${prefixOf(scope.name)}${camel}Entry`, nested: [], isEntry: true };
}

function prefixOf(name: string): string {
  return name === '' ? '' : `${name}.`;
}
