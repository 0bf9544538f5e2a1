export const proto2 = (text: string) => `syntax = "proto2";\n${text}`;
export const proto3 = (text: string) => `syntax = "proto3";\n${text}`;
const edition = (text: string) => `edition = "2023";\n${text}`;
export const [fine, broken] = ['compatible', 'breaking'] as const;
const unknown = 'unknown';

/** Changes of a Protobuf file: what it was, what it is, and what is right each way. */
export const protobufChanges: readonly (readonly [
  change: string,
  before: string,
  after: string,
  right: readonly [string, string],
])[] = [
  [
    'a new message before the one that is meant, and beside it',
    proto3('message Order { string a = 1; }'),
    proto3('message Audit { int32 x = 1; } message Order { string a = 1; }'),
    [fine, fine],
  ],
  [
    'a message that another begins to refer to',
    proto3('message Order { string a = 1; }'),
    proto3('message Order { string a = 1; } message Orders { repeated Order all = 1; }'),
    [fine, fine],
  ],
  [
    'a value of an enum that its edition closes',
    edition('enum E { option features.enum_type = CLOSED; A = 0; } message M { E e = 1; }'),
    edition('enum E { option features.enum_type = CLOSED; A = 0; B = 1; } message M { E e = 1; }'),
    [fine, broken],
  ],
  [
    'a value of an enum in a file that closes all',
    edition('option features.enum_type = CLOSED; enum E { A = 0; } message M { E e = 1; }'),
    edition('option features.enum_type = CLOSED; enum E { A = 0; B = 1; } message M { E e = 1; }'),
    [fine, broken],
  ],
  [
    'a value of an open enum of an edition',
    edition('enum E { A = 0; } message M { E e = 1; }'),
    edition('enum E { A = 0; B = 1; } message M { E e = 1; }'),
    [fine, fine],
  ],
  [
    'a field that an edition requires',
    edition('message M { int32 a = 1; }'),
    edition('message M { int32 a = 1; int32 b = 2 [features.field_presence = LEGACY_REQUIRED]; }'),
    [broken, fine],
  ],
  [
    'a message that is delimited as a group is',
    edition('message N {} message M { N a = 1; }'),
    edition('message N {} message M { N a = 1 [features.message_encoding = DELIMITED]; }'),
    [broken, broken],
  ],
  [
    'a group of proto2 becomes a delimited field of an edition',
    proto2('message M { optional group G = 1 { optional int32 a = 2; } }'),
    edition('message M { message G { int32 a = 2; } G g = 1 [features.message_encoding = DELIMITED]; }'),
    [fine, fine],
  ],
  [
    'a nested message moves to the file',
    proto3('message M { message N { int32 a = 1; } N n = 1; }'),
    proto3('message N { int32 a = 1; } message M { N n = 1; }'),
    [fine, fine],
  ],
  [
    'a nested message moves to an imported file',
    proto3('message N { int32 a = 1; } message M { N n = 1; }'),
    proto3('import "n.proto"; message M { shop.N n = 1; }'),
    [unknown, unknown],
  ],
  [
    'what may be an imported enum becomes a number',
    proto3('import "k.proto"; message M { shop.Kind k = 1; }'),
    proto3('message M { int32 k = 1; }'),
    [unknown, unknown],
  ],
  [
    'an imported type becomes text',
    proto3('import "k.proto"; message M { shop.Kind k = 1; }'),
    proto3('message M { string k = 1; }'),
    [broken, broken],
  ],
  [
    'a timestamp becomes a duration',
    proto3('import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp t = 1; }'),
    proto3('import "google/protobuf/duration.proto"; message M { google.protobuf.Duration t = 1; }'),
    [broken, broken],
  ],
  [
    'a wrapped number becomes a bare one',
    proto3('import "google/protobuf/wrappers.proto"; message M { google.protobuf.Int32Value n = 1; }'),
    proto3('message M { int32 n = 1; }'),
    [broken, broken],
  ],
  [
    'one of two fields leaves a oneof',
    proto3('message M { oneof o { int32 a = 1; int32 b = 2; } }'),
    proto3('message M { oneof o { int32 a = 1; } int32 b = 2; }'),
    [fine, broken],
  ],
  [
    'a oneof is split',
    proto3('message M { oneof o { int32 a = 1; int32 b = 2; } }'),
    proto3('message M { oneof p { int32 a = 1; } oneof q { int32 b = 2; } }'),
    [fine, broken],
  ],
  [
    'a message within a map narrows',
    proto3('message N { int64 a = 1; } message M { map<string, N> a = 1; }'),
    proto3('message N { int32 a = 1; } message M { map<string, N> a = 1; }'),
    [broken, fine],
  ],
  [
    'a number with names for less than zero becomes unsigned',
    proto3('enum E { A = 0; B = -1; } message M { E e = 1; }'),
    proto3('message M { uint32 e = 1; }'),
    [broken, broken],
  ],
];
