import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkAvroEvolution } from '../src/avro/index.ts';
import type { Evolution } from '../src/compatibility/comparison.ts';
import { checkJsonSchemaEvolution } from '../src/json-schema/index.ts';
import { checkProtobufEvolution } from '../src/protobuf/index.ts';

/** One change of one schema, and whether each direction is right. */
interface Pair {
  readonly id: string;
  readonly format: 'avro' | 'json-schema' | 'protobuf';
  readonly change: string;
  readonly message?: string;
  readonly messageNew?: string;
  readonly old: unknown;
  readonly new: unknown;
  readonly right: { readonly backward: boolean; readonly forward: boolean };
}

const pairs: readonly Pair[] = readFileSync(new URL('pairs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);

describe.each(['avro', 'json-schema', 'protobuf'] as const)('%s', (format) => {
  it.each(pairs.filter((pair) => pair.format === format))('$id: $change', (pair) => {
    const { backward, forward } = check(pair);

    expect({ backward: backward.verdict, forward: forward.verdict }, JSON.stringify({ backward, forward })).toEqual({
      backward: pair.right.backward ? 'compatible' : 'breaking',
      forward: pair.right.forward ? 'compatible' : 'breaking',
    });
    for (const { findings, verdict } of [backward, forward]) {
      const breaks = findings.filter(({ kind }) => kind === 'breaking');
      expect(breaks.length > 0).toBe(verdict === 'breaking');
      expect(breaks.every(({ problem, cure }) => problem !== '' && cure !== undefined)).toBe(true);
    }
  });
});

it('has pairs of every format', () => {
  expect(pairs.filter(({ format }) => format === 'json-schema').length).toBeGreaterThanOrEqual(90);
  expect(pairs.filter(({ format }) => format === 'avro').length).toBeGreaterThanOrEqual(50);
  expect(pairs.filter(({ format }) => format === 'protobuf').length).toBeGreaterThanOrEqual(36);
});

function check(pair: Pair): Evolution {
  if (pair.format === 'avro') return checkAvroEvolution(pair.old, pair.new);
  if (pair.format === 'json-schema') return checkJsonSchemaEvolution(pair.old, pair.new);
  const named = (text: unknown, message: string | undefined): { text: string; message?: string } => ({
    text: String(text),
    ...(message === undefined ? {} : { message }),
  });
  return checkProtobufEvolution(named(pair.old, pair.message), named(pair.new, pair.messageNew ?? pair.message));
}
