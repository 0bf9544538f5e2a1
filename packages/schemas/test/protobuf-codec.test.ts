import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { protobuf } from '../src/codecs/protobuf.ts';
import { messagesOf, nameAt, pathOf } from '../src/codecs/protobuf/file-messages.ts';
import { indexBytes, readIndex } from '../src/codecs/protobuf/message-index.ts';
import { confluentRegistry } from '../src/registries/confluent.ts';
import { decoded, encoded } from './support/coding.ts';
import { field, message, oneMessage, orderText, Type } from './support/proto-files.ts';

const placed = message('shop.Placed');
const codec = protobuf({ messages: { placed, cancelled: message('shop.Cancelled') } });
const whole = {
  orderId: 'a',
  total: 7,
  price: { cents: 900 },
  sizes: [1, -2],
  parts: { wheel: 4 },
  gift: false,
  at: '2026-01-02T03:04:05.678Z',
  note: 'n',
  photo: Uint8Array.of(1, 2),
  replaces: { orderId: 'b', total: 0, sizes: [], parts: {}, photo: new Uint8Array(0) },
};

describe('protobuf', () => {
  it('writes what the library writes, and reads it back as it was', async () => {
    const bytes = await encoded(codec, whole);
    const simple = { orderId: 'a', total: 7n, price: { cents: 900n }, sizes: [1, -2] };
    const small = await encoded(codec, { orderId: 'a', total: 7, price: { cents: 900 }, sizes: [1, -2] });
    expect(small).toEqual(Buffer.from(toBinary(placed, create(placed, simple))));
    expect(await decoded(codec, bytes)).toEqual(whole);
  });

  it('hands out bytes of its own: what a handler does to them changes nothing that is stored', async () => {
    const bytes = await encoded(codec, whole);
    const read = await decoded(codec, bytes);
    if (typeof read !== 'object' || read === null || !('photo' in read) || !(read.photo instanceof Uint8Array))
      throw new Error('no photo');
    read.photo.fill(0);
    expect(await decoded(codec, bytes)).toEqual(whole);
  });

  it('has fields of a oneof beside the others, and enums by name', async () => {
    const data = { message: 'm', why: 'LATE', job: 3, lines: [{ text: 't' }] };
    const bytes = await encoded(codec, data, 'orders', 'cancelled');
    expect(await decoded(codec, bytes, [], 'orders', 'cancelled')).toEqual(data);
    await expect(encoded(codec, { user: 'u', job: 3 }, 'orders', 'cancelled')).rejects.toThrow(
      'another field of its oneof',
    );
    await expect(encoded(codec, { why: 'EARLY' }, 'orders', 'cancelled')).rejects.toThrow(
      'Valid values: UNKNOWN, LATE',
    );
  });

  it('refuses what a field does not take', async () => {
    await expect(encoded(codec, { orderId: 7 })).rejects.toThrow('order_id takes a string, not 7');
    await expect(encoded(codec, { sizes: 7 })).rejects.toThrow('sizes takes a list');
    await expect(encoded(codec, { sizes: [2 ** 31] })).rejects.toThrow('int32');
    await expect(encoded(codec, { photo: 'x' })).rejects.toThrow('photo takes bytes');
    await expect(encoded(codec, 'x')).rejects.toThrow('shop.Placed takes an object');
  });

  it('refuses numbers that a double cannot hold, both ways, and takes them as bigints', async () => {
    await expect(encoded(codec, { total: 2 ** 60 })).rejects.toThrow('±(2^53 - 1)');
    const bigints = protobuf({ messages: { placed }, longs: 'bigint' });
    const bytes = await encoded(bigints, { total: 2n ** 60n });
    expect(await decoded(bigints, bytes)).toMatchObject({ total: 2n ** 60n });
    await expect(decoded(codec, bytes)).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringContaining("longs: 'bigint'"),
    });
  });

  it('reads what a newer writer added, and gives an older one its defaults', async () => {
    const newer = oneMessage('Placed', [field('order_id', 1, Type.STRING), field('extra', 99, Type.FIXED64)]);
    const bytes = await encoded(protobuf({ messages: { placed: newer } }), { orderId: 'a', extra: 1 });
    expect(await decoded(codec, bytes)).toEqual({
      orderId: 'a',
      total: 0,
      sizes: [],
      parts: {},
      photo: new Uint8Array(0),
    });
  });

  it.each([
    ['bytes that end too early', [0x0a, 5, 97], 'ends within a field'],
    ['a number where a text belongs', [0x08, 1], 'is not one of shop.Placed'],
    ['another field inside of a message', [0x1a, 2, 0x0d, 0], 'is not one of shop.Money'],
    ['bytes of Avro', [2, 0x61, 14], 'without a number'],
    ['JSON', [...Buffer.from('{"orderId":"a"}')], 'ends within a field'],
    ['text that is not UTF-8', [0x0a, 1, 0xff], 'is not a shop.Placed'],
    ['a field without a number', [0x00, 0], 'without a number'],
    ['a number without an end', Array.from({ length: 12 }, () => 0xff), 'without an end'],
  ])('refuses %s', async (_, bytes, problem) => {
    await expect(decoded(codec, Uint8Array.from(bytes))).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringContaining(problem),
    });
  });

  it('refuses what is no message as the codec is made', () => {
    const wrong = { messages: { placed: {} } } as unknown as Parameters<typeof protobuf>[0];
    expect(() => protobuf(wrong)).toThrow('messages.placed is not a message. Give PlacedSchema');
    const registry = confluentRegistry({ url: 'http://127.0.0.1:1' });
    expect(() => protobuf({ messages: { placed }, registry }).encode({}, { topic: 'orders', type: 'lost' })).toThrow(
      'Add it to messages',
    );
  });
});

describe('which message of a file it is', () => {
  it.each([
    [[0], '00'],
    [[1], '0202'],
    [[1, 0], '040200'],
    [[0, 1], '040002'],
    [[200], '029003'],
  ])('%j is written as %s', (path, hex) => {
    expect(Buffer.from(indexBytes(path)).toString('hex')).toBe(hex);
    expect(readIndex(Buffer.from(`${hex}ff`, 'hex'))).toEqual({ path, length: hex.length / 2 });
  });

  it.each(['', '02', '01', 'ff', 'feffffffff0f'])('%s is refused', (hex) => {
    expect(() => readIndex(Buffer.from(hex, 'hex'))).toThrow('does not say which message');
  });

  it('is found in a text as in a descriptor', () => {
    const messages = messagesOf(orderText);
    expect(pathOf(messages, 'shop.Placed')).toEqual([1]);
    expect(pathOf(messages, 'shop.Cancelled.Line')).toEqual([0, 0]);
    expect(pathOf(messages, 'shop.NotOne')).toBeUndefined();
    expect(nameAt(messages, [0, 0])).toBe('shop.Cancelled.Line');
    expect(nameAt(messages, [2])).toBeUndefined();
    const grouped = messagesOf('syntax = "proto2"; message A { oneof x { group Inner = 1 { } } message Other { } }');
    expect(pathOf(grouped, 'A.Other')).toEqual([0, 1]);
    expect(() => messagesOf('{"type":"record"}')).toThrow('neither a .proto file nor a descriptor');
  });
});
