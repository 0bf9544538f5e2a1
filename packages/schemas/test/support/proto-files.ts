import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';

const [optional, repeated] = [Label.OPTIONAL, Label.REPEATED];
const field = (name: string, number: number, type: Type, more: object = {}) => ({
  name,
  number,
  type,
  label: optional,
  ...more,
});

/** What `protoc` makes of the texts beside it. */
export const moneyText = 'syntax = "proto3";\npackage shop;\nmessage Money { int64 cents = 1; }\n';
const money = create(FileDescriptorProtoSchema, {
  name: 'money.proto',
  package: 'shop',
  syntax: 'proto3',
  messageType: [{ name: 'Money', field: [field('cents', 1, Type.INT64)] }],
});

export const orderText = `
syntax = "proto3";
package shop; // of all orders
import "money.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
/* message NotOne { } */
message Cancelled {
  string message = 1;
  enum Why { UNKNOWN = 0; LATE = 1; }
  message Line { string text = 1 [json_name = "message X {"]; }
  Why why = 2;
  oneof by { string user = 3; int32 job = 4; }
  repeated Line lines = 5;
}
message Placed {
  string order_id = 1;
  int64 total = 2;
  Money price = 3;
  repeated int32 sizes = 4;
  map<string, int64> parts = 5;
  optional bool gift = 6;
  google.protobuf.Timestamp at = 7;
  google.protobuf.StringValue note = 8;
  bytes photo = 9;
  Placed replaces = 10;
}
`;
const entry = {
  name: 'PartsEntry',
  options: { mapEntry: true },
  field: [field('key', 1, Type.STRING), field('value', 2, Type.INT64)],
};
const order = create(FileDescriptorProtoSchema, {
  name: 'order.proto',
  package: 'shop',
  syntax: 'proto3',
  dependency: ['money.proto', 'google/protobuf/timestamp.proto', 'google/protobuf/wrappers.proto'],
  messageType: [
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
      nestedType: [{ name: 'Line', field: [field('text', 1, Type.STRING)] }],
      oneofDecl: [{ name: 'by' }],
      field: [
        field('message', 1, Type.STRING),
        field('why', 2, Type.ENUM, { typeName: '.shop.Cancelled.Why' }),
        field('user', 3, Type.STRING, { oneofIndex: 0 }),
        field('job', 4, Type.INT32, { oneofIndex: 0 }),
        field('lines', 5, Type.MESSAGE, { typeName: '.shop.Cancelled.Line', label: repeated }),
      ],
    },
    {
      name: 'Placed',
      nestedType: [entry],
      oneofDecl: [{ name: '_gift' }],
      field: [
        field('order_id', 1, Type.STRING),
        field('total', 2, Type.INT64),
        field('price', 3, Type.MESSAGE, { typeName: '.shop.Money' }),
        field('sizes', 4, Type.INT32, { label: repeated }),
        field('parts', 5, Type.MESSAGE, { typeName: '.shop.Placed.PartsEntry', label: repeated }),
        field('gift', 6, Type.BOOL, { oneofIndex: 0, proto3Optional: true }),
        field('at', 7, Type.MESSAGE, { typeName: '.google.protobuf.Timestamp' }),
        field('note', 8, Type.MESSAGE, { typeName: '.google.protobuf.StringValue' }),
        field('photo', 9, Type.BYTES),
        field('replaces', 10, Type.MESSAGE, { typeName: '.shop.Placed' }),
      ],
    },
  ],
});

const known: Record<string, FileDescriptorProto> = {
  'money.proto': money,
  'google/protobuf/timestamp.proto': file_google_protobuf_timestamp.proto,
  'google/protobuf/wrappers.proto': file_google_protobuf_wrappers.proto,
};
const files = createFileRegistry(order, (name) => known[name]);

export function message(name: string): DescMessage {
  const found = files.getMessage(name);
  if (found === undefined) throw new Error(`there is no message ${name}`);
  return found;
}

/** A file with this one message of these fields, without others. */
export function oneMessage(name: string, fields: readonly ReturnType<typeof field>[]): DescMessage {
  const file = create(FileDescriptorProtoSchema, {
    name: `${name}.proto`,
    syntax: 'proto3',
    messageType: [{ name, field: [...fields] }],
  });
  const found = createFileRegistry(file, () => undefined).getMessage(name);
  if (found === undefined) throw new Error(`there is no message ${name}`);
  return found;
}
export { field, Type };
