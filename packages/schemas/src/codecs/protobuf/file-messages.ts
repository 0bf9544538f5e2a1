import { fromBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** A message of a file, by its full name, with those nested in it in their order. */
interface NamedMessage {
  readonly name: string;
  readonly nested: NamedMessage[];
}

/** The messages of a schema as registries keep it: the text of a `.proto` file, or its descriptor in base64. Throws for neither. */
export function messagesOf(schema: string): readonly NamedMessage[] {
  if (/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(schema)) {
    const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(schema, 'base64'));
    return file.messageType.map((message) => fromDescriptor(message, prefixOf(file.package)));
  }
  return fromText(schema);
}

/** The full name of the message at this path; `undefined` where there is none. */
export function nameAt(messages: readonly NamedMessage[], [first = 0, ...rest]: readonly number[]): string | undefined {
  const message = messages[first];
  return message === undefined || rest.length === 0 ? message?.name : nameAt(message.nested, rest);
}

/** The path of the message of this name; `undefined` where there is none. */
export function pathOf(messages: readonly NamedMessage[], name: string): readonly number[] | undefined {
  for (const [index, message] of messages.entries()) {
    if (message.name === name) return [index];
    const rest = name.startsWith(`${message.name}.`) ? pathOf(message.nested, name) : undefined;
    if (rest !== undefined) return [index, ...rest];
  }
  return undefined;
}

function fromDescriptor({ name, nestedType }: DescriptorProto, prefix: string): NamedMessage {
  const full = prefix + name;
  return { name: full, nested: nestedType.map((message) => fromDescriptor(message, `${full}.`)) };
}

const tokens = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.]+|[{}=;]/g;

/** Only names and nesting: what is written with a schema is read with the reader's own. */
function fromText(text: string): readonly NamedMessage[] {
  const words = (text.match(tokens) ?? []).filter((word) => !/^["'/]/.test(word));
  if (!words.includes(';')) throw new TypeError('it is neither a .proto file nor a descriptor in base64');
  const named = words.indexOf('package');
  const file = { name: named >= 0 && words[named + 2] === ';' ? (words[named + 1] ?? '') : '', nested: [] };
  const scopes: NamedMessage[] = [file];
  for (const [index, word] of words.entries()) {
    if (word === '}') scopes.pop();
    if (word !== '{') continue;
    const scope = scopes.at(-1) ?? file;
    const name = nameBefore(words, index);
    // Other blocks (oneof, extend, options) hold what belongs to the message around them.
    if (name === undefined) scopes.push(scope);
    else {
      const message = { name: prefixOf(scope.name) + name, nested: [] };
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

function prefixOf(name: string): string {
  return name === '' ? '' : `${name}.`;
}
