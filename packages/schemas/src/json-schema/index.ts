import { type Comparison, concluded, type Evolution, evolution, type Finding } from '../compatibility/comparison.ts';
import { explain } from './explain.ts';
import { rootNode } from './node.ts';
import { normal } from './normal.ts';
import { Prover } from './prover.ts';
import { Samples } from './samples.ts';
import { Validator } from './validator.ts';

export type { Comparison, Evolution, Finding, Verdict } from '../compatibility/comparison.ts';

/**
 * Whether a change of a JSON Schema breaks readers of the old or of the new one.
 * `compatible` was proven, `breaking` has an example, `unknown` has neither. `format` counts as asserted.
 * Drafts 6, 7, 2019-09 and 2020-12; a schema without `$schema` is read as 2020-12.
 */
export function checkJsonSchemaEvolution(before: unknown, after: unknown): Evolution {
  return evolution(compareJsonSchemas, before, after);
}

/** Whether a reader with one schema takes every document that a writer with the other may write. */
export function compareJsonSchemas(reader: unknown, writer: unknown): Comparison {
  try {
    return compared(reader, writer);
  } catch (thrown) {
    // No document can be validated against such a schema.
    if (thrown instanceof RangeError) return concluded([endless]);
    throw thrown;
  }
}

function compared(reader: unknown, writer: unknown): Comparison {
  const validator = new Validator();
  const [wanted, given] = [rootNode(normal(reader)), rootNode(normal(writer))];
  if (new Prover(validator).proves([given], wanted)) return concluded([]);
  const refused = new Samples(validator)
    .values([given], [wanted])
    .filter((value) => !validator.isValid(wanted, value))
    .map((value) => ({ value, size: JSON.stringify(value).length }))
    .toSorted((one, other) => one.size - other.size);
  const [smallest] = refused;
  if (smallest === undefined) return concluded([undecided]);
  return concluded(explain(smallest.value, validator.errors(wanted, smallest.value)));
}

const endless: Finding = {
  kind: 'unknown',
  path: '',
  problem: 'a schema refers to itself for the same value, so that validating never ends, or is nested too deeply',
  cure: 'Let references that go round pass through a property or an element',
};
const undecided: Finding = {
  kind: 'unknown',
  path: '',
  problem: 'neither a proof that the reader takes everything nor a document that it refuses was found',
  cure: 'Compare the two schemas by hand, and write the difference with plainer keywords if you can',
};
