import avsc, { type Schema } from 'avsc';
import { expect, it } from 'vitest';
import { checkAvroEvolution, compareAvro } from '../src/avro/index.ts';

const record = (name: string, fields: readonly object[] = [], more: object = {}) => ({
  type: 'record',
  name,
  fields,
  ...more,
});
const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
const value = (type: unknown) => record('R', [field('v', type)]);
const logical = (type: string, logicalType: string, more: object = {}) => value({ type, logicalType, ...more });

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

interface Case {
  readonly change: string;
  readonly old: unknown;
  readonly new: unknown;
  readonly right: readonly [backward: 'compatible' | 'breaking', forward: 'compatible' | 'breaking'];
}
const changed = (change: string, old: unknown, next: unknown, right: Case['right']): Case => ({
  change,
  old,
  new: next,
  right,
});
const [fine, broken] = ['compatible', 'breaking'] as const;

const ofNames = [
  changed(
    'an alias for a field that the writer has beside the new one',
    record('R', [field('a', 'int'), field('b', 'int')]),
    record('R', [field('b', 'int', { aliases: ['a'] })]),
    [broken, broken],
  ),
  changed(
    'an alias in the namespace of the new name, which is not that of the old one',
    record('old.Old'),
    record('new.New', [], { aliases: ['Old'] }),
    [broken, broken],
  ),
  changed('an alias with the full old name', record('old.Old'), record('new.New', [], { aliases: ['old.Old'] }), [
    fine,
    broken,
  ]),
  changed(
    'a second type of the same name in another namespace, in front of the first',
    value([record('b.X', [field('q', 'int')])]),
    value([record('a.X', [field('p', 'int')]), record('b.X', [field('q', 'int')])]),
    [fine, broken],
  ),
  changed(
    'a branch under a new name, with an alias, behind one of another type',
    value(['null', record('Old')]),
    value(['null', record('Other', [field('p', 'int')]), record('New', [], { aliases: ['Old'] })]),
    [fine, broken],
  ),
  changed(
    'two aliases, one of which the writer has',
    record('R', [field('b', 'int')]),
    record('R', [field('c', 'int', { aliases: ['a', 'b'] })]),
    [fine, broken],
  ),
  changed(
    'a recursive type that gets a field with a default',
    record('Tree', [field('kids', { type: 'array', items: 'Tree' })]),
    record('Tree', [field('kids', { type: 'array', items: 'Tree' }), field('n', 'int', { default: 0 })]),
    [fine, fine],
  ),
  changed(
    'a recursive type whose inner field narrows',
    record('Tree', [field('next', ['null', 'Tree']), field('n', 'long')]),
    record('Tree', [field('next', ['null', 'Tree']), field('n', 'int')]),
    [broken, fine],
  ),
];

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

it.each([
  changed('one that the specification does not know', logical('long', 'money'), logical('long', 'cents'), [fine, fine]),
  changed('one on a type that it does not stand on', logical('string', 'date'), logical('string', 'time-millis'), [
    fine,
    fine,
  ]),
  changed(
    'a decimal with more digits behind the point than digits',
    logical('bytes', 'decimal', { precision: 2, scale: 3 }),
    logical('bytes', 'decimal', { precision: 2, scale: 4 }),
    [fine, fine],
  ),
  changed(
    'a fixed of 16 bytes becomes a uuid',
    value({ type: 'fixed', name: 'F', size: 16 }),
    value({ type: 'fixed', name: 'F', size: 16, logicalType: 'uuid' }),
    [fine, fine],
  ),
  changed('text of an own kind becomes a uuid', logical('string', 'slug'), logical('string', 'uuid'), [broken, fine]),
  changed(
    'local time becomes an instant',
    logical('long', 'local-timestamp-millis'),
    logical('long', 'timestamp-millis'),
    [broken, broken],
  ),
  changed('millis become nanos', logical('long', 'timestamp-millis'), logical('long', 'timestamp-nanos'), [
    broken,
    broken,
  ]),
  changed('a day is read as a moment', logical('int', 'date'), logical('long', 'timestamp-millis'), [broken, broken]),
])('the verdict of a changed logical type of Avro is right: $change', (pair) => {
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
