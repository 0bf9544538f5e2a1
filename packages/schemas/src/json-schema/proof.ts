import type { Alternative } from './alternatives.ts';
import type { Keywords, Node } from './node.ts';
import type { Validator } from './validator.ts';

/** What proofs about one type of value ask about the values inside. */
export interface Proof {
  readonly validator: Validator;
  /** Whether everything that satisfies all of `writers` satisfies `reader`. */
  proves(writers: readonly Node[], reader: Node): boolean;
  /** Whether no value satisfies all of these. `false` where none was found to be impossible. */
  areEmpty(nodes: readonly Node[]): boolean;
  /** Whether every value of one case satisfies the reader. */
  lies(one: Alternative, reader: Node): boolean;
  /** A schema of these keywords, the same one each time: by that a proof knows that it comes back to where it was. */
  plain(schema: Keywords): Node;
}
