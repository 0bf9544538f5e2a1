import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { check } from '../src/codec/schema-check.ts';
import type { Schema } from '../src/model/schema.ts';

const trap = (): never => {
  throw new Error('a trap');
};
const then = ['th', 'en'].join('');

const elsewhere = (code: string): unknown => runInNewContext(code);

/** A schema whose answer is not held against any type. */
function answering(validate: (value: unknown) => unknown): Schema {
  const schema: unknown = Object.fromEntries([['~standard', { version: 1, vendor: 'test', validate }]]);
  return schema as Schema;
}

describe('a schema', () => {
  it.each([
    ['a promise of another realm', () => elsewhere('Promise.resolve({ issues: [{ message: "no" }] })')],
    ['a result of another realm', () => elsewhere('({ issues: [{ message: "no" }] })')],
    ['a thenable', () => ({ [then]: (resolve: (value: unknown) => void) => resolve({ issues: [{ message: 'no' }] }) })],
    ['issues without a list of them', () => ({ issues: [] })],
    ['issues that are no list', () => ({ value: 1, issues: 'no' })],
    ['null for issues', () => ({ value: 1, issues: null })],
    ['nothing', () => undefined],
    ['null', () => null],
    ['true', () => true],
    ['an empty object', () => ({})],
    ['what it was given', (value: unknown) => value],
    ['a promise of nothing', async () => undefined],
    ['a thenable whose then throws', () => ({ [then]: trap })],
    ['a thenable whose then cannot be read', () => Object.defineProperty({}, then, { get: trap })],
    ['a result that cannot be read', () => new Proxy({}, { get: trap, has: trap })],
    ['an exception without text', () => raise({ toString: 1 })],
    ['a rejection without text', async () => raise(Object.create(null))],
    [
      'issues without text',
      () => ({ issues: [{ message: { toString: 1 }, path: [Object.create(null), { key: Symbol('s') }] }] }),
    ],
  ])('that answers with %s has refused the value', async (_, validate) => {
    expect(await check(answering(validate), { id: 1 })).toEqual({ problem: expect.stringMatching(/./) });
  });

  it.each([
    ['a promise of another realm', () => elsewhere('Promise.resolve({ value: 7 })')],
    ['a thenable', () => ({ [then]: (resolve: (value: unknown) => void) => resolve({ value: 7 }) })],
    ['a value', () => ({ value: 7 })],
    ['a value and issues that are undefined', () => ({ value: 7, issues: undefined })],
  ])('that answers with %s is believed', async (_, validate) => {
    expect(await check(answering(validate), {})).toEqual({ value: 7 });
  });
});

function raise(value: unknown): never {
  throw value;
}
