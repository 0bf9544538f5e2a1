/** `unknown`: neither a proof nor a counterexample was found. A person has to look. */
export type Verdict = 'compatible' | 'breaking' | 'unknown';

/** One reason for a verdict, or one piece of advice. */
export interface Finding {
  /** `advice` changes no verdict: nothing breaks today, but the change deserves a look. */
  readonly kind: 'breaking' | 'unknown' | 'advice';
  /** Where in the data, such as `items[].sku`; empty for the whole. */
  readonly path: string;
  /** What a reader refuses or misreads, in one sentence. */
  readonly problem: string;
  /** What to do about it; absent where the problem says all. */
  readonly cure?: string;
  /** Data that the writer may write and the reader does not take. */
  readonly example?: unknown;
}

/** Whether one reader takes everything that one writer may write. */
export interface Comparison {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** Both directions of a change. A change is safe in any order of deployment if both are compatible. */
export interface Evolution {
  /** Readers with the new schema, of what was written with the old one: deploy readers first, replay the log. */
  readonly backward: Comparison;
  /** Readers with the old schema, of what is written with the new one: deploy writers first. */
  readonly forward: Comparison;
}

/** Compares both ways; `compare` says whether a reader takes all that a writer may write. */
export function evolution<Schema>(
  compare: (reader: Schema, writer: Schema) => Comparison,
  before: Schema,
  after: Schema,
): Evolution {
  return { backward: compare(after, before), forward: compare(before, after) };
}

/** The verdict that these findings add up to: one break decides, one doubt comes next. */
export function concluded(findings: readonly Finding[]): Comparison {
  const kinds = new Set(findings.map(({ kind }) => kind));
  const verdict = kinds.has('breaking') ? 'breaking' : kinds.has('unknown') ? 'unknown' : 'compatible';
  return { verdict, findings };
}
