import type { Config, Definitions } from '../config/definition.ts';
import type { Part, Predicate, Transform } from './record.ts';

/** A transform as files name it: its properties, and how it is made. `create` throws for properties that do not fit together. */
export interface TransformClass {
  readonly definitions: Definitions;
  /** Whether it comes as `$Key` and `$Value`. */
  readonly hasParts: boolean;
  create(config: Config, part: Part): Transform;
}

export interface PredicateClass {
  readonly definitions: Definitions;
  create(config: Config): Predicate;
}

const replaceName = 'replace.null.with.default';

/** A property that several transforms have. */
export const replaceNull: Definitions = {
  [replaceName]: { type: 'boolean', default: 'true', doc: 'whether a default is taken for null' },
};

export function replacesNullIn(config: Config): boolean {
  return config.flag(replaceName);
}
