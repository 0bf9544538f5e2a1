import { type Comparison, type Evolution, evolution } from '../compatibility/comparison.ts';
import { compareParsed } from './resolution.ts';
import { parseAvro } from './schema.ts';

export type { Comparison, Evolution, Finding, Verdict } from '../compatibility/comparison.ts';

/**
 * Whether a change of an Avro schema breaks readers of the old or of the new one.
 * The rules are those of schema resolution in the Avro specification 1.12. Beyond them, logical types count: bytes that resolve
 * to another moment or another number are a break. Schemas are values as `JSON.parse` returns them.
 * Throws a `TypeError` for what is not an Avro schema.
 */
export function checkAvroEvolution(before: unknown, after: unknown): Evolution {
  return evolution(compareAvro, before, after);
}

/** Whether a reader with one schema takes everything that a writer with the other may write. */
export function compareAvro(reader: unknown, writer: unknown): Comparison {
  return compareParsed(parseAvro(reader), parseAvro(writer));
}
