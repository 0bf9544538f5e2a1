import { describe, expect, it } from 'vitest';
import { Config } from '../src/config/definition.ts';
import { Cursor } from '../src/converters/avro/cursor.ts';
import { avroReader } from '../src/converters/avro/reader.ts';
import { DataError } from '../src/data/values.ts';
import { httpDefinitions, httpForm } from '../src/sinks/http-form.ts';

const read = (schema: unknown, bytes: readonly number[]) =>
  avroReader(schema, new Map()).read(new Cursor(Uint8Array.from(bytes), 0));

describe('values that a few bytes claim', () => {
  it('have no more empty entries in all their lists together than one list may have', () => {
    const empty = { type: 'record', name: 'Empty', fields: [] };
    // Lists of 8,000 entries that take no bytes.
    const list = [0x80, 0x7d, 0];
    const lists = { type: 'array', items: { type: 'array', items: empty } };
    expect(read(lists, [2, ...list, 0])).toHaveLength(1);
    expect(() => read(lists, [4, ...list, ...list, 0])).toThrow('too many entries');
  });

  it('are of the record, where no sink could write them', () => {
    const nanoseconds = [0x80, 0x80, 0xd0, 0xd1, 0xc5, 0x8c, 0xc5, 0x97, 0x2f];
    expect(() => read({ type: 'long', logicalType: 'timestamp-millis' }, nanoseconds)).toThrow(DataError);
    expect(() => read('int', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01])).toThrow(DataError);
  });
});

it('keeps what is between the records of a batch, also where it is nothing but blanks', () => {
  const given = { 'http.url': 'http://localhost/', 'batching.enabled': 'true', 'batch.separator': '\n' };
  const form = httpForm(new Config(httpDefinitions, given));
  expect(form.separator).toBe('\n');
});
