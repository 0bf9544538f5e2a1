/**
 * Names a part of a source (a file, a table, an endpoint), or how far it was read: an object of JSON values, as Kafka Connect's
 * source partitions and source offsets.
 */
export type SourcePlace = Readonly<Record<string, string | number | boolean | null>>;

/** How far one part of one connector's source was read. */
export interface SourceOffset {
  readonly connector: string;
  readonly partition: SourcePlace;
  readonly offset: SourcePlace;
}

/** JSON that is equal for equal places, in whatever order their names are given. */
export function placeText(place: SourcePlace): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(place).toSorted(([left], [right]) => (left < right ? -1 : 1))),
  );
}

/** Text that is equal for equal parts of equal connectors. */
export function offsetId({ connector, partition }: Pick<SourceOffset, 'connector' | 'partition'>): string {
  return `${connector}\n${placeText(partition)}`;
}

/** The place that a parsed JSON value is; `undefined` for anything else. */
export function placeOf(value: unknown): SourcePlace | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(([name, entry]: [string, unknown]) => [name, entry] as const);
  const scalars = entries.flatMap(([name, entry]) => (isScalar(entry) ? [[name, entry] as const] : []));
  return scalars.length === entries.length ? Object.fromEntries(scalars) : undefined;
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
