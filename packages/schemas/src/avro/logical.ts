/** A logical type and the attributes that give its bytes another meaning. */
export interface Logical {
  readonly name: string;
  readonly precision: unknown;
  readonly scale: unknown;
  /** Whether the specification says what its values are. What it does not know, readers ignore. */
  readonly isStandard: boolean;
}

/** What a logical type of the specification 1.12 may stand on. */
const bases: Readonly<Record<string, readonly string[]>> = {
  decimal: ['bytes', 'fixed'],
  'big-decimal': ['bytes'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
};
const sizes: Readonly<Record<string, number>> = { uuid: 16, duration: 12 };

/** That of a primitive or of a fixed; none where the specification has readers ignore it: on another type, or a decimal that cannot be. */
export function logicalOf(schema: Record<string, unknown>, base: string, size?: number): Logical | undefined {
  const { logicalType: name, precision, scale = 0 } = schema;
  if (typeof name !== 'string') return undefined;
  const allowed = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (allowed === undefined) return { name, precision: undefined, scale: undefined, isStandard: false };
  if (!allowed.includes(base)) return undefined;
  if (size !== undefined && (sizes[name] ?? size) !== size) return undefined;
  if (name !== 'decimal') return { name, precision: undefined, scale: undefined, isStandard: true };
  return isDecimal(precision, scale, size) ? { name, precision, scale, isStandard: true } : undefined;
}

function isDecimal(precision: unknown, scale: unknown, size: number | undefined): boolean {
  if (!Number.isInteger(precision) || !Number.isInteger(scale)) return false;
  const [digits, behind] = [Number(precision), Number(scale)];
  const most = size === undefined ? Infinity : Math.floor(Math.log10(2) * (8 * size - 1));
  return digits > 0 && digits <= most && behind >= 0 && behind <= digits;
}
