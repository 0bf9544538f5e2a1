import fc from 'fast-check';
import type { Header, StoredEvent } from '../../src/model/encoded.ts';
import { key } from './arbitraries.ts';

/** Names that mean something to a reader, spelled right and nearly right, and any other. */
const name = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('ce_', 'ce-', 'cloudEvents:', 'cloudEvents_', 'CE_', ''),
      fc.constantFrom('specversion', 'id', 'type', 'source', 'time', 'subject', 'dataschema', 'traceparent', '', 'A-b'),
    )
    .map((parts) => parts.join('')),
  fc
    .constantFrom('topic', 'partition', 'position', 'group', 'time', 'redrives', 'redriven', 'attempts', 'error-code')
    .map((own) => `isostream-${own}`),
  fc.constantFrom('content-type', 'Content-Type', '__proto__', 'constructor', 'prototype', 'toString', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Bytes that are nearly text: cut off, overlong, surrogates, a byte order mark. */
const oddBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(
      [0xc0, 0x80],
      [0xe2, 0x98],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xef, 0xbb, 0xbf, 0x7b],
      [],
    )
    .map((list) => Uint8Array.from(list)),
);

const value = fc.oneof(
  fc.constantFrom(
    '1.0',
    'order.placed',
    'shop',
    '-5',
    'NaN',
    '1e999',
    '0/7',
    '',
    'null',
    '{',
    'application/json',
    'text/plain',
    'application/xml',
    'text/plain; charset=utf-16',
    '2026-13-45T99:99:99Z',
    '+275760-09-13T00:00:00.001Z',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  oddBytes,
);

const headers: fc.Arbitrary<Header[]> = fc.oneof(
  { arbitrary: fc.array(fc.tuple(name, value), { maxLength: 16 }), weight: 400 },
  // As many as a small request holds.
  fc.nat(16_000).map((count) => Array.from({ length: count }, (_, index): Header => [`h${index}`, ''])),
);

/** Any JSON, with what prototypes are reached by. */
const anyJson = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, -0, 1e308, 'x', ''),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom('__proto__', 'constructor', 'prototype', 'data', 'then', 'toJSON'), tie('any')), {
        maxLength: 3,
      })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).any;

/** Objects that are nearly structured CloudEvents, also of our wrapper's form. */
const structured = fc
  .record(
    {
      specversion: fc.oneof(fc.constant('1.0'), anyJson),
      type: fc.oneof(fc.constantFrom('order.placed', 'isostream.wrapped'), anyJson),
      source: fc.oneof(fc.constantFrom('shop', 'isostream'), anyJson),
      id: fc.oneof(fc.constant('1'), anyJson),
      time: anyJson,
      subject: anyJson,
      datacontenttype: fc.oneof(fc.constantFrom('application/json', 'text/plain', 'application/xml'), anyJson),
      dataschema: anyJson,
      tenant: anyJson,
      isostreamheaders: fc.oneof(
        headers.map((list) => JSON.stringify(list.map(([first, second]) => [first, String(second)]))),
        headers.map((list) =>
          JSON.stringify(Object.fromEntries(list.map(([first, second]) => [first, String(second)]))),
        ),
        anyJson,
      ),
      data: anyJson,
      data_base64: fc.oneof(fc.constantFrom('aGk=', 'not base64!', ''), anyJson),
    },
    { requiredKeys: [] },
  )
  .map((object) => Buffer.from(JSON.stringify(object)));

/** JSON deeper than a stack is, in a hand's breadth of bytes. */
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.constantFrom(100, 5_000, 100_000))
  .map(([opening, depth]) => Buffer.from(`${opening.repeat(depth)}1${(opening === '[' ? ']' : '}').repeat(depth)}`));
const deepEvent = deep.map((bytes) =>
  Buffer.concat([
    Buffer.from('{"specversion":"1.0","type":"order.placed","source":"shop","id":"1","data":'),
    bytes,
    Buffer.from('}'),
  ]),
);

const shallow = fc.oneof(
  fc.constant(null),
  oddBytes,
  structured,
  structured.chain((whole) => fc.nat(whole.length).map((end) => whole.subarray(0, end))),
  anyJson.map((any) => Buffer.from(JSON.stringify(any))),
);

const bytes: fc.Arbitrary<Uint8Array | null> = fc.oneof(
  { arbitrary: shallow, weight: 100 },
  { arbitrary: fc.oneof(deep, deepEvent), weight: 1 },
);

/** An event as somebody else may have stored it. */
export const foreign: fc.Arbitrary<StoredEvent> = fc.record({
  key: fc.oneof(fc.constant(null), key, oddBytes),
  value: bytes,
  headers,
  partition: fc.constant('p0'),
  position: fc.constant('7'),
  timestamp: fc.constantFrom(0, 1_700_000_000_000, -1, 8.64e15, 1e18),
});
