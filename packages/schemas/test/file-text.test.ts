import { create } from '@bufbuild/protobuf';
import { Edition, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { messagesOf, nameAt, pathOf, sortedNames } from '../src/codecs/protobuf/file-messages.ts';
import { fileText } from '../src/codecs/protobuf/file-text.ts';
import { compareProtobuf } from '../src/protobuf/index.ts';
import { field, Type } from './support/proto-files.ts';
import { base64Of, shopMessage } from './support/shop-file.ts';

const files = ['Placed', 'Stock'].map((name) => [name, shopMessage(name).file.proto] as const);

describe('the text of a file', () => {
  it.each(files)('names the messages that its descriptor names, in the same places: %s', (_, file) => {
    const [text, descriptor] = [messagesOf(fileText(file)), messagesOf(base64Of(file))];
    expect(sortedNames(text)).toEqual(sortedNames(descriptor));
    for (const name of sortedNames(descriptor))
      expect([name, pathOf(text, name)]).toEqual([name, pathOf(descriptor, name)]);
  });

  it.each(files)('means the same bytes as itself, read by a parser of the language: %s', (name, file) => {
    const text = fileText(file);
    const schema = { text, message: `shop.${name}` };
    expect(compareProtobuf(schema, schema)).toMatchObject({ verdict: 'compatible' });
  });

  it('has defaults, labels and extensions of proto2', () => {
    const file = create(FileDescriptorProtoSchema, {
      name: 'old.proto',
      syntax: 'proto2',
      messageType: [
        {
          name: 'Old',
          field: [
            field('text', 1, Type.STRING, { defaultValue: 'a "b" \n' }),
            field('n', 2, Type.INT32, { label: 2 }),
            field('b', 3, Type.BYTES, { defaultValue: '\\001' }),
          ],
          extensionRange: [{ start: 100, end: 536_870_912 }],
        },
      ],
    });
    expect(fileText(file)).toBe(`syntax = "proto2";

message Old {
  optional string text = 1 [default = "a \\"b\\" \\n"];

  required int32 n = 2;

  optional bytes b = 3 [default = "\\001"];

  extensions 100 to max;
}
`);
  });

  it.each([
    ['an edition', { edition: Edition.EDITION_2023 }],
    [
      'a group',
      { syntax: 'proto2', messageType: [{ name: 'A', field: [field('g', 1, Type.GROUP, { typeName: '.A.G' })] }] },
    ],
  ])('is refused for %s', (_, file) => {
    expect(() => fileText(create(FileDescriptorProtoSchema, { name: 'a.proto', ...file }))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

it('entries of maps have no place among the messages of a file, as in the clients of Confluent', () => {
  const stock = messagesOf(base64Of(shopMessage('Stock').file.proto));
  expect(pathOf(stock, 'shop.Stock.Line')).toEqual([0, 0]);
  expect(nameAt(stock, [0, 0])).toBe('shop.Stock.Line');
  expect(sortedNames(stock).indexOf('shop.Stock.Line')).toBe(1);
  const asAwsWritesIt =
    'syntax = "proto3"; message A { message PartsEntry { option map_entry = true; string key = 1; } message B {} }';
  expect(pathOf(messagesOf(asAwsWritesIt), 'A.B')).toEqual([0, 0]);
});
