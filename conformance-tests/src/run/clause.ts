const clauses = [
  'SEND',
  'SEND-ORDER',
  'NO-LOSS',
  'KEY-ORDER',
  'KEYS-PARALLEL',
  'RETRY',
  'DEAD-LETTER',
  'BACKPRESSURE',
  'GROUPS',
  'START-REPLAY',
  'CLOSE',
  'HEALTH',
  'FIDELITY',
  'RETENTION',
  'ERRORS',
  'CAPABILITIES',
] as const;

/** A promise of the contract; the docs have a passage for each. */
export type Clause = (typeof clauses)[number];

/** The promise that a scenario puts to the test. */
export function clauseOf({ id }: { readonly id: string }): Clause {
  const clause = clauses.find((each) => id.startsWith(`${each.toLowerCase()}/`));
  if (clause === undefined) throw new TypeError(`the id ${id} does not begin with a clause`);
  return clause;
}
