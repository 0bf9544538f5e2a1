import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkJsonSchemaEvolution } from '../src/json-schema/index.ts';

interface Change {
  readonly change: string;
  readonly backward: boolean;
  readonly forward: boolean;
  readonly old: unknown;
  readonly new: unknown;
}

const changes: readonly Change[] = readFileSync(new URL('json-changes.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Change);
const S = { type: 'string' };
const D = (schema: object) => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema });
const W = (v: object) => ({ type: 'object', properties: { v }, required: ['v'] });

const verdictOf = (isRight: boolean) => (isRight ? 'compatible' : 'breaking');

it.each(changes)('the verdict of a change of JSON Schema is right both ways: $change', (pair) => {
  const { backward, forward } = checkJsonSchemaEvolution(pair.old, pair.new);
  expect([backward.verdict, forward.verdict]).toEqual([verdictOf(pair.backward), verdictOf(pair.forward)]);
});

// Nobody has to compare these by a proof; a wrong answer would be worse than none.
it.each<readonly [string, object, object]>([
  [
    'lookaheads',
    W({ type: 'string', pattern: '^(?=a).*$' }),
    W({ type: 'string', pattern: '^(?=a).*$', minLength: 1 }),
  ],
  ['classes of Unicode', W({ type: 'string', pattern: String.raw`^\p{L}+$` }), W({ type: 'string', minLength: 1 })],
])('says that it does not know where patterns cannot be compared: %s', (_, before, after) => {
  expect(checkJsonSchemaEvolution(D(before), D(after)).backward.verdict).toBe('unknown');
});

it('does not know about a schema that refers to itself for the same value', () => {
  const round = D({ properties: { a: S }, anyOf: [{ $ref: '#' }, { required: ['b'] }] });
  expect(checkJsonSchemaEvolution(round, D({ type: 'object', required: ['a'] })).backward.verdict).toBe('unknown');
});

const round = { $ref: '#' };
const eachOf = (...names: readonly string[]) => ({
  properties: Object.fromEntries(names.map((name) => [name, round])),
});

// Without a bound of the search these take minutes: each level of the data asks for the same values in each of its branches.
it.each<readonly [string, object]>([
  ['choices', { ...eachOf('a', 'b'), anyOf: [eachOf('c'), eachOf('d')] }],
  [
    'dependent schemas and choices',
    {
      ...eachOf('a', 'b'),
      dependentSchemas: { a: eachOf('b', 'e'), b: eachOf('f') },
      anyOf: [eachOf('c'), eachOf('d')],
    },
  ],
  ['thirty properties', { type: 'object', ...eachOf(...Array.from({ length: 30 }, (_, at) => `p${at}`)) }],
  ['places and choices', { anyOf: [{ prefixItems: [round, round, round, round] }, eachOf('a', 'b', 'c'), S] }],
])('ends for a schema that comes back to itself through %s', { timeout: 30_000 }, (_, schema) => {
  const { backward, forward } = checkJsonSchemaEvolution(D(schema), D({ ...schema, required: ['z'] }));
  expect(backward.verdict).toBe('breaking');
  expect(forward.verdict).not.toBe('breaking');
});

const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' };
const closed = D({ type: 'object', additionalProperties: false });

it.each<readonly [string, object, object]>([
  [
    'that its draft does not have',
    { ...draft7, properties: { a: S }, unevaluatedProperties: false },
    { ...draft7, additionalProperties: S },
  ],
  [
    'that are the name of a property',
    { ...closed, properties: { additionalProperties: S }, required: ['additionalProperties'] },
    { ...closed, properties: { unevaluatedProperties: S } },
  ],
])('takes no schema for closed by keywords %s', (_, before, after) => {
  expect(checkJsonSchemaEvolution(before, after).backward.verdict).toBe('breaking');
});
