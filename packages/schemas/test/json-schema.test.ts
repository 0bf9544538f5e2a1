import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareJsonSchemas } from '../src/json-schema/index.ts';
import { rootNode } from '../src/json-schema/node.ts';
import { Validator } from '../src/json-schema/validator.ts';

/** Schemas of every keyword, small enough to meet each other often. */
const { schema } = fc.letrec<{ schema: unknown; object: object; array: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(
      true,
      {},
      { type: 'null' },
      { type: 'boolean' },
      { type: 'string' },
      { type: 'integer' },
      { type: ['string', 'null'] },
      { enum: ['a', 1, null] },
      { const: 'a' },
      { type: 'string', minLength: 1 },
      { type: 'string', pattern: '^a+$' },
      { type: 'string', maxLength: 3, format: 'date' },
      { type: 'number', minimum: 0 },
      { type: 'integer', exclusiveMaximum: 3 },
      { multipleOf: 2 },
    ),
    tie('object'),
    tie('array'),
    fc
      .tuple(fc.constantFrom('anyOf', 'oneOf', 'allOf'), fc.array(tie('schema'), { minLength: 1, maxLength: 3 }))
      .map(([name, parts]) => ({ [name]: parts })),
    tie('schema').map((not) => ({ not })),
    fc
      .tuple(tie('schema'), tie('schema'))
      .map((parts) => Object.fromEntries(['if', 'then'].map((name, index) => [name, parts[index]]))),
  ),
  object: fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'ab'), tie('schema'), { maxKeys: 2, noNullPrototype: true }),
      required: fc.subarray(['a', 'b']),
      additionalProperties: fc.oneof(fc.constant(false), tie('schema')),
      patternProperties: fc.dictionary(fc.constantFrom('^a', 'b$'), tie('schema'), {
        maxKeys: 1,
        noNullPrototype: true,
      }),
      propertyNames: fc.constantFrom({ enum: ['a', 'b'] }, { maxLength: 1 }),
      minProperties: fc.constantFrom(0, 1),
      maxProperties: fc.constantFrom(1, 2),
      dependentRequired: fc.constant({ a: ['b'] }),
    },
    { requiredKeys: ['type'] },
  ),
  array: fc
    .record(
      {
        type: fc.constant('array'),
        items: tie('schema'),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        minItems: fc.constantFrom(0, 1, 2),
        maxItems: fc.constantFrom(1, 2),
        uniqueItems: fc.boolean(),
        contains: tie('schema'),
      },
      { requiredKeys: ['type'] },
    )
    // Within `if`, ajv leaves out `contains` for an array that is shorter than the `prefixItems` beside it.
    .map(({ contains, ...rest }) => ({ ...rest, ...(contains === undefined ? {} : { allOf: [{ contains }] }) })),
}));

const scalar = fc.constantFrom<unknown>('a', 'aa', '', 'b', 0, 1, 2, -1, 3, 0.5, null, true, '2026-01-02');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe('a comparison of JSON Schemas', () => {
  it('never calls compatible what a document disproves, nor breaking what none proves', () => {
    const seen = { compatible: 0, breaking: 0, unknown: 0 };
    fc.assert(
      fc.property(schema, schema, fc.array(value, { minLength: 30, maxLength: 30 }), (reader, writer, values) => {
        const { verdict, findings } = compareJsonSchemas(reader, writer);
        const validator = new Validator();
        const breaks = (document: unknown): boolean =>
          validator.isValid(rootNode(writer), document) && !validator.isValid(rootNode(reader), document);
        seen[verdict]++;
        if (verdict === 'compatible') expect(values.filter(breaks)).toEqual([]);
        if (verdict === 'breaking') expect(findings.some(({ example }) => breaks(example))).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(seen.compatible).toBeGreaterThan(8);
    expect(seen.breaking).toBeGreaterThan(20);
  });

  it('says that a schema takes all that it allows itself', () => {
    let unknown = 0;
    fc.assert(
      fc.property(schema, (same) => {
        const { verdict } = compareJsonSchemas(same, same);
        expect(verdict).not.toBe('breaking');
        if (verdict === 'unknown') unknown++;
      }),
      { numRuns: 100 },
    );
    expect(unknown).toBe(0);
  });

  it('names the place, the reason and the cure', () => {
    const line = {
      type: 'object',
      properties: { sku: { type: 'string' } },
      required: ['sku'],
      additionalProperties: false,
    };
    const wider = { ...line, properties: { ...line.properties, gift: { type: 'boolean' } } };
    const order = (items: object): object => ({ type: 'object', properties: { lines: { type: 'array', items } } });

    const { verdict, findings } = compareJsonSchemas(order(line), order(wider));

    expect(verdict).toBe('breaking');
    expect(findings).toEqual([
      {
        kind: 'breaking',
        path: 'lines[]',
        problem: 'the reader refuses the property "gift", which it does not know',
        cure: 'Let readers ignore unknown properties (an open object), or deploy readers that know it first',
        example: { lines: [{ sku: 'a', gift: true }] },
      },
    ]);
  });

  it('does not touch a prototype, whatever a schema calls its properties', () => {
    const named = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}',
    ) as unknown;
    expect(compareJsonSchemas({ type: 'object' }, named).verdict).toBe('compatible');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

it('finds what `contains` alone names: an example needs the element that it asks for', () => {
  const reader = { type: 'array', items: { enum: ['a', 'b'] } };
  const writer = { type: 'array', items: { type: 'string' }, contains: { const: 'x' } };

  expect(compareJsonSchemas(reader, writer)).toMatchObject({ verdict: 'breaking', findings: [{ kind: 'breaking' }] });
});
