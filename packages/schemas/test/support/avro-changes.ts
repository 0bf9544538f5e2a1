/** A change of an Avro schema, and what is right each way. */
export interface Case {
  readonly change: string;
  readonly old: unknown;
  readonly new: unknown;
  readonly right: readonly [backward: 'compatible' | 'breaking', forward: 'compatible' | 'breaking'];
}
export const record = (name: string, fields: readonly object[] = [], more: object = {}) => ({
  type: 'record',
  name,
  fields,
  ...more,
});
export const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
export const value = (type: unknown) => record('R', [field('v', type)]);
export const logical = (type: string, logicalType: string, more: object = {}) => value({ type, logicalType, ...more });

const changed = (change: string, old: unknown, next: unknown, right: Case['right']): Case => ({
  change,
  old,
  new: next,
  right,
});
export const [fine, broken] = ['compatible', 'breaking'] as const;

export const ofNames: readonly Case[] = [
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

/** Types that mean something else, though their bytes are read. */
export const ofLogicalTypes: readonly Case[] = [
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
];
