import { create, createFileRegistry, type DescMessage, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
  file_google_protobuf_timestamp,
  FileDescriptorProtoSchema,
  FileOptions_OptimizeMode,
} from '@bufbuild/protobuf/wkt';
import { field } from './proto-files.ts';

const list = { label: Label.REPEATED };

/** One file with what a text of it has to say: options, reservations, nesting, enums, oneofs, and one import that everybody has. */
const file = create(FileDescriptorProtoSchema, {
  name: 'shop.proto',
  package: 'shop',
  syntax: 'proto3',
  dependency: ['google/protobuf/timestamp.proto'],
  messageType: [
    {
      name: 'Placed',
      oneofDecl: [{ name: '_gift' }],
      field: [
        field('order_id', 1, Type.STRING, { jsonName: 'orderId' }),
        field('total', 2, Type.INT64, { options: { deprecated: true } }),
        field('sizes', 4, Type.INT32, list),
        field('gift', 6, Type.BOOL, { oneofIndex: 0, proto3Optional: true }),
        field('at', 7, Type.MESSAGE, { typeName: '.google.protobuf.Timestamp' }),
        field('unpacked', 8, Type.INT32, { ...list, options: { packed: false, deprecated: true } }),
        field('kind', 9, Type.ENUM, { typeName: '.shop.Kind' }),
        field('replaces', 10, Type.MESSAGE, { typeName: '.shop.Placed' }),
      ],
      reservedRange: [
        { start: 3, end: 4 },
        { start: 20, end: 31 },
      ],
      reservedName: ['old'],
    },
    {
      name: 'Cancelled',
      enumType: [
        {
          name: 'Why',
          value: [
            { name: 'UNKNOWN', number: 0 },
            { name: 'LATE', number: 1 },
          ],
        },
      ],
      nestedType: [{ name: 'Line', field: [field('text', 1, Type.STRING), field('note', 2, Type.BYTES)] }],
      oneofDecl: [{ name: 'by' }],
      field: [
        field('message', 1, Type.STRING, { jsonName: 'message' }),
        field('why', 2, Type.ENUM, { typeName: '.shop.Cancelled.Why' }),
        field('user', 3, Type.STRING, { oneofIndex: 0 }),
        field('job', 4, Type.INT32, { oneofIndex: 0 }),
        field('lines', 5, Type.MESSAGE, { typeName: '.shop.Cancelled.Line', ...list }),
      ],
    },
    { name: 'Nothing' },
  ],
  enumType: [
    {
      name: 'Kind',
      options: { allowAlias: true },
      value: [
        { name: 'SMALL', number: 0 },
        { name: 'LARGE', number: 1 },
        { name: 'BIG', number: 1 },
      ],
    },
  ],
  options: {
    javaPackage: 'com.shop',
    javaMultipleFiles: true,
    goPackage: 'shop/pb',
    optimizeFor: FileOptions_OptimizeMode.CODE_SIZE,
  },
});

const entry = (name: string, value: Type) => ({
  name,
  options: { mapEntry: true },
  field: [field('key', 1, Type.STRING), field('value', 2, value)],
});

/** One whose maps stand before a message that is nested in it: they have entries in its descriptor, and no place among its messages. */
const stock = create(FileDescriptorProtoSchema, {
  name: 'stock.proto',
  package: 'shop',
  syntax: 'proto3',
  messageType: [
    {
      name: 'Stock',
      nestedType: [
        entry('PartsEntry', Type.INT64),
        entry('NamesEntry', Type.STRING),
        { name: 'Line', field: [field('text', 1, Type.STRING)] },
      ],
      field: [
        field('parts', 1, Type.MESSAGE, { typeName: '.shop.Stock.PartsEntry', ...list }),
        field('names', 2, Type.MESSAGE, { typeName: '.shop.Stock.NamesEntry', ...list }),
      ],
    },
  ],
});

/** A message of these files, by its name in the package. */
export function shopMessage(name: string): DescMessage {
  const of = name.startsWith('Stock') ? stock : file;
  const found = createFileRegistry(of, () => file_google_protobuf_timestamp.proto).getMessage(`shop.${name}`);
  if (found === undefined) throw new Error(`there is no message ${name}`);
  return found;
}

/** A file as its descriptor in base64. */
export function base64Of(proto: FileDescriptorProto): string {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64');
}
