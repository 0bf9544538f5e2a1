import {
  type DescriptorProto,
  Edition,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
  FileOptions_OptimizeMode,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { StreamError } from '@isostream/core';

/**
 * The text of a `.proto` file, for registries that take no descriptors; laid out as AWS's own client lays it out, so that both find one
 * version. Extensions and options of others are left out: they change no bytes. Throws `unsupported` for groups and editions.
 */
export function fileText(file: FileDescriptorProto): string {
  if (file.edition !== Edition.EDITION_UNKNOWN || file.syntax === 'editions') throw unsupported('editions');
  const syntax = file.syntax === '' ? 'proto2' : file.syntax;
  const texts = new Texts(syntax === 'proto3');
  const imports = file.dependency.map((name, index) => {
    const kind = file.publicDependency.includes(index) ? 'public ' : '';
    return `import ${kind}"${name}";\n`;
  });
  const sections = [
    `syntax = "${syntax}";\n`,
    ...(file.package === '' ? [] : [`package ${file.package};\n`]),
    imports.join(''),
    fileOptions(file),
    ...file.messageType.map((message) => texts.message(message)),
    ...file.enumType.map(enumText),
    ...file.service.map(serviceText),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

class Texts {
  readonly #isProto3: boolean;

  constructor(isProto3: boolean) {
    this.#isProto3 = isProto3;
  }

  message(message: DescriptorProto): string {
    const { name, field: fields, nestedType, oneofDecl, options } = message;
    const entries = new Map(nestedType.filter(isEntry).map((entry) => [entry.name, entry]));
    const isAlone = (field: FieldDescriptorProto) => field.oneofIndex === undefined || !hasOneof(field, message);
    const plain = fields.filter((field) => isAlone(field) && !field.proto3Optional);
    const oneofs = oneofDecl.flatMap((oneof, index) => {
      const members = fields.filter((field) => !isAlone(field) && field.oneofIndex === index && !field.proto3Optional);
      const lines = members.map((field) => `${this.#type(field, entries)};\n`);
      return lines.length === 0 ? [] : [`oneof ${oneof.name} {\n${indented(lines.join(''))}}\n`];
    });
    const sections = [
      reserved(message, ({ end }) => (end === maxNumber ? 'max' : `${end - 1}`)),
      flags({
        deprecated: options?.deprecated === true,
        message_set_wire_format: options?.messageSetWireFormat === true,
        no_standard_descriptor_accessor: options?.noStandardDescriptorAccessor === true,
      }),
      ...plain.map((field) => this.#field(field, entries)),
      ...fields.filter((field) => field.proto3Optional).map((field) => this.#field(field, entries)),
      ...oneofs,
      message.extensionRange
        .map(({ start, end }) => `extensions ${start} to ${end === maxNumber ? 'max' : end - 1};\n`)
        .join(''),
      ...nestedType.filter((nested) => !isEntry(nested)).map((nested) => this.message(nested)),
      ...message.enumType.map(enumText),
    ].filter((section) => section !== '');
    if (sections.length === 0) return `message ${name} {}\n`;
    return `message ${name} {\n${sections.map(indented).join('\n')}}\n`;
  }

  #field(field: FieldDescriptorProto, entries: ReadonlyMap<string, DescriptorProto>): string {
    const isMap = entryOf(field, entries) !== undefined;
    const isBare = isMap || (this.#isProto3 && field.label === Label.OPTIONAL && !field.proto3Optional);
    return `${isBare ? '' : `${labels[field.label]} `}${this.#type(field, entries)};\n`;
  }

  #type(field: FieldDescriptorProto, entries: ReadonlyMap<string, DescriptorProto>): string {
    const entry = entryOf(field, entries);
    const [key, value] = entry?.field ?? [];
    const type =
      key !== undefined && value !== undefined ? `map<${typeName(key)}, ${typeName(value)}>` : typeName(field);
    const options = fieldOptions(field);
    const shown =
      options.length < 2
        ? options.map((option) => ` [${option}]`).join('')
        : ` [\n${indented(`${options.join(',\n')}\n`)}]`;
    return `${type} ${field.name} = ${field.number}${shown}`;
  }
}

const maxNumber = 536_870_912;
const maxEnum = 2_147_483_647;
const labels = { [Label.OPTIONAL]: 'optional', [Label.REQUIRED]: 'required', [Label.REPEATED]: 'repeated' };

export function isEntry({ options }: DescriptorProto): boolean {
  return options?.mapEntry === true;
}

/** The entry of a map, of which the field is a list. */
function entryOf(
  { typeName: full, label, type }: FieldDescriptorProto,
  entries: ReadonlyMap<string, DescriptorProto>,
): DescriptorProto | undefined {
  if (label !== Label.REPEATED || type !== Type.MESSAGE) return undefined;
  return entries.get(full.slice(full.lastIndexOf('.') + 1));
}

/** An index of 0 may be one that is not set. */
function hasOneof(field: FieldDescriptorProto, { oneofDecl }: DescriptorProto): boolean {
  return oneofDecl[field.oneofIndex ?? -1] !== undefined && Object.hasOwn(field, 'oneofIndex');
}

function typeName({ type, typeName: full }: FieldDescriptorProto): string {
  if (type === Type.GROUP) throw unsupported('groups');
  return full === '' ? Type[type].toLowerCase() : full;
}

function fieldOptions(field: FieldDescriptorProto): readonly string[] {
  const { name, jsonName, options, defaultValue, type } = field;
  const packed = options !== undefined && Object.hasOwn(options, 'packed') ? [`packed = ${options.packed}`] : [];
  const isText = type === Type.STRING || type === Type.BYTES;
  const shown = type === Type.STRING ? JSON.stringify(defaultValue) : `"${defaultValue}"`;
  return [
    ...(jsonName === '' || jsonName === lowerCamel(name) ? [] : [`json_name = ${JSON.stringify(jsonName)}`]),
    ...packed,
    ...(options?.deprecated === true ? ['deprecated = true'] : []),
    ...(Object.hasOwn(field, 'defaultValue') ? [`default = ${isText ? shown : defaultValue}`] : []),
  ];
}

function lowerCamel(name: string): string {
  return name.replaceAll(/_+([^_])/g, (_, letter: string) => letter.toUpperCase());
}

function enumText({ name, value, options, ...kept }: EnumDescriptorProto): string {
  const lines = [
    reserved(kept, ({ end }) => (end === maxEnum ? 'max' : `${end}`)),
    flags({ allow_alias: options?.allowAlias === true, deprecated: options?.deprecated === true }),
    ...value.map((one) => {
      const deprecated = one.options?.deprecated === true ? ' [deprecated = true]' : '';
      return `${one.name} = ${one.number}${deprecated};\n`;
    }),
  ];
  return `enum ${name} {\n${indented(lines.join(''))}}\n`;
}

function serviceText({ name, method }: ServiceDescriptorProto): string {
  const of = (type: string, isStream: boolean) => `(${isStream ? 'stream ' : ''}${type})`;
  const calls = method.map((call) => {
    const answer = of(call.outputType, call.serverStreaming);
    return `rpc ${call.name} ${of(call.inputType, call.clientStreaming)} returns ${answer};\n`;
  });
  return calls.length === 0 ? `service ${name} {}\n` : `service ${name} {\n${indented(calls.join(''))}}\n`;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function reserved(
  kept: { readonly reservedName: readonly string[]; readonly reservedRange: readonly Range[] },
  last: (range: Range) => string,
): string {
  const names = kept.reservedName.map((name) => `reserved "${name}";\n`);
  return [...names, ...kept.reservedRange.map((range) => `reserved ${range.start} to ${last(range)};\n`)].join('');
}

function flags(set: Readonly<Record<string, boolean>>): string {
  const given = Object.entries(set).filter(([, isSet]) => isSet);
  return given.map(([name]) => `option ${name} = true;\n`).join('');
}

/** In the order in which AWS's client has them. */
const namesOfFileOptions = [
  ...['javaPackage', 'javaOuterClassname', 'javaMultipleFiles', 'javaGenericServices', 'javaStringCheckUtf8'],
  ...['ccGenericServices', 'ccEnableArenas', 'csharpNamespace', 'goPackage', 'objcClassPrefix', 'phpClassPrefix'],
  ...['phpMetadataNamespace', 'phpNamespace', 'pyGenericServices', 'rubyPackage', 'swiftPrefix'],
] as const;

function fileOptions({ options }: FileDescriptorProto): string {
  if (options === undefined) return '';
  const lines = namesOfFileOptions.flatMap((name) => {
    if (!Object.hasOwn(options, name)) return [];
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace('utf8', '_utf8');
    return [`option ${snake.replace('__', '_')} = ${JSON.stringify(options[name])};\n`];
  });
  const mode = Object.hasOwn(options, 'optimizeFor')
    ? `option optimize_for = ${FileOptions_OptimizeMode[options.optimizeFor]};\n`
    : '';
  return lines.join('') + mode;
}

/** Blank lines too: so AWS's client has it. */
function indented(text: string): string {
  return text.replaceAll(/^(?!$(?![^]))/gm, '  ');
}

function unsupported(what: string): StreamError {
  const problem = `a .proto file with ${what} cannot be written as a text here`;
  return new StreamError('unsupported', `${problem}. Use proto3 or proto2 without them`, { where: 'protobuf' });
}
