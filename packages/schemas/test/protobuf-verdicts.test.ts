import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { checkProtobufEvolution, compareProtobuf } from '../src/protobuf/index.ts';
import { broken, fine, proto2, proto3, protobufChanges } from './support/protobuf-changes.ts';

function verdicts(before: string, after: string): readonly string[] {
  const { backward, forward } = checkProtobufEvolution({ text: before }, { text: after });
  return [backward.verdict, forward.verdict];
}

/** What a reader makes of a message M that was written with another text. */
function readAs(reader: string, writer: string, data: object): unknown {
  const type = (text: string) => protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root.lookupType('M');
  const bytes = type(writer).encode(type(writer).fromObject(data)).finish();
  return type(reader).toObject(type(reader).decode(bytes), { longs: Number });
}

it('calls two fields of a Protobuf message that change their numbers a break: each value is read as the other', () => {
  const [before, after] = [
    proto3('message M { string a = 1; string b = 2; }'),
    proto3('message M { string b = 1; string a = 2; }'),
  ];
  expect(readAs(after, before, { a: 'x', b: 'y' })).toEqual({ a: 'y', b: 'x' });
  expect(verdicts(before, after)).toEqual([broken, broken]);
});

it('takes a Protobuf bool that becomes a number, and not the other way', () => {
  const [before, after] = [proto3('message M { bool a = 1; }'), proto3('message M { int64 a = 1; }')];
  expect([readAs(after, before, { a: true }), readAs(before, after, { a: 5 })]).toEqual([{ a: 1 }, { a: true }]);
  expect(verdicts(before, after)).toEqual([fine, broken]);
});

it.each(protobufChanges)('the verdict of a change of Protobuf is right both ways: %s', (_, before, after, right) => {
  expect(verdicts(before, after)).toEqual(right);
});

it.each<readonly [string, string, string, RegExp]>([
  [
    'a number that is free again',
    'message M { int32 a = 1; int32 b = 2; }',
    'message M { int32 a = 1; }',
    /^Write "reserved 2;"/,
  ],
  ['a number that was reserved', 'message M { reserved 2; }', 'message M { int32 b = 2; }', /never used/],
  ['another name', 'message M { int32 a = 1; }', 'message M { int32 b = 1; }', /reserve the old one/],
])('advises, and breaks nothing: %s', (_, before, after, cure) => {
  const { backward } = checkProtobufEvolution({ text: proto3(before) }, { text: proto3(after) });
  expect(backward).toMatchObject({ verdict: fine, findings: [{ kind: 'advice' }] });
  expect(backward.findings[0]?.cure).toMatch(cure);
});

it('advises against another default of proto2, which an absent field is read as', () => {
  const text = (value: number) => proto2(`message M { optional int32 a = 1 [default = ${value}]; }`);
  expect(compareProtobuf({ text: text(2) }, { text: text(1) })).toMatchObject({
    verdict: fine,
    findings: [{ kind: 'advice', path: 'a', problem: 'an absent "a" is 1 for the writer and 2 for the reader' }],
  });
});

it('has nothing to say about a number that is removed and reserved', () => {
  const [before, after] = [
    proto3('message M { int32 a = 1; int32 b = 2; }'),
    proto3('message M { int32 a = 1; reserved 2; }'),
  ];
  expect(checkProtobufEvolution({ text: before }, { text: after }).backward.findings).toEqual([]);
});

it('refuses a Protobuf text that names a type that it lacks, and imports none', () => {
  const text = proto3('message M { Foo b = 2; }');
  expect(() => compareProtobuf({ text }, { text })).toThrow(/names a type that it lacks: .*Foo/);
});

it('says what becomes of a 0 that a Protobuf writer leaves out', () => {
  const implicit = proto3('message M { int32 a = 1; }');
  const optional = proto3('message M { optional int32 a = 1; }');
  const [oneof, list] = [
    proto3('message M { oneof o { int32 a = 1; } }'),
    proto3('message M { repeated int32 a = 1; }'),
  ];
  for (const reader of [oneof, list])
    expect(checkProtobufEvolution({ text: implicit }, { text: reader }).backward).toMatchObject({
      verdict: fine,
      findings: [{ kind: 'advice', problem: expect.stringContaining('leaves out a "a" that is 0') }],
    });
  const { backward, forward } = checkProtobufEvolution({ text: implicit }, { text: optional });
  expect([backward, forward]).toMatchObject([
    { verdict: fine, findings: [{ kind: 'advice', problem: expect.stringContaining('leaves out a "a" that is 0') }] },
    { verdict: fine, findings: [{ kind: 'advice', problem: expect.stringContaining('does not set is 0') }] },
  ]);
});

it('finds a Protobuf message by its full name before a nested one that is called so', () => {
  const text = (type: string) =>
    proto3(`message Outer { message M { ${type} a = 1; } M m = 1; } message M { int32 a = 1; }`);
  const { backward } = checkProtobufEvolution(
    { text: text('int32'), message: 'M' },
    { text: text('string'), message: 'M' },
  );
  expect(backward.verdict).toBe(fine);
});

it('takes a Protobuf message that holds itself for the one that is meant', () => {
  const text = (type: string) =>
    proto3(`message A { int32 a = 1; } message T { repeated T t = 1; A a = 2; ${type} b = 3; }`);
  expect(verdicts(text('int32'), text('string'))).toEqual([broken, broken]);
});

it('tells a Protobuf group from a message, also where an import is missing', () => {
  const text = (group: string) => proto2(`import "x.proto"; message M { optional shop.X x = 1; ${group} }`);
  expect(
    verdicts(
      text('repeated group G = 3 { optional int32 a = 1; }'),
      text('repeated G g = 3; message G { optional int32 a = 1; }'),
    ),
  ).toEqual([broken, broken]);
});
