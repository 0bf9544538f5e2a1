import avsc, { type Schema } from 'avsc';
import { expect, it } from 'vitest';
import { checkAvroEvolution, compareAvro } from '../src/avro/index.ts';
import { broken, field, fine, logical, ofLogicalTypes, ofNames, record, value } from './support/avro-changes.ts';

/** What a reader says who has to decode what was written. */
function isResolved(reader: unknown, writer: unknown): boolean {
  try {
    typeOf(reader).createResolver(typeOf(writer));
    return true;
  } catch {
    return false;
  }
}

function typeOf(schema: unknown): avsc.Type {
  return avsc.Type.forSchema(schema as Schema);
}

it.each(ofNames)('the verdict of a change of Avro is what a reader does: $change', (pair) => {
  const { backward, forward } = checkAvroEvolution(pair.old, pair.new);
  expect([backward.verdict, forward.verdict]).toEqual(pair.right);
  expect(
    [isResolved(pair.new, pair.old), isResolved(pair.old, pair.new)].map((isRead) => (isRead ? fine : broken)),
  ).toEqual(pair.right);
});

// Avsc takes these: its reader copies one value, those of Java leave a field without one.
it('refuses two fields of an Avro reader that are one field of the writer', () => {
  const old = record('R', [field('a', 'int')]);
  const both = record('R', [field('a', 'int'), field('b', 'int', { aliases: ['a'] })]);
  expect(compareAvro(both, old)).toMatchObject({ verdict: 'breaking', findings: [{ path: 'b' }] });
});

it('takes a type of Avro that moved to another namespace, and says who does not', () => {
  const { verdict, findings } = compareAvro(record('new.X'), record('old.X'));
  expect([verdict, findings[0]?.cure]).toEqual(['compatible', 'Give the reader\'s type the alias "old.X"']);
  expect(compareAvro(record('new.X'), record('X')).findings[0]?.cure).toBe('Keep the name "X"');
});

it.each(ofLogicalTypes)('the verdict of a changed logical type of Avro is right: $change', (pair) => {
  const { backward, forward } = checkAvroEvolution(pair.old, pair.new);
  expect([backward.verdict, forward.verdict]).toEqual(pair.right);
});

it('says that older libraries refuse an Avro default of a later branch', () => {
  const late = record('R', [field('a', ['string', 'null'], { default: null })]);
  expect(compareAvro(late, record('R'))).toMatchObject({
    verdict: 'compatible',
    findings: [{ kind: 'advice', path: 'a', cure: 'Put the type of the default first' }],
  });
});

it.each<readonly [string, unknown, RegExp]>([
  [
    'a default of another type',
    record('R', [field('a', 'int', { default: 'x' })]),
    /default of "R.a" is not of its type: "x"/,
  ],
  ['an int beyond 32 bits', record('R', [field('a', 'int', { default: 2 ** 31 })]), /default of "R.a"/],
  ['a long beyond 64 bits', record('R', [field('a', 'long', { default: 1e300 })]), /default of "R.a"/],
  ['bytes that are none', record('R', [field('a', 'bytes', { default: '€' })]), /default of "R.a"/],
  [
    'a default that is no symbol',
    record('R', [field('a', { type: 'enum', name: 'E', symbols: ['A'] }, { default: 'Z' })]),
    /default of "R.a"/,
  ],
  [
    'a default of another size',
    record('R', [field('a', { type: 'fixed', name: 'F', size: 2 }, { default: 'abc' })]),
    /default of "R.a"/,
  ],
  [
    'a default without a field',
    record('R', [field('a', record('N', [field('b', 'int')]), { default: {} })]),
    /default of "R.a"/,
  ],
  [
    'an enum default that is no symbol',
    { type: 'enum', name: 'E', symbols: ['A'], default: 'Z' },
    /default of enum "E"/,
  ],
  ['a symbol twice', { type: 'enum', name: 'E', symbols: ['A', 'A'] }, /enum "E" has "A" twice/],
  ['a field twice', record('R', [field('a', 'int'), field('a', 'int')]), /record "R" has field "a" twice/],
  ['a branch twice', ['int', 'int'], /has "int" twice/],
  ['a union in a union', ['null', ['int']], /holds another union/],
  ['a record without fields', { type: 'record', name: 'R' }, /record "R" has no list of fields/],
  ['a fixed without a size', { type: 'fixed', name: 'F' }, /fixed "F" has no size/],
])('is not an Avro schema: %s', (_, schema, message) => {
  expect(() => compareAvro(schema, schema)).toThrow(message);
});

it('calls a decimal of Avro that is read as text a break, and text that is read as one', () => {
  for (const decimal of [logical('bytes', 'decimal', { precision: 9, scale: 2 }), logical('bytes', 'big-decimal')]) {
    const { backward, forward } = checkAvroEvolution(decimal, value('string'));
    expect([backward.verdict, forward.verdict]).toEqual([broken, broken]);
  }
});
